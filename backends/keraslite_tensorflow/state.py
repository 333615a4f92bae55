"""Variables, gradients by `tf.GradientTape`, steps and shape inference by `tf.function`."""

import itertools

import optree

from keraslite.backend.context import context
from keraslite.backend.nests import signature
from keraslite.backend.patience import patient
from keraslite_tensorflow.arrays import device_scope, raw
from keraslite_tensorflow.engine import tf


def _traces(function):
    """args -> the trace of a tf.function for them, by a key of our own: it takes 0.1 ms itself."""
    concrete, keys = {}, set()

    def find(*args):
        _, key = signature(args)
        place = (context.device, key)
        if place not in concrete:
            concrete[place] = function.get_concrete_function(*args)
            keys.add(key)
        return concrete[place]

    find.keys = keys
    return find


class TensorflowState:
    def make_variable(self, value, trainable):
        with tf.init_scope(), device_scope():
            return tf.Variable(value, trainable=trainable)

    def read(self, handle):
        return handle.value() if isinstance(handle, tf.Variable) else handle

    def assign(self, handle, value):
        if not isinstance(handle, tf.Variable):
            return value
        handle.assign(value, read_value=False)
        return handle

    def value_and_grad(self, fn, has_aux=False):
        def differentiated(inputs, *rest):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                # Copies, so that an input that occurs twice, or in fn's closure, counts once.
                inputs = [raw.Identity(input=x) for x in inputs]
                tape.watch(inputs)
                result = fn(inputs, *rest)
            value = result[0] if has_aux else result
            zero = tf.UnconnectedGradients.ZERO
            gradients = tape.gradient(value, inputs, unconnected_gradients=zero)
            return result, [self._dense(g, x) for g, x in zip(gradients, inputs)]

        return differentiated

    def _dense(self, gradient, x):
        """The gradient of a gather comes as indices and rows."""
        if not isinstance(gradient, tf.IndexedSlices):
            return gradient
        return raw.UnsortedSegmentSum(
            data=gradient.values, segment_ids=gradient.indices, num_segments=self.shape(x)[0]
        )

    def stop_gradient(self, x):
        return raw.StopGradient(input=x)

    def custom_gradient(self, fn):
        @tf.custom_gradient
        def with_gradient(*tensors):
            value, vjp = fn(*tensors)

            def gradient(upstream, variables=()):  # those that fn reads count as constants
                gradients = vjp(upstream)
                return (gradients, [None] * len(variables)) if variables else gradients

            return value, gradient

        return with_gradient

    def compile_step(self, step, state, jit):
        """`tf.function`; with jit=True through XLA.

        The second batch size that occurs makes the batch dimension unknown, so that there are two
        traces at most. Handles are captured, and nothing is assigned while tracing: a trace that
        fails changes no variable.
        """
        function = tf.function(
            step, autograph=False, reduce_retracing=True, jit_compile=True if jit is True else None
        )

        find = _traces(function)

        def run(*args):
            with device_scope():
                return find(*args)(*args)

        run.keys = find.keys
        return run

    steps_per_call = 64

    def compile_loop(self, step, state, jit, single=None):
        """`tf.while_loop` over the batches; steps that return something are called one by one."""
        single = single or self.compile_step(step, state, jit)
        returned = None

        def loop(count, batches):
            leaves, structure = optree.tree_flatten(batches)

            def body(i):
                nonlocal returned
                returned = step(structure.unflatten([tf.gather(x, i) for x in leaves]))
                return [i + 1]

            tf.while_loop(lambda i: i < count, body, [tf.constant(0)], parallel_iterations=1)

        find = _traces(tf.function(loop, autograph=False, jit_compile=jit is True or None))

        def singly(batches, count):
            leaves, structure = optree.tree_flatten(batches)
            columns = [tf.unstack(x) for x in leaves]  # slices of an eager tensor take 0.2 ms each
            result = None
            for batch in itertools.islice(zip(*columns), count):
                result = single(structure.unflatten(batch))
            return result

        def run(batches, count):
            args = tf.constant(count), batches
            with device_scope():
                trace = find(*args)
                return trace(*args) if returned is None else singly(batches, count)

        return patient(run, singly, single.keys)

    def abstract_eval(self, fn, specs):
        specs = [tf.TensorSpec(shape, dtype) for shape, dtype in specs]
        traced = tf.function(fn, autograph=False).get_concrete_function(*specs)
        return tf.nest.map_structure(
            lambda t: (tuple(t.shape), t.dtype.name), traced.structured_outputs
        )

    def seed(self, seed):
        tf.random.set_seed(seed)
