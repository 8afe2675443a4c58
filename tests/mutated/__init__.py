"""Specs with random mistakes."""
