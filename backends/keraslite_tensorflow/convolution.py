"""Convolution and pooling by TensorFlow's kernels, which are for channels last.

What has no kernel with gradients on every device (groups, pooling of volumes) is inherited.
"""

import math

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf


def _padding(padding):
    """The kernels' two arguments for "same", "valid" or (before, after) pairs."""
    if isinstance(padding, str):
        return {"padding": padding.upper()}
    flat = [0, 0, *(n for pair in padding for n in pair), 0, 0]
    return {"padding": "EXPLICIT", "explicit_paddings": flat}


class TensorflowConvolution:
    def conv(self, x, kernel, strides, padding, dilation, groups, bias=None):
        if bias is not None:
            y = self.conv(x, kernel, strides, padding, dilation, groups)
            return raw.BiasAdd(value=y, bias=bias)
        rank = len(strides)
        depthwise = groups > 1 and kernel.shape[-2] == 1 and rank == 2 and strides[0] == strides[1]
        dilated = any(d != 1 for d in dilation)
        strided = any(s != 1 for s in strides)
        if (groups > 1 and not depthwise) or (dilated and (depthwise or strided)):
            return super().conv(x, kernel, strides, padding, dilation, groups)
        if rank == 1:  # as an image one row high
            x, kernel = raw.ExpandDims(input=x, axis=1), raw.ExpandDims(input=kernel, axis=0)
            padding = padding if isinstance(padding, str) else ((0, 0), *padding)
            return self.squeeze(
                self.conv(x, kernel, (1, *strides), padding, (1, *dilation), groups), 1
            )
        if not isinstance(padding, str) and (dilated or rank == 3):
            x, padding = self._pad_spatial(x, padding, 0), "valid"
        if dilated:
            edges = "SAME" if padding == "same" else "VALID"
            return tf.nn.convolution(x, kernel, strides, edges, dilations=dilation)
        steps = [1, *strides, 1]
        if depthwise:
            height, width, _, filters = kernel.shape
            kernel = self.reshape(kernel, (height, width, groups, filters // groups))
            return raw.DepthwiseConv2dNative(
                input=x, filter=kernel, strides=steps, **_padding(padding)
            )
        op = raw.Conv2D if rank == 2 else raw.Conv3D
        return op(input=x, filter=kernel, strides=steps, **_padding(padding))

    def max_pool(self, x, pool_size, strides, padding):
        if len(pool_size) > 2:
            return super().max_pool(x, pool_size, strides, padding)
        if len(pool_size) == 1:
            return self._pool_line(self.max_pool, x, pool_size, strides, padding)
        if not isinstance(padding, str):
            x, padding = self._pad_spatial(x, padding, -math.inf), "valid"
        return raw.MaxPool(
            input=x, ksize=[1, *pool_size, 1], strides=[1, *strides, 1], padding=padding.upper()
        )

    def average_pool(self, x, pool_size, strides, padding):
        if len(pool_size) > 2 or not isinstance(padding, str):
            return super().average_pool(x, pool_size, strides, padding)
        if len(pool_size) == 1:
            return self._pool_line(self.average_pool, x, pool_size, strides, padding)
        return raw.AvgPool(
            value=x, ksize=[1, *pool_size, 1], strides=[1, *strides, 1], padding=padding.upper()
        )

    def _pool_line(self, pool, x, pool_size, strides, padding):
        """Pooling along one axis, as an image one row high."""
        padding = padding if isinstance(padding, str) else ((0, 0), *padding)
        image = raw.ExpandDims(input=x, axis=1)
        return self.squeeze(pool(image, (1, *pool_size), (1, *strides), padding), 1)
