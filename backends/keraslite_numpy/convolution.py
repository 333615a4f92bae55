"""NumPy engine, convolution and pooling: patches gathered a few images at a time, then a product.

Each group of images is gathered into one buffer small enough to stay in the cache. Fused forward
and backward passes serve first-order gradients; gradients of gradients go through the base class.
"""

import math

import numpy as np

from keraslite.backend.convolution import Convolution
from keraslite_numpy.bfloat16 import is_half
from keraslite_numpy.elementwise import relu_vjp
from keraslite_numpy.movement import tap_slices, window_view
from keraslite_numpy.parallel import in_blocks, split
from keraslite_numpy.tape import argument_of, is_nested, record_joint, strip

_BUFFER = 1 << 18  # elements gathered at a time
_POOL = 1 << 20  # elements of images and their gradients that a pool works on at a time
_SHARE = 1 << 15  # elements of a tap's share of the input's gradient
_WHOLE = (np.float32, np.float64)
_LONG_RUN = 16  # elements: where patches are shorter than this in memory, gather them by tap


def _patch_buffer(count, out, size, channels, dtype):
    """Room for the patches of `count` images: as (count, *out, *size, channels) and as matrix.

    With few channels the matrix is column-major: copies then run along a row of the image.
    """
    rank, taps = len(size), math.prod(size) * channels
    if size[-1] * channels >= _LONG_RUN:
        patches = np.empty((count, *out, *size, channels), dtype)
        return patches, patches.reshape(-1, taps)
    buffer = np.empty((*size, channels, count, *out), dtype)
    order = (*range(rank + 1, 2 * rank + 2), *range(rank + 1))
    return buffer.transpose(order), buffer.reshape(taps, -1).T


