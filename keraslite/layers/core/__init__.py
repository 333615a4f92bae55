"""Layers by topic: core."""
