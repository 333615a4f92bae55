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
        leaves, treedef = optree.tree_flatten(self.arrays)
        order = self._order()
        for start in range(0, self.rows, self.batch_size):
            stop = min(start + self.batch_size, self.rows)
            if order is None:
                batch = [a[start:stop] for a in leaves]
            else:
                rows = order[start:stop]
                batch = [a.take(rows, 0) for a in leaves]
            yield optree.tree_unflatten(treedef, batch)

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
