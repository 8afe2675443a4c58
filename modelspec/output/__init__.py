"""Writing results to files: all of them, whole, or none."""
