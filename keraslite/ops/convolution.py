"""Convolution and pooling.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) with `data_format`
"channels_first"; None means the configured format. `strides`, `pool_size` and `dilation_rate` are
ints or have an entry for each spatial axis; `padding` is "valid" (none) or "same" (so much that
stride 1 keeps the size).
"""

from functools import lru_cache

from keraslite.backend.context import context
from keraslite.config import standardize_data_format
from keraslite.ops.dispatch import INTS, ArgumentError, floating, op, promoted, tensor


def _per_axis(value, rank, name):
    """An int or a tuple of them as a tuple with an entry for each spatial axis."""
    value = value if isinstance(value, tuple) else (value,) * rank
    if len(value) == 1:
        value = value * rank
    if len(value) != rank or any(not isinstance(v, INTS) or v < 1 for v in value):
        raise ArgumentError(f"`{name}` must be a positive int or {rank} of them, found {value}.")
    return tuple([int(v) for v in value])


def _padding(padding):
    name = padding.lower() if isinstance(padding, str) else padding
    if name not in ("valid", "same"):
        raise ArgumentError(f"`padding` must be 'valid' or 'same', found {padding!r}.")
    return name


def _as_it_is(y):
    return y


def _channels_last(x, data_format):
    """(x with its channels last, its shape, a function that brings a result back to the caller's
    layout)."""
    shape = tuple(x.shape)  # read once: on TensorFlow that takes as long as a small operation
    rank = len(shape)
    if rank < 3:
        raise ArgumentError(
            f"`inputs` must have a batch axis, spatial axes and channels, found shape {shape}."
        )
    if standardize_data_format(data_format) == "channels_last":
        return x, shape, _as_it_is
    return (
        context.backend.moveaxis(x, 1, rank - 1),
        (shape[0], *shape[2:], shape[1]),
        lambda y: context.backend.moveaxis(y, rank - 1, 1),
    )


@lru_cache(maxsize=1024)
def _conv_settings(shape, kernel, strides, padding, dilation_rate):
    """(strides, padding, dilation) by axis, checked for inputs and a kernel of these shapes."""
    rank = len(shape) - 2
    if len(kernel) != rank + 2:
        raise ArgumentError(
            f"`kernel` must have rank {rank + 2} for inputs of shape {shape} (channels last), found"
            f" shape {kernel}."
        )
    strides = _per_axis(strides, rank, "strides")
    dilation = _per_axis(dilation_rate, rank, "dilation_rate")
    if max(strides) > 1 and max(dilation) > 1:
        raise ArgumentError(
            f"`strides` {strides} and `dilation_rate` {dilation} cannot both be above 1."
        )
    _check_fits(shape, kernel[:rank], dilation, padding)
    return strides, padding, dilation


@lru_cache(maxsize=1024)
def _groups(shape, kernel):
    """Groups of a convolution, by the shapes of its inputs and kernel."""
    channels, in_kernel, filters = shape[-1], kernel[-2], kernel[-1]
    groups = 1 if channels is None else channels // in_kernel
    if channels is not None and (channels % in_kernel or filters % max(groups, 1)):
        raise ArgumentError(
            f"`inputs` have {channels} channels, which a `kernel` of shape {kernel} (*size,"
            " channels // groups, filters) does not fit."
        )
    return groups


def _check_fits(shape, size, dilation, padding):
    """Without padding, the inputs must be as large as a window."""
    if padding == "valid" and any(
        isinstance(n, int) and n < (k - 1) * d + 1 for n, k, d in zip(shape[1:-1], size, dilation)
    ):
        apart = f" (dilation {dilation})" if max(dilation) > 1 else ""
        raise ArgumentError(
            f"`inputs` of shape {shape} (channels last) are smaller than the window"
            f" {tuple(size)}{apart}. Use padding='same', a smaller window, or larger inputs."
        )


def _hashable(sizes):
    return tuple(sizes) if hasattr(sizes, "__iter__") else sizes


def _conv_arguments(inputs, kernel, strides, padding, data_format, dilation_rate):
    """(x, kernel, their shapes, strides, padding, dilation, back), channels last, checked."""
    x, kernel = promoted(floating(inputs), tensor(kernel))
    x, shape, back = _channels_last(x, data_format)
    kernel_shape = tuple(kernel.shape)
    settings = _conv_settings(
        shape, kernel_shape, _hashable(strides), _padding(padding), _hashable(dilation_rate)
    )
    return x, kernel, shape, kernel_shape, *settings, back


