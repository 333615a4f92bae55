"""Loops and branches: plain Python when eager, TensorFlow's control flow while tracing."""

from keraslite_tensorflow.engine import tf


class TensorflowControl:
    def scan(self, step, carry, xs, length, reverse=False):
        carry, xs = tuple(carry), tuple(xs)
        if length is None:
            length = self.shape(xs[0])[0]
        if tf.executing_eagerly():
            return self._eager_scan(step, carry, xs, length, reverse)
        specs = [
            tf.nest.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), carry),
            tuple(tf.TensorSpec(x.shape[1:], x.dtype) for x in xs),
        ]
        traced = tf.function(step, autograph=False).get_concrete_function(*specs)
        _, outputs = traced.structured_outputs
        arrays = tuple(
            tf.TensorArray(y.dtype, length, element_shape=y.shape, clear_after_read=False)
            for y in outputs
        )
        slices = tuple(
            tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in xs
        )

        def body(i, carry, arrays):
            at = length - 1 - i if reverse else i
            carry, ys = step(carry, tuple(s.read(at) for s in slices))
            return i + 1, tuple(carry), tuple(a.write(at, y) for a, y in zip(arrays, ys))

        _, carry, arrays = tf.while_loop(
            lambda i, *_: i < length, body, (0, carry, arrays), maximum_iterations=length
        )
        return carry, tuple(a.stack() for a in arrays)

    def _eager_scan(self, step, carry, xs, length, reverse):
        columns = [tf.unstack(x, length) for x in xs]
        rows = list(zip(*columns)) if columns else [()] * length
        results = []
        for row in reversed(rows) if reverse else rows:
            carry, ys = step(carry, row)
            results.append(ys)
        if reverse:
            results.reverse()
        return tuple(carry), tuple(tf.stack(ys) for ys in zip(*results))

    def while_loop(self, condition, body, carry, limit=None):
        return tuple(
            tf.while_loop(
                condition, lambda *c: tuple(body(*c)), tuple(carry), maximum_iterations=limit
            )
        )

    def cond(self, predicate, true_fn, false_fn, *operands):
        return tf.cond(
            predicate, lambda: tuple(true_fn(*operands)), lambda: tuple(false_fn(*operands))
        )

    def vectorized_map(self, fn, xs):
        return self.scan(lambda carry, x: (carry, tuple(fn(*x))), (), xs, None)[1]
