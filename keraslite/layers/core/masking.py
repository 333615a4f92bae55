"""Masking."""

from keraslite import ops
from keraslite.core.layer import Layer


class Masking(Layer):
    """Masks the time steps whose features all equal a value, and sets them to 0.

    Args:
        mask_value: the value.

    >>> import keraslite as keras
    >>> x = keras.ops.convert_to_tensor([[[1.0, 2.0], [-1.0, -1.0]]])
    >>> keras.layers.Masking(-1.0)(x).tolist()
    [[[1.0, 2.0], [0.0, 0.0]]]
    """

    _produces_mask = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self.built = True

    def compute_mask(self, inputs, mask=None):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs):
        return ops.where(ops.expand_dims(self.compute_mask(inputs), -1), inputs, 0)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "mask_value": self.mask_value}