@op
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution (cross-correlation) over 1, 2 or 3 spatial axes.

    Args:
        inputs: (batch, *spatial, channels).
        kernel: (*size, channels // groups, filters); groups follow from the shapes.
        strides, padding, data_format, dilation_rate: as at the top of this file.

    Returns:
        (batch, *out, filters).

    Raises:
        ValueError: the kernel's channels do not divide the inputs', or the groups the filters.

    >>> from keraslite import ops
    >>> ops.shape(ops.conv(ops.ones((1, 5, 5, 3)), ops.ones((3, 3, 3, 8)), padding="same"))
    (1, 5, 5, 8)
    """
    return convolved(inputs, kernel, None, strides, padding, data_format, dilation_rate)


def convolved(inputs, kernel, bias, strides, padding, data_format, dilation_rate):
    """`conv`, plus a bias (filters,) of the inputs' dtype or None."""
    x, kernel, shape, kernel_shape, strides, padding, dilation, back = _conv_arguments(
        inputs, kernel, strides, padding, data_format, dilation_rate
    )
    groups = _groups(shape, kernel_shape)
    return back(context.backend.conv(x, kernel, strides, padding, dilation, groups, bias))


@op
def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of each channel by itself.

    `kernel` is (*size, channels, multiplier); the result has channels * multiplier channels.
    """
    x, kernel, shape, kernel_shape, strides, padding, dilation, back = _conv_arguments(
        inputs, kernel, strides, padding, data_format, dilation_rate
    )
    *size, channels, multiplier = kernel_shape
    if shape[-1] not in (None, channels):
        raise ArgumentError(
            f"`inputs` have {shape[-1]} channels, the `kernel` of shape {kernel_shape} (*size,"
            f" channels, multiplier) has {channels}."
        )
    kernel = context.backend.reshape(kernel, (*size, 1, channels * multiplier))
    return back(context.backend.conv(x, kernel, strides, padding, dilation, channels))


@op
def separable_conv(
    inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None,
    dilation_rate=1,
):  # fmt: skip
    """`depthwise_conv`, then a `conv` with a kernel of size 1 that mixes the channels."""
    x = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(x, pointwise_kernel, 1, "valid", data_format)


@op
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Largest element of each window and channel; strides are `pool_size` by default."""
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


@op
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Mean of each window and channel, padding not counted; strides are `pool_size` by default."""
    return _pool("average_pool", floating(inputs), pool_size, strides, padding, data_format)


def _pool(name, inputs, pool_size, strides, padding, data_format):
    x, shape, back = _channels_last(tensor(inputs), data_format)
    settings = _pool_settings(shape, _hashable(pool_size), _hashable(strides), _padding(padding))
    return back(getattr(context.backend, name)(x, *settings))


@lru_cache(maxsize=1024)
def _pool_settings(shape, pool_size, strides, padding):
    """(size, strides, padding) by axis, checked for inputs of this shape."""
    rank = len(shape) - 2
    size = _per_axis(pool_size, rank, "pool_size")
    strides = size if strides is None else _per_axis(strides, rank, "strides")
    _check_fits(shape, size, (1,) * rank, padding)
    return size, strides, padding


# ---- space and depth ----


@op
def depth_to_space(x, block_size, data_format="channels_last"):
    """Channels as blocks of pixels: (N, H, W, b * b * C) -> (N, b * H, b * W, C).

    The channels of a block lie together; with "channels_first", as in PyTorch's pixel shuffle,
    those of a place in the block do.
    """
    x, _, back = _channels_last(tensor(x), data_format)
    backend = context.backend
    batch, height, width, depth = backend.shape(x)
    b = block_size
    if x.shape[-1] % (b * b):
        raise ArgumentError(f"{x.shape[-1]} channels are no multiple of `block_size`**2 = {b * b}.")
    depth = depth // (b * b)
    if data_format == "channels_last":
        x = backend.reshape(x, (-1, height, width, b, b, depth))
        x = backend.transpose(x, (0, 1, 3, 2, 4, 5))
    else:
        x = backend.reshape(x, (-1, height, width, depth, b, b))
        x = backend.transpose(x, (0, 1, 4, 2, 5, 3))
    return back(backend.reshape(x, (batch, height * b, width * b, depth)))


@op
def space_to_depth(x, block_size, data_format="channels_last"):
    """Blocks of pixels as channels, the inverse of `depth_to_space`."""
    x, _, back = _channels_last(tensor(x), data_format)
    backend = context.backend
    batch, height, width, depth = backend.shape(x)
    b = block_size
    for size in x.shape[1:3]:
        if isinstance(size, int) and size % b:
            raise ArgumentError(f"a side of {size} pixels is no multiple of `block_size` {b}.")
    x = backend.reshape(x, (-1, height // b, b, width // b, b, depth))
    order = (0, 1, 3, 2, 4, 5) if data_format == "channels_last" else (0, 1, 3, 5, 2, 4)
    x = backend.transpose(x, order)
    return back(backend.reshape(x, (batch, height // b, width // b, depth * b * b)))
