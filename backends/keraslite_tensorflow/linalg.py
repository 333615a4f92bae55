"""Decompositions, solvers and Fourier transforms."""

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf


class TensorflowLinalg:
    def solve(self, a, b):
        a, b = self._same_batch(a, b)
        return raw.MatrixSolve(matrix=a, rhs=b)

    def _same_batch(self, a, b):
        """Both with the batch axes that they have together."""
        if a.shape[:-2] == b.shape[:-2] and a.shape[:-2].is_fully_defined():
            return a, b
        batch = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
        return (tf.broadcast_to(t, tf.concat([batch, tf.shape(t)[-2:]], 0)) for t in (a, b))

    def cholesky(self, x):
        return raw.Cholesky(input=x)

    def qr(self, x):
        q, r = tf.linalg.qr(x)
        signs = tf.sign(self.stop_gradient(tf.linalg.diag_part(r)))
        signs = self.where(raw.Equal(x=signs, y=0), 1, signs)
        return q * signs[..., None, :], r * signs[..., :, None]

    def svd(self, x):
        s, u, v = tf.linalg.svd(x)
        return u, s, tf.linalg.matrix_transpose(v)

    def eigh(self, x):
        return tuple(tf.linalg.eigh(x))

    def fft(self, real, imag):
        transformed = tf.signal.fft(tf.complex(real, imag))
        return tf.math.real(transformed), tf.math.imag(transformed)

    # ---- free in the contract ----

    def inv(self, x):
        return raw.MatrixInverse(input=x)

    def solve_triangular(self, a, b, lower):
        return tf.linalg.triangular_solve(a, b, lower=lower)

    def diagonal(self, x):
        return tf.linalg.diag_part(x)
