"""NumPy engine, state and gradients. A handle is an ndarray that owns its data."""

import functools

import numpy as np

from keraslite.backend.recording import RecordedStep
from keraslite.backend.state import State
from keraslite_numpy.bfloat16 import tensor
from keraslite_numpy.parallel import with_own_threads
from keraslite_numpy.tape import TAPE, differentiate, quiet, record_joint, strip


class NumpyState(State):
    def make_variable(self, value, trainable):
        return tensor(np.array(strip(value), order="C"))

    def assign(self, handle, value):
        """A copy: the value may be shared, and optimizers write into handles."""
        return tensor(np.array(strip(value), order="C"))

    def value_and_grad(self, fn, has_aux=False):
        def run(inputs, *rest):
            return differentiate(self.engine, fn, has_aux, inputs, rest)

        return run if TAPE.quiet else quiet(run)

    def stop_gradient(self, x):
        return strip(x)

    def custom_gradient(self, fn):
        @functools.wraps(fn)
        def call(*tensors):
            # nested, fn and its vjp run on traced arrays, so that they can be differentiated
            arguments = tensors if TAPE.depth > 1 else tuple(map(strip, tensors))
            value, vjp = fn(*arguments)

            def backward(B, g, need, out, *inputs):
                grads = vjp(g)
                return grads if isinstance(grads, (tuple, list)) else (grads,)

            return record_joint(backward, tensors, tensor(strip(value)))

        return call

    def feed(self, array, owned=False):
        return tensor(array)

    def compile_step(self, step, state, jit):
        return with_own_threads(quiet(RecordedStep(self, step, state, self.engine)))
