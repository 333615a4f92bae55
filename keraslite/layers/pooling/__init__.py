"""Layers by topic: pooling."""
