"""Running a row of the op table on an engine: all of its cases at once, compiled.

Engines that trace compile each new function and shape, which takes longer than all else here. So
the cases of a row go through `compile_step` together, and Hypothesis draws values for all of them.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance_tests.cases import is_float
from conformance_tests.measure import numpy_dtype


class NoState:
    """The state of a step that has none."""

    get = staticmethod(list)
    set = staticmethod(lambda handles: None)
    version = 0


def parameters(ops, dtypes=None):
    """(op, dtype) for each op and each of its dtypes, or those of them that are in `dtypes`."""
    return [
        pytest.param(op.shortened(dtype), dtype, id=f"{op.id}-{dtype}")
        for op in ops
        for dtype in op.dtypes
        if dtypes is None or dtype in dtypes
    ]


def drive(check, max_examples):
    """Run `check(seed)` on seed 0, then on `max_examples` seeds that Hypothesis draws."""
    check(0)
    if max_examples:
        settings(max_examples=max_examples)(given(st.integers(1, 2**32 - 1))(check))()


def forward(backend, op, method, dtype):
    """A function of the tensors of each case to the results of each case, two lists of lists."""

    def run(inputs):
        pairs = zip(op.cases, inputs, strict=True)
        return [list(op.apply(backend, method, xs, case, dtype)) for case, xs in pairs]

    return run


def gradients(backend, op, method, dtype):
    """A function of tensors and weights to the gradients of sum(result * weight), by case.

    `weights` has a tensor for each result that is differentiated and None for the others;
    gradients are those in the float arguments.
    """

    def run(inputs, weights):
        found = []
        for case, xs, ws in zip(op.cases, inputs, weights, strict=True):
            loss, variables = weighted_loss(backend, op, method, xs, ws, case, dtype)
            found.append(backend.value_and_grad(loss)(variables)[1])
        return found

    return run


def second_order(backend, op, method, dtype):
    """As `gradients`, of the sum of all gradients, each times its direction."""

    def run(inputs, weights, directions):
        found = []
        for case, xs, ws, along in zip(op.cases, inputs, weights, directions, strict=True):
            loss, variables = weighted_loss(backend, op, method, xs, ws, case, dtype)

            def outer(variables, loss=loss, along=along):
                return total(backend, backend.value_and_grad(loss)(variables)[1], along)

            found.append(backend.value_and_grad(outer)(variables)[1])
        return found

    return run


def weighted_loss(backend, op, method, tensors, weights, case, dtype):
    """sum(result * weight) as a function of the float arguments, and these."""
    places = [i for i, t in enumerate(tensors) if backend.dtype(t) == dtype]

    def loss(variables):
        arguments = list(tensors)
        for i, variable in zip(places, variables):
            arguments[i] = variable
        return total(backend, op.apply(backend, method, arguments, case, dtype), weights)

    return loss, [tensors[i] for i in places]


def total(backend, tensors, weights):
    """Sum of all elements, each times its weight; a weight of None leaves a tensor out."""
    sums = [backend.sum(t * w) for t, w in zip(tensors, weights, strict=True) if w is not None]
    return sum(sums[1:], sums[0])


def tensors_of(backend, arrays):
    """Lists of lists of NumPy arrays, or None, as tensors."""
    return [[None if a is None else backend.asarray(a) for a in row] for row in arrays]


def arrays_of(backend, tensors):
    """Lists of lists of tensors as NumPy arrays."""
    return [[backend.to_numpy(t) for t in row] for row in tensors]


def draw_weights(shapes_of, seed, dtype):
    """For each float array an array of numbers from 0.5 to 1.5, half of them negative."""
    rng = np.random.default_rng([seed, 1])

    def draw(array):
        if not is_float(array):
            return None
        values = rng.uniform(0.5, 1.5, array.shape) * rng.choice([-1.0, 1.0], array.shape)
        return np.asarray(values).astype(numpy_dtype(dtype))

    return [[draw(a) for a in row] for row in shapes_of]
