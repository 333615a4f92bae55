"""Convolution and pooling on torch; a permutation shows its kernels channels-last memory."""

import math

from torch.nn import functional as F

# By number of spatial axes: channels-last to channels-first, back, and the kernel's axes.
_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_FIRST = {1: (0, 2, 1), 2: (0, 3, 1, 2), 3: (0, 4, 1, 2, 3)}
_LAST = {1: (0, 2, 1), 2: (0, 2, 3, 1), 3: (0, 2, 3, 4, 1)}
_KERNEL = {1: (2, 1, 0), 2: (3, 2, 0, 1), 3: (4, 3, 0, 1, 2)}


class Convolution:
    def conv(self, x, kernel, strides, padding, dilation, groups, bias=None):
        rank = x.ndim - 2
        widths = self.spatial_padding(x, kernel.shape[:rank], strides, dilation, padding)
        symmetric = all(before == after for before, after in widths)
        if not symmetric:
            x, widths = self._pad_spatial(x, widths, 0), ((0, 0),) * rank
        y = _CONV[rank](
            x.permute(_FIRST[rank]),
            kernel.permute(_KERNEL[rank]),
            bias,
            stride=strides,
            padding=tuple(before for before, _ in widths),
            dilation=dilation,
            groups=groups,
        )
        return y.permute(_LAST[rank])

    def max_pool(self, x, pool_size, strides, padding):
        x, native = self._pool_padding(x, pool_size, strides, padding, -math.inf)
        rank = len(pool_size)
        y = _MAX_POOL[rank](x.permute(_FIRST[rank]), pool_size, strides, native)
        return y.permute(_LAST[rank])

    def average_pool(self, x, pool_size, strides, padding):
        rank = len(pool_size)
        if rank == 3 and x.element_size() == 2:  # no kernel for these on the CPU
            return super().average_pool(x, pool_size, strides, padding)

        def pool(x, native):
            pooled = _AVERAGE_POOL[rank](
                x.permute(_FIRST[rank]), pool_size, strides, native, count_include_pad=False
            )
            return pooled.permute(_LAST[rank])

        padded, native = self._pool_padding(x, pool_size, strides, padding, 0)
        y = pool(padded, native)
        if padded is x:
            return y
        inside = x.new_ones((1, *x.shape[1:-1], 1))
        return y / pool(*self._pool_padding(inside, pool_size, strides, padding, 0))

    def _pool_padding(self, x, pool_size, strides, padding, value):
        """x, padded here where torch's pools cannot do it, and the padding left for them."""
        none = (0,) * len(pool_size)
        widths = self.spatial_padding(x, pool_size, strides, (1,) * len(pool_size), padding)
        pairs = zip(widths, pool_size)
        if all(before == after and 2 * before <= size for (before, after), size in pairs):
            return x, tuple(before for before, _ in widths)
        return self._pad_spatial(x, widths, value), none
