"""Text to nodes: the reader on PyYAML's events."""