class _Patches:
    """The patches of a padded batch, in groups of images."""

    def __init__(self, x, size, strides, dilation):
        self.view = window_view(x, size, strides, dilation)
        self.size, self.strides, self.dilation = size, strides, dilation
        self.out = self.view.shape[1 : len(size) + 1]
        self.dtype, self.channels = x.dtype, x.shape[-1]
        each = max(math.prod(self.view.shape[1:]), 1)
        self.step = max(1, min(len(x), _BUFFER // each))

    def groups(self, images):
        """(images, matrix of their patches) for each group of a slice; the buffer is reused."""
        patches = matrix = None
        for start in range(images.start, images.stop, self.step):
            group = slice(start, min(start + self.step, images.stop))
            count = group.stop - start
            if patches is None or len(patches) != count:
                patches, matrix = _patch_buffer(
                    count, self.out, self.size, self.channels, self.dtype
                )
            np.copyto(patches, self.view[group])
            yield group, matrix


def _conv(patches, kernel, bias):
    filters = kernel.shape[-1]
    y = np.empty((len(patches.view), *patches.out, filters), kernel.dtype)
    matrix = kernel.reshape(-1, filters)

    def part(images):
        for group, rows in patches.groups(images):
            out = y[group].reshape(-1, filters)
            np.matmul(rows, matrix, out=out)
            if bias is not None:
                out += bias

    split(part, len(y), patches.view.size)
    return y


def _conv_backward(patches, padded_shape, kernel, g, need):
    """Gradients of the padded input, the kernel and the bias."""
    filters = kernel.shape[-1]
    g = np.ascontiguousarray(g)
    dx = np.zeros(padded_shape, g.dtype) if need[0] else None

    def part(images):
        if dx is not None:
            _input_gradient(dx, patches, kernel, g, images)
        d_kernel = np.zeros((kernel.size // filters, filters), kernel.dtype)
        d_bias = np.zeros(filters, kernel.dtype)
        for group, rows in patches.groups(images) if need[1] else ():
            d_kernel += rows.T @ g[group].reshape(-1, filters)
        if need[2:] == [True]:
            upstream = g[images].reshape(-1, filters)
            d_bias += np.ones(len(upstream), upstream.dtype) @ upstream
        return d_kernel, d_bias

    (d_kernel, d_bias), *others = split(part, len(g), patches.view.size)
    for more_kernel, more_bias in others:
        d_kernel += more_kernel
        d_bias += more_bias
    return dx, d_kernel.reshape(kernel.shape), d_bias


def _input_gradient(dx, patches, kernel, g, images):
    """Add the gradient of some padded images to dx, tap by tap: each tap's share then is one
    block of memory that fits the cache, half the time of all taps' shares together."""
    *_, channels, filters = kernel.shape
    taps = tap_slices(patches.size, patches.out, patches.strides, patches.dilation)
    taps = [(np.ascontiguousarray(kernel[tap].T), (slice(None), *places)) for tap, places in taps]
    step = max(1, _SHARE // (math.prod(patches.out) * max(channels, filters)))
    share = np.empty((step, *patches.out, channels), g.dtype)
    for start in range(images.start, images.stop, step):
        group = slice(start, min(start + step, images.stop))
        upstream, target = g[group].reshape(-1, filters), dx[group]
        here = share[: len(target)]
        for matrix, places in taps:
            np.matmul(upstream, matrix, out=here.reshape(-1, channels))
            target[places] += here


def _spread_to_first(dx, x, y, g, taps, overlap):
    """Add g to dx at the first element of each window that equals the window's maximum y."""
    free = np.ones(y.shape, bool)  # windows whose first maximum has not been found
    hit = np.empty(y.shape, bool)
    for tap in taps:
        np.equal(x[tap], y, out=hit)
        hit &= free
        free ^= hit
        if overlap:
            dx[tap] += g * hit
        else:
            np.multiply(g, hit, out=dx[tap])


def _unpad(x, widths):
    return x[(slice(None), *(slice(a, n - b) for n, (a, b) in zip(x.shape[1:], widths)))]


class NumpyConvolution(Convolution):
    def conv(self, x, kernel, strides, padding, dilation, groups, bias=None):
        *size, channels, filters = kernel.shape
        size = tuple(size)
        widths = self.spatial_padding(x, size, strides, dilation, padding)
        ones = (1,) * len(size)
        padded = any(w != (0, 0) for w in widths)
        if groups == 1 and size == ones == tuple(strides) and not padded:
            return self.dense(x, self.reshape(kernel, (channels, filters)), bias)
        if groups != 1 or is_nested(x, kernel, bias):
            return super().conv(x, kernel, strides, padding, dilation, groups, bias)
        if is_half(x):
            args = (self.cast(x, "float32"), self.cast(kernel, "float32"))
            y = self.cast(self.conv(*args, strides, padding, dilation, groups), self.dtype(x))
            return y if bias is None else y + bias
        raw = self._pad_spatial(strip(x), widths, 0)
        patches = _Patches(raw, size, strides, dilation)

        def backward(B, g, need, out, x, kernel, *bias):
            dx, *others = _conv_backward(patches, raw.shape, kernel, g, need)
            dx = _unpad(dx, widths) if need[0] and padded else dx
            return (dx, *others)[: len(need)]

        args = (x, kernel) if bias is None else (x, kernel, bias)
        return record_joint(backward, args, _conv(patches, strip(kernel), strip(bias)))

    def _pool_places(self, x, pool_size, strides, padding):
        """Padding widths, and where each tap reads the padded input."""
        ones = (1,) * len(pool_size)
        widths = self.spatial_padding(x, pool_size, strides, ones, padding)
        spatial = [n + a + b for n, (a, b) in zip(x.shape[1:-1], widths)]
        out = tuple((n - k) // s + 1 for n, k, s in zip(spatial, pool_size, strides))
        taps = tap_slices(pool_size, out, strides, ones)
        return widths, [(slice(None), *places) for _, places in taps]

    def max_pool(self, x, pool_size, strides, padding):
        if is_nested(x):
            return super().max_pool(x, pool_size, strides, padding)
        widths, taps = self._pool_places(x, pool_size, strides, padding)
        raw = self._pad_spatial(strip(x), widths, -math.inf)
        y = np.empty_like(raw, shape=raw[taps[0]].shape)
        overlap = any(k > s for k, s in zip(pool_size, strides))

        step = max(1, _POOL // max(1, math.prod(y.shape[1:]) * 8))  # images

        def forward(part):
            np.copyto(y[part], raw[part][taps[0]])
            for tap in taps[1:]:
                np.maximum(y[part], raw[part][tap], out=y[part])

        # the gradient of relu and pool together is zero where the maximum is: relu's is not needed
        rectified = argument_of(relu_vjp, x) if raw is strip(x) and raw.dtype in _WHOLE else None

        def backward(B, g, need, y, x):
            dx = np.zeros_like(raw)
            wanted = y if rectified is None else np.maximum(y, np.finfo(y.dtype).tiny)

            def spread(part):
                _spread_to_first(dx[part], raw[part], wanted[part], g[part], taps, overlap)

            in_blocks(spread, len(y), step, 4 * raw.size)
            return (_unpad(dx, widths),)

        in_blocks(forward, len(y), step, raw.size)
        return record_joint(backward, (x if rectified is None else rectified,), y)

    def average_pool(self, x, pool_size, strides, padding):
        if is_half(x) or is_nested(x):
            return super().average_pool(x, pool_size, strides, padding)
        widths, taps = self._pool_places(x, pool_size, strides, padding)
        raw = self._pad_spatial(strip(x), widths, 0)
        if raw is strip(x):
            counts = math.prod(pool_size)
        else:
            inside = self._pad_spatial(np.ones((1, *x.shape[1:-1], 1), raw.dtype), widths, 0)
            counts = sum(inside[tap] for tap in taps)
        y = raw[taps[0]].copy()
        for tap in taps[1:]:
            y += raw[tap]
        y /= counts

        def backward(B, g, need, y, x):
            dx = np.zeros_like(raw)
            share = g / counts
            for tap in taps:
                dx[tap] += share
            return (_unpad(dx, widths),)

        return record_joint(backward, (x,), y)
