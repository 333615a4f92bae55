"""Helpers around models: names, labels, sequences, files."""

from keraslite.preprocessing.sequence import pad_sequences
from keraslite.utils.files import get_file
from keraslite.utils.naming import clear_session
from keraslite.utils.numerical import normalize, to_categorical

__all__ = ["clear_session", "get_file", "normalize", "pad_sequences", "to_categorical"]
