"""Pictures of a network, from what one run of it showed. Knows nothing of torch."""
