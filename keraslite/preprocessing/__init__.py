"""Preparing data: sequences."""

from keraslite.preprocessing import sequence

__all__ = ["sequence"]
