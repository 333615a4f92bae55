"""Helpers around models: names, labels, sequences, files, seeds."""

from keraslite.core.naming import clear_session
from keraslite.preprocessing.sequence import pad_sequences
from keraslite.random.draws import set_random_seed
from keraslite.training.data.adapter import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.data.py_dataset import PyDataset
from keraslite.utils.files import get_file
from keraslite.utils.numerical import normalize, to_categorical
from keraslite.utils.progbar import Progbar

Sequence = PyDataset

__all__ = [
    "Progbar", "PyDataset", "Sequence", "clear_session", "get_file", "normalize",
    "pack_x_y_sample_weight", "pad_sequences", "set_random_seed", "to_categorical",
    "unpack_x_y_sample_weight",
]  # fmt: skip
