"""ZeroPadding2D."""

from keraslite import config, ops
from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer


class ZeroPadding2D(Layer):
    """Rows and columns of zeros around images.

    Args:
        padding: int; (rows, columns); or ((top, bottom), (left, right)).
        data_format: "channels_last" (N, H, W, C) or "channels_first" (N, C, H, W).

    >>> import keraslite as keras
    >>> tuple(keras.layers.ZeroPadding2D((1, 2))(keras.ops.ones((1, 4, 4, 3))).shape)
    (1, 6, 8, 3)
    """

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.padding = _pairs(padding, self)
        self.input_spec = InputSpec(ndim=4)
        self.built = True

    def _all(self, none):
        if self.data_format == "channels_last":
            return (none, *self.padding, none)
        return (none, none, *self.padding)

    def call(self, inputs):
        return ops.pad(inputs, self._all((0, 0)))

    def compute_output_shape(self, input_shape):
        widths = self._all((0, 0))
        return tuple(None if n is None else n + sum(w) for n, w in zip(input_shape, widths))

    def get_config(self):
        return {
            **super().get_config(), "padding": self.padding, "data_format": self.data_format,
        }  # fmt: skip


def _pairs(padding, layer):
    """Padding as ((top, bottom), (left, right))."""
    items = (padding, padding) if isinstance(padding, int) else tuple(padding)
    pairs = tuple((i, i) if isinstance(i, int) else tuple(i) for i in items)
    if len(pairs) != 2 or any(len(p) != 2 or min(p) < 0 for p in pairs):
        raise ValueError(
            f"ZeroPadding2D {layer.name!r}: padding must be a non-negative int, 2 of them, or 2"
            f" pairs of them, found {padding!r}."
        )
    return pairs
