"""Nodes to pydantic models: which keys a spec may hold, and what stands under them."""
