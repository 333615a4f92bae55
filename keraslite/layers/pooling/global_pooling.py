"""Pooling over all positions."""

from keraslite import config, ops
from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer


class GlobalPooling(Layer):
    """Base: reduces all spatial axes.

    Args:
        rank: number of spatial axes.
        data_format: "channels_last" or "channels_first".
        keepdims: whether the reduced axes stay with size 1.
    """

    def __init__(self, rank, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.rank = rank
        self.data_format = config.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=rank + 2)
        self.built = True

    @property
    def _axes(self):
        start = 1 if self.data_format == "channels_last" else 2
        return tuple(range(start, start + self.rank))

    def compute_output_shape(self, input_shape):
        if self.keepdims:
            return tuple(1 if i in self._axes else n for i, n in enumerate(input_shape))
        return tuple(n for i, n in enumerate(input_shape) if i not in self._axes)

    def get_config(self):
        return {
            **super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims,
        }  # fmt: skip


class GlobalAveragePooling1D(GlobalPooling):
    """The mean over time, masked steps left out: (N, T, C) -> (N, C).

    Args:
        data_format, keepdims: as in `GlobalPooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.GlobalAveragePooling1D()(keras.ops.ones((2, 5, 3))).shape)
    (2, 3)
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(1, data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)
        mask = ops.expand_dims(ops.cast(mask, self.compute_dtype), 3 - self._axes[0])
        total = ops.sum(inputs * mask, axis=self._axes, keepdims=self.keepdims)
        return total / ops.sum(mask, axis=self._axes, keepdims=self.keepdims)

    def compute_mask(self, inputs, previous_mask):
        return None


class GlobalMaxPooling1D(GlobalPooling):
    """The largest value over time: (N, T, C) -> (N, C).

    Args:
        data_format, keepdims: as in `GlobalPooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.GlobalMaxPooling1D()(keras.ops.ones((2, 5, 3))).shape)
    (2, 3)
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(1, data_format, keepdims, **kwargs)

    def call(self, inputs):
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalAveragePooling2D(GlobalPooling):
    """The mean over images: (N, H, W, C) -> (N, C).

    Args:
        data_format, keepdims: as in `GlobalPooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.GlobalAveragePooling2D()(keras.ops.ones((2, 4, 4, 3))).shape)
    (2, 3)
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(2, data_format, keepdims, **kwargs)

    def call(self, inputs):
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalMaxPooling2D(GlobalPooling):
    """The largest value over images: (N, H, W, C) -> (N, C).

    Args:
        data_format, keepdims: as in `GlobalPooling`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.GlobalMaxPooling2D(keepdims=True)(keras.ops.ones((2, 4, 4, 3))).shape)
    (2, 1, 1, 3)
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(2, data_format, keepdims, **kwargs)

    def call(self, inputs):
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)
