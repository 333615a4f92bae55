"""Batches from arrays in memory."""

import numpy as np
import optree

from keraslite.random import host
from keraslite.training.data.class_weights import weigh


class ArrayAdapter:
    """Rows of NumPy arrays in batches, shuffled anew each pass if asked.

    Args:
        x, y, sample_weight: nests of arrays with equally many rows; y, sample_weight may be None.
        batch_size: rows in a batch; the last may be smaller.
        shuffle: True, False, or "batch" (whole batches).
        class_weight: {class: weight}, or None.
    """

    def __init__(self, x, y, sample_weight, batch_size, shuffle=False, class_weight=None):
        named = {"x": x, "y": y, "sample_weight": sample_weight}
        sizes = {n: [len(a) for a in optree.tree_leaves(v)] for n, v in named.items()}
        if not sizes["x"]:
            raise ValueError("x holds no array.")
        self.rows = sizes["x"][0]
        if any(size != self.rows for one in sizes.values() for size in one):
            found = "; ".join(f"{n}: {', '.join(map(str, s))}" for n, s in sizes.items() if s)
            raise ValueError(
                f"All arrays must have the same number of rows (samples), found {found}."
            )
        if self.rows == 0:
            raise ValueError("x is empty: it has 0 rows (samples).")
        if class_weight is not None:
            sample_weight = weigh(y, sample_weight, class_weight)
        self.arrays = (x, y, sample_weight)
        self.batch_size = int(batch_size)
        self.num_batches = -(-self.rows // self.batch_size)
        self.shuffle = shuffle
        self._rng = None

    repeatable = True

    def peek(self):
        """All rows, from which shapes and ranges are read."""
        return self.arrays

    def rows_from(self, start):
        """The batch that begins at a row."""
        stop = start + self.batch_size
        return optree.tree_map(lambda a: a[start:stop], self.arrays)

    def first_nan(self):
        """(argument, row) of the first NaN in x or y, or None."""
        for name, nest in zip(("x", "y"), self.arrays):
            for array in optree.tree_leaves(nest):
                if array.dtype.kind == "f" and np.isnan(array.sum()):  # a sum needs no copy
                    bad = np.isnan(array).reshape(self.rows, -1).any(1)
                    if bad.any():
                        return name, int(bad.argmax())
        return None

    def __iter__(self):
        return _Pass(self.arrays, self.rows, self.batch_size, self._order())

    def _order(self):
        if not self.shuffle:
            return None
        self._rng = self._rng or host.generator(path="shuffle")
        if self.shuffle == "batch":
            starts = self._rng.permutation(self.rows // self.batch_size) * self.batch_size
            whole = (starts[:, None] + np.arange(self.batch_size)).ravel()
            return np.concatenate([whole, np.arange(len(whole), self.rows)])
        return self._rng.permutation(self.rows)

    def on_epoch_end(self):
        """Nothing to do."""


class _Pass:
    """One pass over arrays: an iterator of batches.

    Args:
        arrays: nest of arrays.
        rows: their number of rows.
        batch_size: rows in a batch.
        order: in which the rows come; None: as they are.

    Attributes:
        owned: whether batches are arrays of their own, no views; stacks of them always are.
    """

    def __init__(self, arrays, rows, batch_size, order):
        self._leaves, self._treedef = optree.tree_flatten(arrays)
        self._rows, self._size, self._order = rows, batch_size, order
        self._position = 0
        self.owned = order is not None

    @property
    def batch_bytes(self):
        """Bytes of a whole batch."""
        return self._size * sum(a[:1].nbytes for a in self._leaves) + 1

    @property
    def count(self):
        """Number of batches."""
        return -(-self._rows // self._size)

    def __iter__(self):
        return self

    def __next__(self):
        start = self._position
        if start >= self._rows:
            raise StopIteration
        self._position = stop = min(start + self._size, self._rows)
        if self._order is None:
            batch = [a[start:stop] for a in self._leaves]
        else:
            rows = self._order[start:stop]
            batch = [a.take(rows, 0) for a in self._leaves]
        return optree.tree_unflatten(self._treedef, batch)

    def stack(self, count, places):
        """(nest of arrays (places, batch size, ...), number of batches in the first places).

        At most `count` batches; the last one of a pass, if it is smaller, comes alone. What the
        other places hold is undefined.
        """
        start, size = self._position, self._size
        count = min(count, (self._rows - start) // size)
        if count == 0 and start < self._rows:
            count, size = 1, self._rows - start
        if count == 0:
            return None, 0
        self._position = stop = start + count * size
        rows = slice(start, stop) if self._order is None else self._order[start:stop]
        stacked = []
        for a in self._leaves:
            whole = np.empty((places, size, *a.shape[1:]), a.dtype)
            part = whole[:count].reshape(count * size, *a.shape[1:])
            if self._order is None:
                part[...] = a[rows]
            else:
                a.take(rows, 0, out=part, mode="clip")  # "raise" would go through a buffer
            stacked.append(whole)
        return optree.tree_unflatten(self._treedef, stacked), count
