"""Layers by topic: reshaping."""
