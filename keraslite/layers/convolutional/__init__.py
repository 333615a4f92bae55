"""Layers by topic: convolutional."""
