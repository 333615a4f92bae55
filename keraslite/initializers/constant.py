"""Initializers without chance."""

import numpy as np

from keraslite.initializers.base import Initializer


class Zeros(Initializer):
    """All zeros."""

    def draw(self, shape, rng):
        return np.zeros(shape, np.float32)


class Ones(Initializer):
    """All ones."""

    def draw(self, shape, rng):
        return np.ones(shape, np.float32)


class Constant(Initializer):
    """One number everywhere, or the values of an array that broadcasts.

    Args:
        value: number or array.
    """

    def __init__(self, value=0.0):
        self.value = value

    def draw(self, shape, rng):
        return np.broadcast_to(np.asarray(self.value, np.float64), shape)

    def get_config(self):
        value = self.value
        return {"value": value.tolist() if hasattr(value, "tolist") else value}


class Identity(Initializer):
    """The identity matrix times `gain`; for 2D weights."""

    def __init__(self, gain=1.0):
        self.gain = gain

    def draw(self, shape, rng):
        if len(shape) != 2:
            raise ValueError(f"Identity initializes matrices, found the shape {shape}.")
        return self.gain * np.eye(*shape, dtype=np.float64)

    def get_config(self):
        return {"gain": self.gain}
