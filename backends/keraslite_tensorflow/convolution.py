"""Convolution and pooling by TensorFlow's kernels, channels last."""

from keraslite_tensorflow.arrays import raw


class TensorflowConvolution:
    def conv(self, x, kernel, strides, padding, dilation, groups):
        if groups != 1 or any(d != 1 for d in dilation) or len(strides) > 2:
            return super().conv(x, kernel, strides, padding, dilation, groups)
        if len(strides) == 1:
            x, kernel = raw.ExpandDims(input=x, axis=1), raw.ExpandDims(input=kernel, axis=0)
            strides = (1, *strides)
            if not isinstance(padding, str):
                padding = ((0, 0), *padding)
            return self.squeeze(self.conv(x, kernel, strides, padding, (1, 1), 1), 1)
        explicit = []
        if not isinstance(padding, str):
            explicit = [0, 0, *(n for pair in padding for n in pair), 0, 0]
            padding = "explicit"
        return raw.Conv2D(
            input=x,
            filter=kernel,
            strides=[1, *strides, 1],
            padding=padding.upper(),
            explicit_paddings=explicit,
        )

    def max_pool(self, x, pool_size, strides, padding):
        return self._pool(raw.MaxPool, x, pool_size, strides, padding)

    def average_pool(self, x, pool_size, strides, padding):
        return self._pool(raw.AvgPool, x, pool_size, strides, padding)

    def _pool(self, op, x, pool_size, strides, padding):
        data = "input" if op is raw.MaxPool else "value"
        if len(pool_size) == 1:
            x = raw.ExpandDims(input=x, axis=1)
            pooled = self._pool(op, x, (1, *pool_size), (1, *strides), padding)
            return self.squeeze(pooled, 1)
        return op(
            **{data: x},
            ksize=[1, *pool_size, 1],
            strides=[1, *strides, 1],
            padding=padding.upper(),
        )
