"""LSTM with a backward loop of its own, for traced steps; the rest is inherited.

Derived by TensorFlow, the loop's gradient would take a product for the recurrent kernel in every
step, and keep every intermediate of the forward loop. Here that product is one for all steps, and
only the gates and cells are kept: a quarter less time for 100 steps of 32 x 100.
"""

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf


class TensorflowRecurrent:
    def lstm(
        self, x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation,
    ):  # fmt: skip
        usual = mask is None and (activation, recurrent_activation) == ("tanh", "sigmoid")
        if not usual or tf.executing_eagerly():
            return super().lstm(
                x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
                activation, recurrent_activation,
            )  # fmt: skip
        projected = self.dense(self.swapaxes(x, 0, 1), kernel, bias)
        if reverse:
            projected = self.flip(projected, 0)
        outputs, h, c = tuple(_lstm_loop(projected, h, c, recurrent_kernel))
        return self.swapaxes(outputs, 0, 1), h, h, c


def _loop(body, start, carry, steps, step=1):
    """`carry = body(i, *carry)` for so many steps, i from start."""
    return tf.while_loop(
        lambda count, *_: count < steps,
        lambda count, i, *carry: (count + 1, i + step, *body(i, *carry)),
        (0, start, *carry),
        maximum_iterations=steps,
    )[2:]


@tf.custom_gradient
def _lstm_loop(projected, h, c, kernel):
    """(outputs, last h, last c) from input projections (T, N, 4 * units), gates i, f, c, o."""
    steps = projected.shape[0] or tf.shape(projected)[0]
    batch, width = projected.shape[1:]
    units = width // 4

    def rows(size):
        return tf.TensorArray(projected.dtype, steps, element_shape=(batch, size))

    def forward(t, h, c, hs, cs, gates):
        i, f, g, o = tf.split(tf.gather(projected, t) + raw.MatMul(a=h, b=kernel), 4, -1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * c + i * g
        h = o * tf.tanh(c)
        return h, c, hs.write(t, h), cs.write(t, c), gates.write(t, tf.concat([i, f, g, o], -1))

    arrays = (rows(units), rows(units), rows(width))
    last_h, last_c, *arrays = _loop(forward, 0, (h, c, *arrays), steps)
    hs, cs, gates = (array.stack() for array in arrays)

    def vjp(d_hs, d_last_h, d_last_c):
        earlier_hs = tf.concat([h[None], hs[:-1]], 0)
        earlier_cs = tf.concat([c[None], cs[:-1]], 0)
        transposed = tf.transpose(kernel)

        def backward(t, dh, dc, d_gates):
            i, f, g, o = tf.split(tf.gather(gates, t), 4, -1)
            tanh_c = tf.tanh(tf.gather(cs, t))
            dh = dh + tf.gather(d_hs, t)
            dc = dc + dh * o * (1 - tanh_c * tanh_c)
            d_i = dc * g * i * (1 - i)
            d_f = dc * tf.gather(earlier_cs, t) * f * (1 - f)
            d_g = dc * i * (1 - g * g)
            d_o = dh * tanh_c * o * (1 - o)
            d_gate = tf.concat([d_i, d_f, d_g, d_o], -1)
            return raw.MatMul(a=d_gate, b=transposed), dc * f, d_gates.write(t, d_gate)

        carry = (d_last_h, d_last_c, rows(width))
        d_h, d_c, d_gates = _loop(backward, steps - 1, carry, steps, step=-1)
        d_projected = d_gates.stack()
        d_kernel = raw.MatMul(
            a=tf.reshape(earlier_hs, (-1, units)),
            b=tf.reshape(d_projected, (-1, width)),
            transpose_a=True,
        )
        return d_projected, d_h, d_c, d_kernel

    return (hs, last_h, last_c), vjp
