"""Normalization, cross-entropy, attention."""

from keraslite import config
from keraslite.backend.context import context
from keraslite.backend.dtypes import INTEGERS
from keraslite.ops.dispatch import (
    ArgumentError,
    boolean,
    checked_axes,
    checked_axis,
    dtype_of,
    floating,
    op,
    promoted_list,
    shapes_differ,
    tensor,
)

# ---- normalization ----


@op
def moments(x, axes, keepdims=False, synchronized=False):
    """(mean, variance) along axes; 16-bit floats are summed in float32.

    `synchronized` (over replicas) must be False: ValueError otherwise.
    """
    if synchronized:
        raise ArgumentError("`synchronized` moments are not supported.")
    x = floating(x)
    return context.backend.moments(x, checked_axes(axes, len(x.shape), "axes"), keepdims)


@op
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=0.001):
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, all vectors along one axis.

    Ioffe and Szegedy, 2015. ValueError if a vector's size is not x's along the axis.
    """
    x = floating(x)
    axis = checked_axis(axis, len(x.shape))
    dtype, size = dtype_of(x), x.shape[axis]
    vectors = []
    for name, v in (("mean", mean), ("variance", variance), ("offset", offset), ("scale", scale)):
        v = v if v is None else tensor(tensor(v), dtype)
        if v is not None and size is not None and tuple(v.shape) != (size,):
            raise ArgumentError(
                f"`{name}` must have shape ({size},), x's size along axis {axis}, found"
                f" {tuple(v.shape)}."
            )
        vectors.append(v)
    mean, variance, offset, scale = vectors
    return context.backend.batch_normalization(x, mean, variance, axis, offset, scale, epsilon)


@op
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, moments over `axis`.

    Ba et al., 2016. `axis` is an int or a tuple; gamma and beta have the shape of those axes, or
    are None; `epsilon` None means `keraslite.config.epsilon()`.
    """
    x = floating(x)
    axes = checked_axes(axis, len(x.shape))
    axes = (axes,) if isinstance(axes, int) else tuple(sorted(axes))
    dtype = dtype_of(x)
    gamma = gamma if gamma is None else tensor(tensor(gamma), dtype)
    beta = beta if beta is None else tensor(tensor(beta), dtype)
    epsilon = config.epsilon() if epsilon is None else epsilon
    return context.backend.layer_normalization(x, gamma, beta, axes, epsilon)


@op
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x / sqrt(mean(x**2) + epsilon) * scale, the mean over `axis`.

    Zhang and Sennrich, 2019. `scale` has the shape of the axes, or is None; `epsilon` None means
    `keraslite.config.epsilon()`. 16-bit floats are squared in float32.
    """
    x = floating(x)
    backend = context.backend
    axes = checked_axes(axis, len(x.shape))
    axes = (axes,) if isinstance(axes, int) else tuple(sorted(axes))
    dtype = dtype_of(x)
    wide = tensor(x, "float32") if dtype in ("float16", "bfloat16") else x
    epsilon = config.epsilon() if epsilon is None else epsilon
    y = wide * backend.rsqrt(backend.mean(wide * wide, axes, True) + epsilon)
    if scale is not None:
        scale = tensor(tensor(scale), dtype_of(y))
        shape = [n if i in axes else 1 for i, n in enumerate(backend.shape(x))]
        y = y * (backend.reshape(scale, tuple(shape)) if len(scale.shape) else scale)
    return tensor(y, dtype)


@op
def normalize(x, axis=-1, order=2, epsilon=None):
    """x over its norm along axes, the norm no smaller than `epsilon`.

    `order` is 1, 2, another positive number, or infinity; `epsilon` None means
    `keraslite.config.epsilon()`.
    """
    x = floating(x)
    backend = context.backend
    axes = checked_axes(axis, len(x.shape))
    epsilon = config.epsilon() if epsilon is None else epsilon
    if order == 2:  # keeps the gradient finite at 0
        return x * backend.rsqrt(backend.maximum(backend.sum(x * x, axes, True), epsilon**2))
    size = backend.absolute(x)
    if order == 1:
        norm = backend.sum(size, axes, True)
    elif order == float("inf"):
        norm = backend.max(size, axes, True)
    else:
        norm = backend.power(backend.sum(backend.power(size, order), axes, True), 1 / order)
    return x / backend.maximum(norm, epsilon)


# ---- cross-entropy ----


@op
def binary_crossentropy(target, output, from_logits=False):
    """-target * log(output) - (1 - target) * log(1 - output), elementwise.

    Probabilities are kept at a distance of `epsilon()` from 0 and 1; with `from_logits` the output
    is before the sigmoid, and nothing is rounded. ValueError if the shapes differ.
    """
    output, target = _pair(target, output)
    _same_shape(target, output)
    if from_logits:
        return context.backend.sigmoid_cross_entropy(output, target)
    backend = context.backend
    p = _inside(output)
    return -(target * backend.log(p) + (1 - target) * backend.log(1 - p))


@op
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-sum(target * log(output)) along an axis, which the result lacks.

    Probabilities are first divided by their sum and kept at a distance of `epsilon()` from 0 and
    1; with `from_logits` the output is before the softmax. ValueError if the shapes differ.
    """
    output, target = _pair(target, output)
    if not len(output.shape):
        raise ArgumentError("`target` and `output` must have rank 1 or more.")
    _same_shape(target, output)
    backend = context.backend
    axis = checked_axis(axis, len(output.shape))
    if from_logits:
        if axis != len(output.shape) - 1:
            output, target = (backend.moveaxis(v, axis, -1) for v in (output, target))
        return backend.softmax_cross_entropy(output, target)
    p = _inside(output / backend.sum(output, axis, True))
    return -backend.sum(target * backend.log(p), axis)


