"""Layers by topic: rnn."""
