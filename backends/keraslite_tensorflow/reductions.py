"""Reductions and running sums."""

from keraslite_tensorflow.arrays import int_vector, raw


def _axes(x, axis):
    if axis is None:
        return int_vector(tuple(range(x.shape.rank)))
    return int_vector((axis,) if isinstance(axis, int) else tuple(axis))


def _reduction(op):
    def function(self, x, axis=None, keepdims=False):
        return op(input=x, axis=_axes(x, axis), keep_dims=keepdims)

    return function


def _arg_extreme(op):
    def function(self, x, axis, keepdims=False):
        index = op(input=x, dimension=axis, output_type="int32")
        return raw.ExpandDims(input=index, axis=axis) if keepdims else index

    return function


class TensorflowReductions:
    sum = _reduction(raw.Sum)
    prod = _reduction(raw.Prod)
    max = _reduction(raw.Max)
    min = _reduction(raw.Min)
    any = _reduction(raw.Any)
    all = _reduction(raw.All)
    argmax = _arg_extreme(raw.ArgMax)
    argmin = _arg_extreme(raw.ArgMin)

    def cumsum(self, x, axis):
        return raw.Cumsum(x=x, axis=axis)

    def cumprod(self, x, axis):
        size = x.shape[axis]
        if size is None or not x.dtype.is_floating:
            return raw.Cumprod(x=x, axis=axis)
        # Products over 2, 4, 8... elements: the kernel's gradient divides by x, which may be 0.
        widths = [(0, 0)] * x.shape.rank
        span = 1
        while span < size:
            widths[axis] = (span, 0)
            x = x * self.pad(self.slice_axis(x, axis, 0, size - span), widths, 1)
            span *= 2
        return x

    def mean(self, x, axis=None, keepdims=False):
        wide = self._wide(x)
        return self.cast(
            raw.Mean(input=wide, axis=_axes(x, axis), keep_dims=keepdims), x.dtype.name
        )
