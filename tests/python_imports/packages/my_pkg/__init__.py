"""A package of layers that specs import."""
