"""Summaries: what they count, how they show it, and that both are right."""
