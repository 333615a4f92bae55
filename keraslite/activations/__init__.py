"""Activations: functions of one tensor, by name."""

import functools

from keraslite import ops
from keraslite.core.registry import Family as _Family


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(x, 0), with a slope below the threshold and a largest value if asked.

    >>> relu([-1.0, 2.0], max_value=1.0).tolist()
    [0.0, 1.0]
    """
    if threshold == 0.0 and max_value is None:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    x = ops.convert_to_tensor(x)
    below = negative_slope * (x - threshold) if negative_slope else 0.0
    above = x if max_value is None else ops.minimum(x, max_value)
    return ops.where(ops.greater(x, threshold), above, below)


def linear(x):
    """x itself."""
    return x


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis."""
    return ops.softmax(x, axis=axis)


def log_softmax(x, axis=-1):
    """log(softmax(x))."""
    return ops.log_softmax(x, axis=axis)


def elu(x, alpha=1.0):
    """x above 0, alpha * (exp(x) - 1) below. Clevert et al., 2016."""
    return ops.elu(x, alpha)


def leaky_relu(x, negative_slope=0.2):
    """x above 0, negative_slope * x below."""
    return ops.leaky_relu(x, negative_slope)


def gelu(x, approximate=False):
    """x * P(Z <= x) for a standard normal Z. Hendrycks and Gimpel, 2016."""
    return ops.gelu(x, approximate)


def _of_ops(name):
    function = getattr(ops, name)

    @functools.wraps(function)
    def activation(x):
        return function(x)

    activation.__module__ = __name__
    return activation


_PLAIN = (
    "celu", "exponential", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh",
    "log_sigmoid", "mish", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus",
    "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh",
    "tanh_shrink", "threshold",
)  # fmt: skip


def exponential(x):
    """exp(x)."""
    return ops.exp(x)


for _name in _PLAIN:
    if _name not in globals() and hasattr(ops, _name):
        globals()[_name] = _of_ops(_name)

swish = silu = globals()["silu"]
hard_swish = globals().get("hard_silu")

_functions = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and not name.startswith("_")
}
_family = _Family("activation", [], _functions)


def get(identifier):
    """An activation function from a name, a function or a config; None gives `linear`.

    Raises ValueError for an unknown name, with the nearest match.
    """
    return linear if identifier is None else _family.get(identifier)


def serialize(activation):
    """The name of a function of this module, or the serialized form of any other."""
    name = getattr(activation, "__name__", None)
    if name in _functions and _functions[name] is activation:
        return "silu" if activation is silu else name
    return _family.serialize(activation)


def deserialize(config, custom_objects=None):
    """The inverse of `serialize`."""
    if isinstance(config, str):
        return get(config)
    return _family.deserialize(config, custom_objects=custom_objects)
