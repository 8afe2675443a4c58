"""Specs to Program: names resolved, sugar gone, order of registration settled."""
