"""Tests of the passes over a Program."""
