"""Layers by topic: normalization."""
