"""Logs of a step: tensors that stay on the device until somebody reads them."""

from collections.abc import MutableMapping

import numpy as np


class Logs(MutableMapping):
    """A mapping from metric names to floats that fetches a value when it is read.

    Args:
        read: function that returns a dict of scalar tensors or numbers; called on first use.
        backend: the engine of the tensors.
    """

    def __init__(self, read, backend):
        self._read = read
        self._found = None
        self._backend = backend

    @property
    def _values(self):
        if self._found is None:
            self._found = dict(self._read())
        return self._found

    def __getitem__(self, name):
        value = self._values[name]
        if not isinstance(value, (float, int)):
            value = self._values[name] = to_float(value, self._backend)
        return value

    def __setitem__(self, name, value):
        self._values[name] = value

    def __delitem__(self, name):
        del self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def copy(self):
        """A dict of floats."""
        return dict(self)

    def __repr__(self):
        return repr(dict(self))


def to_float(value, backend):
    """A scalar tensor as a Python float; larger tensors as NumPy arrays."""
    array = backend.to_numpy(value) if backend.is_tensor(value) else np.asarray(value)
    return float(array) if array.ndim == 0 else array
