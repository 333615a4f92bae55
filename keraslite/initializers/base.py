"""Initializer: first values of weights, drawn on the host, the same on every engine."""

import numpy as np

from keraslite.backend.context import context, real_backend
from keraslite.backend.dtypes import standardize_dtype
from keraslite.random import host


class Initializer:
    """Base class. A subclass overrides `__call__(shape, dtype=None)`, which returns a tensor or
    array, and `get_config`.

    keraslite's own override `draw(shape, rng)`, which returns a NumPy array in float64 or float32.
    """

    seed = None

    def __call__(self, shape, dtype=None):
        """A tensor of first values."""
        dtype = standardize_dtype(dtype)
        shape = tuple(shape)
        values = np.asarray(self.draw(shape, self._generator()))
        return real_backend().asarray(values, dtype)

    def _generator(self):
        """Keyed by the seed, or by the path of the variable that is being made."""
        seed = self.seed
        if hasattr(seed, "get_config"):  # a SeedGenerator: its next key
            seed = int(np.abs(real_backend().to_numpy(seed.next()).astype(np.int64)).sum())
        return host.generator(seed, context.seed_path or "initializer")

    def draw(self, shape, rng):
        """Values of a shape, from a NumPy Generator."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(shape, dtype).")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def clone(self):
        """A copy."""
        return type(self).from_config(self.get_config())

    def __repr__(self):
        return f"<{type(self).__name__} {self.get_config()}>"
