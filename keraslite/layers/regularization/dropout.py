"""Dropout layers."""

from keraslite import random
from keraslite.core.input_spec import InputSpec
from keraslite.layers.activations.activation import Elementwise
from keraslite.layers.checks import rate as checked_rate


class Dropout(Elementwise):
    """In training, sets a fraction of the inputs to 0 and scales the others up. Srivastava et al.,
    2014.

    Args:
        rate: fraction, in [0, 1].
        noise_shape: shape of the mask, broadcast to the inputs.
        seed: int, or None to follow the global seed.

    >>> from keraslite import layers, ops
    >>> layer = layers.Dropout(0.5, seed=1)
    >>> layer(ops.ones((1, 4))).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    >>> layer(ops.ones((1, 4)), training=True).tolist()
    [[0.0, 0.0, 2.0, 0.0]]
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = checked_rate(rate, "rate", self)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return inputs * 0
        return random.dropout(inputs, self.rate, self._noise_shape(inputs), self.seed_generator)

    def _noise_shape(self, inputs):
        return self.noise_shape

    def get_config(self):
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


class SpatialDropout1D(Dropout):
    """Dropout of whole channels of sequences (N, T, C). Tompson et al., 2015.

    Args:
        rate, seed: as in `Dropout`.

    >>> from keraslite import layers, ops
    >>> layer = layers.SpatialDropout1D(0.5, seed=1)
    >>> layer(ops.ones((1, 2, 3)), training=True).tolist()
    [[[0.0, 0.0, 2.0], [0.0, 0.0, 2.0]]]
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(rate, seed=seed, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def _noise_shape(self, inputs):
        return (None, 1, None)

    def get_config(self):
        config = super().get_config()
        del config["noise_shape"], config["trainable"]  # Keras's class takes neither
        return config
