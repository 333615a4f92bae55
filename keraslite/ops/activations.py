"""Activation functions, elementwise and over an axis.

Integers are cast to `floatx()` first (`relu` and `relu6` keep them).
"""

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS
from keraslite.ops.dispatch import (
    ArgumentError,
    checked_axes,
    checked_axis,
    dtype_of,
    floating,
    op,
    tensor,
)


@op
def relu(x):
    """max(x, 0), with gradient 0 at 0.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.relu([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    x = tensor(x)
    dtype = dtype_of(x)
    if dtype in FLOATS:
        return context.backend.relu(x)
    return x if dtype == "bool" else context.backend.maximum(x, 0)


@op
def relu6(x):
    """min(max(x, 0), 6)."""
    x = tensor(x)
    dtype = dtype_of(x)
    if dtype in FLOATS:
        return context.backend.relu6(x)
    return x if dtype == "bool" else context.backend.clip(x, 0, 6)


@op
def leaky_relu(x, negative_slope=0.2):
    """x where positive, negative_slope * x elsewhere."""
    return context.backend.leaky_relu(floating(x), negative_slope)


@op
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return context.backend.sigmoid(floating(x))


@op
def sparse_sigmoid(x):
    """0 below -1, 1 above 1, (x + 1) / 2 between."""
    return context.backend.clip(0.5 * (floating(x) + 1), 0.0, 1.0)


@op
def hard_sigmoid(x):
    """x / 6 + 1 / 2 limited to [0, 1]."""
    return context.backend.hard_sigmoid(floating(x))


@op
def log_sigmoid(x):
    """log(sigmoid(x)) without the rounding of either."""
    return context.backend.log_sigmoid(floating(x))


@op
def softplus(x):
    """log(1 + exp(x)) without overflow."""
    return context.backend.softplus(floating(x))


@op
def softsign(x):
    """x / (1 + |x|)."""
    return context.backend.softsign(floating(x))


@op
def silu(x):
    """x * sigmoid(x), also known as swish (Ramachandran et al., 2017)."""
    return context.backend.silu(floating(x))


swish = silu


@op
def hard_silu(x):
    """x * hard_sigmoid(x) (Howard et al., 2019)."""
    x = floating(x)
    return x * context.backend.hard_sigmoid(x)


hard_swish = hard_silu


@op
def elu(x, alpha=1.0):
    """x where positive, alpha * (exp(x) - 1) elsewhere (Clevert et al., 2015)."""
    return context.backend.elu(floating(x), alpha)


@op
def celu(x, alpha=1.0):
    """x where positive, alpha * (exp(x / alpha) - 1) elsewhere (Barron, 2017)."""
    x = floating(x)
    backend = context.backend
    return backend.relu(x) + alpha * backend.expm1(backend.minimum(x, 0.0) / alpha)


@op
def selu(x):
    """Scaled elu that keeps mean 0 and variance 1 (Klambauer et al., 2017)."""
    return context.backend.selu(floating(x))


@op
def gelu(x, approximate=True):
    """x * P(Z <= x) for a standard normal Z, by default in its tanh approximation.

    Hendrycks and Gimpel, 2016.
    """
    return context.backend.gelu(floating(x), bool(approximate))


@op
def mish(x):
    """x * tanh(softplus(x)) (Misra, 2019)."""
    x = floating(x)
    return x * context.backend.tanh(context.backend.softplus(x))


@op
def hard_tanh(x):
    """x limited to [-1, 1]."""
    return context.backend.clip(floating(x), -1.0, 1.0)


@op
def tanh_shrink(x):
    """x - tanh(x)."""
    x = floating(x)
    return x - context.backend.tanh(x)


@op
def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by the threshold, 0 within it."""
    x = floating(x)
    return x - context.backend.clip(x, -threshold, threshold)


@op
def hard_shrink(x, threshold=0.5):
    """x where |x| exceeds the threshold, 0 elsewhere."""
    x = floating(x)
    backend = context.backend
    return backend.where(backend.greater(backend.absolute(x), threshold), x, 0.0)


@op
def threshold(x, threshold, default_value):
    """x where it exceeds the threshold, `default_value` elsewhere."""
    x = tensor(x)
    backend = context.backend
    return backend.where(backend.greater(x, threshold), x, default_value)


@op
def squareplus(x, b=4):
    """(x + sqrt(x**2 + b)) / 2 (Barron, 2021)."""
    x = floating(x)
    return 0.5 * (x + context.backend.sqrt(x * x + b))


@op
def sparse_plus(x):
    """0 below -1, x above 1, (x + 1)**2 / 4 between."""
    x = floating(x)
    backend = context.backend
    middle = backend.clip(x, -1.0, 1.0) + 1
    return backend.where(backend.greater(x, 1), x, 0.25 * middle * middle)


@op
def glu(x, axis=-1):
    """First half of an axis times the sigmoid of the second half (Dauphin et al., 2016)."""
    x = floating(x)
    axis = checked_axis(axis, len(x.shape))
    size = x.shape[axis]
    if size is not None and size % 2:
        raise ArgumentError(f"axis {axis} of shape {tuple(x.shape)} has an odd size.")
    first, second = context.backend.split(x, 2, axis)
    return first * context.backend.sigmoid(second)


# ---- over an axis ----


@op
def softmax(x, axis=-1):
    """exp(x) over its sum along an axis, a tuple of axes, or (None) all.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.softmax([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    x = floating(x)
    return context.backend.softmax(x, _axes(axis, x))


@op
def log_softmax(x, axis=-1):
    """log(softmax(x)) without the rounding of either."""
    x = floating(x)
    return context.backend.log_softmax(x, _axes(axis, x))


def _axes(axis, x):
    rank = len(x.shape)
    return tuple(range(rank)) if axis is None else checked_axes(axis, rank)


@op
def sparsemax(x, axis=-1):
    """Euclidean projection onto the simplex along an axis (Martins and Astudillo, 2016)."""
    x = floating(x)
    backend = context.backend
    axis = checked_axis(axis, len(x.shape))
    ordered = backend.flip(backend.sort(x, axis), axis)
    shape = [1] * len(x.shape)
    shape[axis] = -1
    count = backend.arange(1, backend.shape(x)[axis] + 1, 1, dtype_of(x))
    count = backend.reshape(count, tuple(shape))
    total = backend.cumsum(ordered, axis)
    inside = backend.greater(1 + count * ordered, total)
    size = backend.sum(backend.cast(inside, dtype_of(x)), axis, True)
    chosen = backend.where(inside, ordered, 0.0)
    return backend.relu(x - (backend.sum(chosen, axis, True) - 1) / size)
