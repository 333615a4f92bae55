"""Convolution and pooling.

On a CPU, XLA's gradient of a maximum pool (select and scatter) is slow, and its gradient of a
convolution with respect to the kernel runs on one thread. Measured on two cores, a training step
of the MNIST CNN (batch 128): 70 ms with XLA's gradients, 29 ms with the pool's masks below, 19 ms
where convolutions that are differentiated are windows times kernel too.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from keraslite.backend.convolution import Convolution as Reference
from keraslite_jax.arrays import platform

_SPATIAL = "XYZ"
_LARGEST = 2**25  # elements of windows: with more of them XLA's own gradient is as fast


def _windows_pay(x, kernel, strides):
    """True where windows times kernel have the faster gradient, on a CPU.

    Measured, in ms, windows and XLA: 28 x 28 x 1 to 32: 0.7, 2.9; 13 x 13 x 32 to 64: 10, 16;
    8 x 8 x 64 to 64: 2.4, 2.9; 32 x 32 x 16 to 32 by strides: 1.6, 2.4. But 32 x 32 x 16 to 16:
    6.7, 3.4; 16 x 16 x 32 to 32: 4.0, 3.2.
    """
    *size, channels, filters = kernel.shape
    windows = x.size * math.prod(size) // math.prod(strides)
    wide = filters >= 64 or channels == 1 or any(s > 1 for s in strides)
    return wide and windows <= _LARGEST


def _xla_conv(x, kernel, backend, strides, padding, dilation, groups):
    spatial = _SPATIAL[: x.ndim - 2]
    layouts = f"N{spatial}C", f"{spatial}IO", f"N{spatial}C"
    return lax.conv_general_dilated(
        x, kernel, strides, padding, None, dilation, layouts, feature_group_count=groups
    )


_conv = jax.custom_jvp(_xla_conv, nondiff_argnums=(2, 3, 4, 5, 6))


@_conv.defjvp
def _conv_jvp(backend, strides, padding, dilation, groups, primals, tangents):
    def windows_times_kernel(x, kernel):
        return Reference.conv(backend, x, kernel, strides, padding, dilation, groups)

    return jax.jvp(windows_times_kernel, primals, tangents)


def _first_maximum(windows, axes):
    """Maximum over the window axes, and which tap holds it first (the first NaN counts)."""
    taps = [windows[(..., *tap, slice(None))] for tap in np.ndindex(*axes)]
    best, place = taps[0], jnp.zeros(taps[0].shape, jnp.int32)
    for i, tap in enumerate(taps[1:], 1):
        better = (tap > best) | ((tap != tap) & (best == best))
        best, place = jnp.where(better, tap, best), jnp.where(better, i, place)
    return best, place


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _max_pool(x, backend, size, strides):
    steps = (1, *strides, 1)
    return lax.reduce_window(x, _lowest(x.dtype), lax.max, (1, *size, 1), steps, "valid")


def _lowest(dtype):
    return -math.inf if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype).min


@_max_pool.defjvp
def _max_pool_jvp(backend, size, strides, primals, tangents):
    ones = (1,) * len(size)
    best, place = _first_maximum(backend.windows(*primals, size, strides, ones), size)
    taps = jnp.arange(math.prod(size), dtype=jnp.int32).reshape(*size, 1)
    chosen = jnp.expand_dims(place, tuple(range(-1 - len(size), -1))) == taps
    moved = jnp.where(chosen, backend.windows(*tangents, size, strides, ones), 0)
    return best, jnp.sum(moved, tuple(range(-1 - len(size), -1)))


@functools.partial(jax.jit, static_argnums=(3, 4, 5, 6, 7, 8), inline=True)
def _conv_and_bias(x, kernel, bias, conv, backend, strides, widths, dilation, groups):
    y = conv(x, kernel, backend, strides, widths, dilation, groups)
    return y if bias is None else y + bias


@functools.partial(jax.jit, static_argnums=(1, 2, 3, 4), inline=True)
def _padded_max_pool(x, backend, size, strides, padding):
    widths = backend.spatial_padding(x, size, strides, (1,) * len(size), padding)
    return _max_pool(backend._pad_spatial(x, widths, -math.inf), backend, size, strides)


class Convolution:
    """Compiled for eager use: op by op, JAX would take 0.3 ms a layer."""

    def conv(self, x, kernel, strides, padding, dilation, groups, bias=None):
        widths = self.spatial_padding(x, kernel.shape[:-2], strides, dilation, padding)
        conv = _conv if platform() == "cpu" and _windows_pay(x, kernel, strides) else _xla_conv
        settings = tuple(strides), tuple(widths), tuple(dilation), groups
        return _conv_and_bias(x, kernel, bias, conv, self, *settings)

    def max_pool(self, x, pool_size, strides, padding):
        return _padded_max_pool(x, self, tuple(pool_size), tuple(strides), padding)
