"""The standard blocks: what they compute, and how specs use them."""
