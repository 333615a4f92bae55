"""Layers by topic: preprocessing."""
