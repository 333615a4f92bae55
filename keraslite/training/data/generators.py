"""Batches from generators and from other libraries' iterables."""

import optree

from keraslite.training.data.class_weights import weigh


def _batch(data, class_weight):
    from keraslite.training.data.adapter import as_array, unpack_x_y_sample_weight

    x, y, sample_weight = unpack_x_y_sample_weight(data)
    batch = {"x": x, "y": y, "sample_weight": sample_weight}
    x, y, sample_weight = (
        optree.tree_map(lambda leaf, name=name: as_array(leaf, f"{name} of a batch"), value)
        for name, value in batch.items()
    )
    if class_weight is not None:
        sample_weight = weigh(y, sample_weight, class_weight)
    return x, y, sample_weight


class GeneratorAdapter:
    """Batches of a generator, which can be gone through once.

    The passes of `fit` go on where the one before stopped; `steps` batches make a pass.
    """

    repeatable = False

    def __init__(self, generator, steps=None, class_weight=None):
        self._generator = iter(generator)
        self._class_weight = class_weight
        self._peeked = []
        self.num_batches = steps

    def peek(self):
        """The first batch, which the next pass gives again."""
        if not self._peeked:
            try:
                self._peeked.append(next(self._generator))
            except StopIteration:
                raise ValueError("The generator passed as x gave no batch at all.") from None
        return _batch(self._peeked[0], self._class_weight)

    def __iter__(self):
        while True:
            try:
                data = self._peeked.pop() if self._peeked else next(self._generator)
            except StopIteration:
                return
            yield _batch(data, self._class_weight)

    def on_epoch_end(self):
        """Nothing to do."""


class IterableAdapter:
    """Batches of something that can be iterated again and again (a DataLoader, a Dataset)."""

    repeatable = True

    def __init__(self, iterable, class_weight=None):
        self._iterable = iterable
        self._class_weight = class_weight
        try:
            self.num_batches = len(iterable)
        except TypeError:
            self.num_batches = None

    def __iter__(self):
        return (_batch(data, self._class_weight) for data in self._iterable)

    def on_epoch_end(self):
        """Nothing to do."""
