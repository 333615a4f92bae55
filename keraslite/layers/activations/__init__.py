"""Layers by topic: activations."""
