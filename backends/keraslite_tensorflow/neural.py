"""Softmax, cross-entropy and batch normalization by TensorFlow's kernels."""

from keraslite_tensorflow.arrays import raw, scalar
from keraslite_tensorflow.engine import tf


class TensorflowNeural:
    def softmax(self, x, axis):
        if axis in (-1, x.shape.rank - 1):
            return raw.Softmax(logits=x)
        return super().softmax(x, axis)

    def log_softmax(self, x, axis):
        if axis in (-1, x.shape.rank - 1):
            return raw.LogSoftmax(logits=x)
        return super().log_softmax(x, axis)

    def sparse_softmax_cross_entropy(self, logits, labels):
        if labels.dtype.name not in ("int32", "int64"):
            labels = self.cast(labels, "int64")
        shape = self.shape(labels)
        loss, _ = raw.SparseSoftmaxCrossEntropyWithLogits(
            features=self.reshape(logits, (-1, self.shape(logits)[-1])),
            labels=self.reshape(labels, (-1,)),
        )
        return self.reshape(loss, shape)

    def batch_normalization_train(self, x, axis, offset, scale, epsilon):
        last = axis in (-1, x.shape.rank - 1)
        if not last or x.dtype != tf.float32 or epsilon < 1.001e-5:  # cuDNN takes no less
            return super().batch_normalization_train(x, axis, offset, scale, epsilon)
        channels = self.shape(x)[-1:]
        y, mean, variance, *_ = raw.FusedBatchNormV3(
            x=self.reshape(x, (-1, 1, 1, *channels)),
            scale=self.ones(channels, "float32") if scale is None else scale,
            offset=self.zeros(channels, "float32") if offset is None else offset,
            mean=self.zeros((0,), "float32"),
            variance=self.zeros((0,), "float32"),
            epsilon=epsilon,
            is_training=True,
        )
        rows = scalar(self.reduced_size(x, tuple(range(x.shape.rank - 1))), "float32")
        variance = variance * ((rows - 1) / rows)  # the kernel's is that of a sample
        mean, variance = self.stop_gradient(mean), self.stop_gradient(variance)
        return self.reshape(y, self.shape(x)), mean, variance
