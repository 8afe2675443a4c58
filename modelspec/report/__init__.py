"""What commands and notebooks show of a spec and of a built module."""
