"""Softmax and cross-entropy by TensorFlow's kernels."""

from keraslite_tensorflow.arrays import raw


class TensorflowNeural:
    def softmax(self, x, axis):
        if axis in (-1, x.shape.rank - 1):
            return raw.Softmax(logits=x)
        return super().softmax(x, axis)  # type: ignore[misc]

    def log_softmax(self, x, axis):
        if axis in (-1, x.shape.rank - 1):
            return raw.LogSoftmax(logits=x)
        return super().log_softmax(x, axis)  # type: ignore[misc]

    def sparse_softmax_cross_entropy(self, logits, labels):
        if labels.dtype.name not in ("int32", "int64"):
            labels = self.cast(labels, "int64")
        shape = self.shape(labels)
        loss, _ = raw.SparseSoftmaxCrossEntropyWithLogits(
            features=self.reshape(logits, (-1, self.shape(logits)[-1])),
            labels=self.reshape(labels, (-1,)),
        )
        return self.reshape(loss, shape)
