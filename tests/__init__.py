"""Tests; most of them replay files that lie beside them."""
