"""Layers by topic: attention."""
