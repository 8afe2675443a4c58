"""Specs of public architectures against the recorded facts of those models."""
