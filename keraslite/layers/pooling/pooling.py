"""Pooling over windows."""

from keraslite import config, ops
from keraslite.backend.convolution import output_size
from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer
from keraslite.layers.checks import one_of, tuple_of


class BasePooling(Layer):
    """What pooling layers share.

    Args:
        rank: number of spatial axes.
        pool_size: int or `rank` ints.
        strides: likewise; default: pool_size.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
    """

    def __init__(self, rank, pool_size, strides, padding, data_format, **kwargs):
        super().__init__(**kwargs)
        self.rank = rank
        self.pool_size = tuple_of(pool_size, rank, "pool_size", self)
        self.strides = tuple_of(pool_size if strides is None else strides, rank, "strides", self)
        self.padding = one_of(padding, ("valid", "same"), "padding", self)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=rank + 2)
        self.built = True

    def compute_output_shape(self, input_shape):
        first = self.data_format == "channels_first"
        spatial = input_shape[2:] if first else input_shape[1:-1]
        out = tuple(
            output_size(n, size, stride, 1, self.padding)
            for n, size, stride in zip(spatial, self.pool_size, self.strides)
        )
        if any(n is not None and n <= 0 for n in out):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: the input {tuple(input_shape)} is smaller"
                f" than pool_size {self.pool_size}."
            )
        if first:
            return (*input_shape[:2], *out)
        return (input_shape[0], *out, input_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }


class _Max(BasePooling):
    def call(self, inputs):
        return ops.max_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class MaxPooling1D(_Max):
    """The largest value of each window over time: (N, T, C) -> (N, T', C).

    Args:
        pool_size, strides, padding, data_format: as in `BasePooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.MaxPooling1D()(keras.ops.ones((1, 6, 3))).shape)
    (1, 3, 3)
    """

    def __init__(
        self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs
    ):
        super().__init__(1, pool_size, strides, padding, data_format, name=name, **kwargs)


class MaxPooling2D(_Max):
    """The largest value of each window of images: (N, H, W, C) -> (N, H', W', C).

    Args:
        pool_size, strides, padding, data_format: as in `BasePooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.MaxPooling2D()(keras.ops.ones((1, 4, 4, 3))).shape)
    (1, 2, 2, 3)
    """

    def __init__(
        self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None,
        **kwargs,
    ):  # fmt: skip
        super().__init__(2, pool_size, strides, padding, data_format, name=name, **kwargs)


class AveragePooling2D(BasePooling):
    """The mean of each window of images, padding left out: (N, H, W, C) -> (N, H', W', C).

    Args:
        pool_size, strides, padding, data_format: as in `BasePooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.AveragePooling2D(2)(keras.ops.ones((1, 4, 4, 3))).shape)
    (1, 2, 2, 3)
    """

    def __init__(
        self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs
    ):
        super().__init__(2, pool_size, strides, padding, data_format, name=name, **kwargs)

    def call(self, inputs):
        return ops.average_pool(
            inputs, self.pool_size, self.strides, self.padding, self.data_format
        )
