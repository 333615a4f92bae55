"""Activations as layers."""

from keraslite import activations
from keraslite.core.layer import Layer


class Elementwise(Layer):
    """Base of layers that keep the shape and have no weights."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def compute_output_shape(self, input_shape):
        return input_shape


class Activation(Elementwise):
    """An activation function as a layer.

    Args:
        activation: function or its name.

    >>> import keraslite as keras
    >>> keras.layers.Activation("relu")([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs):
        return self.activation(inputs)

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class ReLU(Elementwise):
    """max(x, 0), with an upper limit, a slope below the threshold, and the threshold.

    Args:
        max_value: upper limit, None for none.
        negative_slope: slope below the threshold.
        threshold: where the slope changes.

    >>> from keraslite import layers, ops
    >>> layers.ReLU(max_value=2)(ops.array([-1.0, 1.0, 3.0])).tolist()
    [0.0, 1.0, 2.0]
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        negative_slope = 0.0 if negative_slope is None else negative_slope
        threshold = 0.0 if threshold is None else threshold
        for name, value in (
            ("max_value", max_value), ("negative_slope", negative_slope), ("threshold", threshold),
        ):  # fmt: skip
            if value is not None and value < 0:
                raise ValueError(f"ReLU {self.name!r}: {name} must not be negative, found {value}.")
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self):
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class Softmax(Elementwise):
    """exp(x) over its sum along an axis; masked places get 0.

    Args:
        axis: axis, or list of axes.

    >>> from keraslite import layers, ops
    >>> layers.Softmax()(ops.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs, mask=None):
        from keraslite import ops

        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        if mask is None:
            return ops.softmax(inputs, axis=axis)
        mask = ops.cast(mask, "bool")
        low = -3e4 if self.compute_dtype == "float16" else -1e9
        return ops.where(mask, ops.softmax(ops.where(mask, inputs, low), axis=axis), 0.0)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}
