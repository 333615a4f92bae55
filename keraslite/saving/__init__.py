"""Saving and loading."""

