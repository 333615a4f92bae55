"""Products of matrices and tensors."""

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf

_NARROW_INTS = ("int8", "uint8", "int16", "uint16", "uint32", "bool")


class TensorflowContractions:
    def matmul(self, x, y):
        if x.dtype.name in _NARROW_INTS:
            return self.cast(self.matmul(*(self.cast(t, "int32") for t in (x, y))), x.dtype.name)
        rank_x, rank_y = x.shape.rank, y.shape.rank
        if rank_x == 2 and rank_y == 2:
            return raw.MatMul(a=x, b=y)
        if rank_x == 1:
            product = self.matmul(raw.ExpandDims(input=x, axis=0), y)
            return self.squeeze(product, -2 if rank_y > 1 else 0)
        if rank_y == 1:
            return self.squeeze(self.matmul(x, raw.ExpandDims(input=y, axis=1)), -1)
        if rank_y == 2:  # one large product, and a gradient without sums over broadcast axes
            *rows, size = self.shape(x)
            product = raw.MatMul(a=self.reshape(x, (-1, size)), b=y)
            return self.reshape(product, (*rows, self.shape(y)[1]))
        return raw.BatchMatMulV2(x=x, y=y)

    def einsum(self, subscripts, *operands):
        subscripts = subscripts.replace(" ", "")
        if len(operands) <= 2:
            return raw.Einsum(inputs=list(operands), equation=subscripts)
        return tf.einsum(subscripts, *operands)

    def dense(self, x, kernel, bias):
        y = self.matmul(x, kernel)
        if bias is None:
            return y
        return raw.BiasAdd(value=y, bias=bias) if y.shape.rank > 1 else y + bias
