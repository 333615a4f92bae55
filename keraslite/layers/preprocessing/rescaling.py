"""Rescaling."""

from keraslite import ops
from keraslite.layers.activations.activation import Elementwise


class Rescaling(Elementwise):
    """inputs * scale + offset, in the compute dtype.

    Args:
        scale, offset: numbers, or lists that broadcast over the channels.

    >>> import keraslite as keras
    >>> keras.layers.Rescaling(0.5, offset=1.0)([2.0]).tolist()
    [2.0]
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs):
        inputs = ops.cast(inputs, self.compute_dtype)
        return inputs * self._value(self.scale) + self._value(self.offset)

    def _value(self, value):
        if isinstance(value, (int, float)):
            return value
        return ops.cast(ops.convert_to_tensor(value), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