@op
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log(output[target]) along an axis: the target holds the integers of the true classes.

    Args:
        target: integers of output's shape without the axis (a last axis of size 1 is dropped).
        output: probabilities, kept at a distance of `epsilon()` from 0 and 1, or logits.
        from_logits: whether output is before the softmax.
        axis: where the classes are.

    >>> from keraslite import ops
    >>> loss = ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    output, target = floating(output), tensor(target)
    backend = context.backend
    if dtype_of(target) not in INTEGERS:
        target = backend.cast(target, "int32")
    rank = len(output.shape)
    if not rank:
        raise ArgumentError("`output` must have rank 1 or more.")
    if len(target.shape) == rank and target.shape[-1] == 1:
        target = backend.squeeze(target, -1)
    axis = checked_axis(axis, rank)
    if axis != rank - 1:
        output = backend.moveaxis(output, axis, -1)
    found, wanted = tuple(target.shape), tuple(output.shape)[:-1]
    if shapes_differ(found, wanted):
        raise ArgumentError(
            f"`target` must have the shape of `output` without its class axis, {wanted}, found"
            f" {found}."
        )
    if from_logits:
        return backend.sparse_softmax_cross_entropy(output, target)
    p = _inside(output / backend.sum(output, -1, True))
    chosen = backend.take_along_axis(p, backend.expand_dims(target, -1), -1)
    return -backend.log(backend.squeeze(chosen, -1))


def _pair(target, output):
    """(output, target), the target in output's dtype."""
    output = floating(output)
    return output, tensor(tensor(target), dtype_of(output))


def _inside(p):
    epsilon = config.epsilon()
    return context.backend.clip(p, epsilon, 1 - epsilon)


def _same_shape(target, output):
    found, wanted = tuple(target.shape), tuple(output.shape)
    if shapes_differ(found, wanted):
        raise ArgumentError(
            f"`target` and `output` must have one shape, found {found} and {wanted}."
        )


# ---- attention ----


@op
def dot_product_attention(
    query, key, value, bias=None, mask=None, scale=None, is_causal=False, flash_attention=None,
    attn_logits_soft_cap=None,
):  # fmt: skip
    """softmax(query @ key * scale + bias) @ value (Vaswani et al., 2017).

    Args:
        query: (batch, T, N, H): T places, N heads of size H.
        key, value: (batch, S, K, H); N is a multiple of K.
        bias: added to the logits, broadcasts to (batch, N, T, S).
        mask: bool, True where a place is attended to, broadcasts to (batch, N, T, S).
        scale: 1 / sqrt(H) by default.
        is_causal: attend only to places that are not later.
        flash_attention: a hint, which changes no value: the engine chooses its kernel.
        attn_logits_soft_cap: c bounds the scaled logits smoothly, c * tanh(logits / c).

    Returns:
        (batch, T, N, H).
    """
    query, key, value = promoted_list((floating(query), key, value))
    backend = context.backend
    for name, x in (("query", query), ("key", key), ("value", value)):
        if len(x.shape) != 4:
            raise ArgumentError(
                f"`{name}` must have shape (batch, length, heads, size), found {tuple(x.shape)}."
            )
    if query.shape[2] % key.shape[2] or key.shape[2] != value.shape[2]:
        raise ArgumentError(
            f"the {query.shape[2]} heads of `query` must be a multiple of those of `key` and"
            f" `value`, {key.shape[2]} and {value.shape[2]}."
        )
    bias = bias if bias is None else tensor(tensor(bias), dtype_of(query))
    mask = mask if mask is None else boolean(mask)
    if attn_logits_soft_cap is not None:
        bias = _capped(query, key, scale, attn_logits_soft_cap, bias)
        query = backend.zeros_like(query)  # the bias holds the whole logits
    return backend.dot_product_attention(query, key, value, bias, mask, scale, is_causal)


def _capped(query, key, scale, cap, bias):
    """Softly bounded logits (batch, N, T, S), with the bias."""
    backend = context.backend
    groups = query.shape[2] // key.shape[2]
    key = backend.repeat(key, groups, 2) if groups > 1 else key
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    logits = cap * backend.tanh(backend.einsum("btnh,bsnh->bnts", query, key) * (scale / cap))
    return logits if bias is None else logits + bias
