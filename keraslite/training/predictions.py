"""Collecting the outputs of batches into whole arrays."""

import collections

import numpy as np
import optree


class Predictions:
    """Outputs batch by batch, joined along the first axis; written in place where the number of
    rows is known.

    Args:
        backend: the engine of the outputs.
        rows: number of rows in all, or None.
    """

    def __init__(self, backend, rows):
        self._backend = backend
        self._rows = rows
        self._position = 0
        self._treedef = None
        self._arrays = None
        self._parts = []
        self._late = collections.deque()  # outputs that the engine may still compute

    def add(self, outputs):
        """Take in the outputs of the next batch."""
        self._late.append(outputs)
        if len(self._late) > self._backend.runs_ahead:
            self._fetch(self._late.popleft())

    def _fetch(self, outputs):
        leaves, self._treedef = optree.tree_flatten(outputs)
        leaves = [self._backend.to_numpy(leaf) for leaf in leaves]
        if self._rows is None or any(leaf.ndim == 0 for leaf in leaves):
            self._parts.append(leaves)
            return
        if self._arrays is None:
            self._arrays = [np.empty((self._rows, *a.shape[1:]), a.dtype) for a in leaves]
        stop = self._position + len(leaves[0])
        for whole, part in zip(self._arrays, leaves):
            whole[self._position : stop] = part
        self._position = stop

    def result(self):
        """The outputs' nest of NumPy arrays."""
        while self._late:
            self._fetch(self._late.popleft())
        if self._arrays is not None:
            return optree.tree_unflatten(self._treedef, self._arrays)
        joined = [np.concatenate(parts) for parts in zip(*self._parts)]
        return optree.tree_unflatten(self._treedef, joined)
