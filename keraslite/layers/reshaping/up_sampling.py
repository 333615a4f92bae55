"""UpSampling2D."""

from keraslite import config, ops
from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer
from keraslite.layers.checks import one_of, tuple_of


class UpSampling2D(Layer):
    """Each row and column of images repeated.

    Args:
        size: int or (rows, columns): how often.
        data_format: "channels_last" (N, H, W, C) or "channels_first" (N, C, H, W).
        interpolation: "nearest".

    >>> import keraslite as keras
    >>> tuple(keras.layers.UpSampling2D((2, 3))(keras.ops.ones((1, 4, 4, 3))).shape)
    (1, 8, 12, 3)
    """

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(**kwargs)
        self.size = tuple_of(size, 2, "size", self)
        self.data_format = config.standardize_data_format(data_format)
        self.interpolation = one_of(interpolation, ("nearest",), "interpolation", self)
        self.input_spec = InputSpec(ndim=4)
        self.built = True

    def _first_axis(self):
        return 1 if self.data_format == "channels_last" else 2

    def call(self, inputs):
        for axis, count in enumerate(self.size, self._first_axis()):
            inputs = ops.repeat(inputs, count, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        for axis, count in enumerate(self.size, self._first_axis()):
            shape[axis] = None if shape[axis] is None else shape[axis] * count
        return tuple(shape)

    def get_config(self):
        return {
            **super().get_config(), "size": self.size, "data_format": self.data_format,
            "interpolation": self.interpolation,
        }  # fmt: skip
