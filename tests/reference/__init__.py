"""Facts about public models and the comparison of a module with them."""
