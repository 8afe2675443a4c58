"""What a Program becomes: torch modules, or the source of them."""
