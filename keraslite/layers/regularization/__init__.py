"""Layers by topic: regularization."""
