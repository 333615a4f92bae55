"""Products of matrices and tensors."""

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf


def _with_kernel(*operands):
    """Operands in a dtype that products have kernels for: integers as int64, which wraps alike."""
    if operands[0].dtype.is_floating or operands[0].dtype.is_complex:
        return operands
    return [tf.cast(t, "int64") for t in operands]


class TensorflowContractions:
    def matmul(self, x, y):
        dtype = x.dtype.name
        x, y = _with_kernel(x, y)
        return self.cast(self._matmul(x, y), dtype)

    def _matmul(self, x, y):
        rank_x, rank_y = x.shape.rank, y.shape.rank
        if rank_x == 2 and rank_y == 2:
            return raw.MatMul(a=x, b=y)
        if rank_x == 1:
            product = self._matmul(raw.ExpandDims(input=x, axis=0), y)
            return self.squeeze(product, -2 if rank_y > 1 else 0)
        if rank_y == 1:
            return self.squeeze(self._matmul(x, raw.ExpandDims(input=y, axis=1)), -1)
        if rank_y == 2:  # one large product, and a gradient without sums over broadcast axes
            *rows, size = self.shape(x)
            product = raw.MatMul(a=self.reshape(x, (-1, size)), b=y)
            return self.reshape(product, (*rows, self.shape(y)[1]))
        return raw.BatchMatMulV2(x=x, y=y)

    def einsum(self, subscripts, *operands):
        subscripts = subscripts.replace(" ", "")
        dtype = operands[0].dtype.name
        operands = _with_kernel(*operands)
        if len(operands) > 2:
            return self.cast(tf.einsum(subscripts, *operands), dtype)
        return self.cast(raw.Einsum(inputs=list(operands), equation=subscripts), dtype)

    def dense(self, x, kernel, bias):
        rank = x.shape.rank
        if rank == 2 and x.dtype.is_floating:  # the usual case: a tensor's shape takes 3 us to read
            y = raw.MatMul(a=x, b=kernel)
        else:
            y = self.matmul(x, kernel)
        if bias is None:
            return y
        return raw.BiasAdd(value=y, bias=bias) if rank > 1 else y + bias
