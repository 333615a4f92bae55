"""Layers by topic: merging."""
