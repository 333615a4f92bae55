"""Data adapters: arrays, generators, PyDatasets and other iterables as streams of batches."""

from keraslite.training.data.adapter import (
    make_adapter,
    pack_x_y_sample_weight,
    split_arrays,
    unpack_x_y_sample_weight,
)

__all__ = ["make_adapter", "pack_x_y_sample_weight", "split_arrays", "unpack_x_y_sample_weight"]
