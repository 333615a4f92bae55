"""Contract, convolution and pooling over channels-last batches (N, *spatial, C)."""

import math


def output_size(size, kernel, stride, dilation, padding):
    """Length of a convolved or pooled axis; `padding` is "valid" or "same"; None stays None."""
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def same_padding(size, kernel, stride, dilation):
    """(before, after) that "same" adds to an axis, the odd one after (as TensorFlow)."""
    out = -(-size // stride)
    total = (out - 1) * stride + (kernel - 1) * dilation + 1 - size
    total = total * (total > 0) if not isinstance(total, int) else max(total, 0)
    return total // 2, total - total // 2


class Convolution:
    """Convolution as windows times kernel, pooling as windows reduced.

    strides, dilation and pool_size are tuples with an entry for each spatial axis; padding is
    "valid", "same", or a tuple of (before, after) for each spatial axis.
    """

    def spatial_padding(self, x, size, strides, dilation, padding):
        """`padding` as (before, after) pairs for each spatial axis of x."""
        if padding == "valid":
            return ((0, 0),) * len(size)
        if padding == "same":
            spatial = self.shape(x)[1:-1]
            return tuple(map(same_padding, spatial, size, strides, dilation))
        return tuple(padding)

    def _pad_spatial(self, x, widths, value):
        if all(w == (0, 0) for w in widths):
            return x
        return self.pad(x, ((0, 0), *widths, (0, 0)), value)

    def conv(self, x, kernel, strides, padding, dilation, groups, bias=None):
        """Cross-correlation of x (N, *spatial, C) with kernel (*size, C // groups, filters), plus
        a bias (filters,)."""
        if bias is not None:
            return self.conv(x, kernel, strides, padding, dilation, groups) + bias
        *size, channels, filters = self.shape(kernel)
        widths = self.spatial_padding(x, size, strides, dilation, padding)
        patches = self.windows(self._pad_spatial(x, widths, 0), tuple(size), strides, dilation)
        out = self.shape(patches)[: len(size) + 1]
        taps = math.prod(size)
        if groups == 1:
            rows = self.reshape(patches, (-1, taps * channels))
            product = self.matmul(rows, self.reshape(kernel, (taps * channels, filters)))
            return self.reshape(product, (*out, filters))
        rows = self.reshape(patches, (-1, taps, groups, channels))
        kernels = self.reshape(kernel, (taps, channels, groups, filters // groups))
        product = self.einsum("rtgc,tcgf->rgf", rows, kernels)
        return self.reshape(product, (*out, filters))

    def max_pool(self, x, pool_size, strides, padding):
        """Largest element of each window and channel; the gradient goes to its first place."""
        ones = (1,) * len(pool_size)
        widths = self.spatial_padding(x, pool_size, strides, ones, padding)
        patches = self.windows(self._pad_spatial(x, widths, -math.inf), pool_size, strides, ones)
        rank = len(pool_size)
        out, channels = self.shape(patches)[: rank + 1], self.shape(patches)[-1]
        rows = self.reshape(patches, (-1, math.prod(pool_size), channels))
        first = self.argmax(rows, 1, True)
        return self.reshape(self.take_along_axis(rows, first, 1), (*out, channels))

    def average_pool(self, x, pool_size, strides, padding):
        """Mean of each window and channel, over the elements that are not padding."""
        ones = (1,) * len(pool_size)
        widths = self.spatial_padding(x, pool_size, strides, ones, padding)
        axes = tuple(range(len(pool_size) + 1, 2 * len(pool_size) + 1))
        patches = self.windows(self._pad_spatial(x, widths, 0), pool_size, strides, ones)
        if all(w == (0, 0) for w in widths):
            return self.mean(patches, axes)
        inside = self.ones((1, *self.shape(x)[1:-1], 1), self.dtype(x))
        inside = self.windows(self._pad_spatial(inside, widths, 0), pool_size, strides, ones)
        return self.sum(patches, axes) / self.sum(inside, axes)
