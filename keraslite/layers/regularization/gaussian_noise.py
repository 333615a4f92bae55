"""GaussianNoise."""

from keraslite import ops, random
from keraslite.layers.activations.activation import Elementwise
from keraslite.layers.checks import rate


class GaussianNoise(Elementwise):
    """In training, adds normal noise of mean 0.

    Args:
        stddev: standard deviation, in [0, 1].
        seed: int, or None to follow the global seed.
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.stddev = rate(stddev, "stddev", self)
        self.seed = seed
        if self.stddev > 0:
            self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or self.stddev == 0:
            return inputs
        # Drawn in float64 whatever the dtype, so that a seed gives the same noise in all, to the
        # last digit: engines' logarithms and cosines differ there.
        shape = ops.shape(inputs)
        noise = random.normal(shape, 0.0, self.stddev, "float64", self.seed_generator)
        return inputs + ops.cast(noise, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
