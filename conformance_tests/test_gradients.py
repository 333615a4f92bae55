"""Gradients: the reference against finite differences, each engine against the reference."""

import numpy as np
import pytest

from conformance_tests import ops_table
from conformance_tests.cases import is_float, to_float64
from conformance_tests.measure import largest_error
from conformance_tests.running import (
    NoState,
    arrays_of,
    draw_weights,
    drive,
    gradients,
    parameters,
    second_order,
    tensors_of,
    weighted_loss,
)
from keraslite.backend.context import temporarily
from keraslite.backend.dtypes import FLOATS

DIFFERENTIABLE = [op for op in ops_table.OPS if op.gradient and set(op.dtypes) & set(FLOATS)]
WIDE = ("float32", "float64")
TWICE = [op for op in DIFFERENTIABLE if op.twice]


def widened(rows):
    return [[None if a is None else to_float64(a) for a in row] for row in rows]


def on_reference(reference, kind, op, *nests):
    """What `gradients` or `second_order` gives on the NumPy engine in float64."""
    with temporarily(backend=reference, device=None):
        run = kind(reference, op, op.inherited(reference), "float64")
        found = run(*(tensors_of(reference, widened(n)) for n in nests))
        return arrays_of(reference, found)


def draw_all(op, reference, seed, dtype):
    """Inputs of each case, weights of its results, directions in its float inputs."""
    inputs = op.draw(seed, dtype, smooth=True)
    results = [op.expected(reference, a, c, dtype) for a, c in zip(inputs, op.cases)]
    directions = [[a for a in arrays if is_float(a)] for arrays in inputs]
    return inputs, draw_weights(results, seed, dtype), draw_weights(directions, seed + 1, dtype)


def check_gradients(op, case, found, expected, dtype, direction, scale, backend, bounds, report):
    """Each gradient has its argument's shape and dtype and lies within the op's bound.

    Terms cancel, so what an error is large or small against is the largest of the gradients, and
    of what came in: the arrays in `scale`.
    """
    scale = [*expected, *(a.astype("float64") for a in scale if a is not None)]
    unit, limit = bounds.find(op.name, op.kind, dtype, direction)
    assert len(found) == len(expected)
    for gradient, wanted in zip(found, expected):
        assert tuple(backend.shape(gradient)) == wanted.shape, f"{op.id} {case}: gradient's shape"
        assert backend.dtype(gradient) == dtype, f"{op.id} {case}: gradient's dtype"
        error = largest_error(backend.to_numpy(gradient), wanted, dtype, unit, scale)
        report.check(op.id, dtype, direction, error, (unit, limit), case)


@pytest.mark.parametrize(("op", "dtype"), parameters(DIFFERENTIABLE, FLOATS))
def test_gradient(op, dtype, backend, reference, bounds, report):
    run = gradients(backend, op, getattr(backend, op.name), dtype)
    run = backend.compile_step(run, NoState, "auto")

    def check(seed):
        inputs, weights, _ = draw_all(op, reference, seed, dtype)
        expected = on_reference(reference, gradients, op, inputs, weights)
        found = run(tensors_of(backend, inputs), tensors_of(backend, weights))
        for case, ours, theirs, along in zip(op.cases, found, expected, weights, strict=True):
            check_gradients(
                op, case, ours, theirs, dtype, "gradient", along, backend, bounds, report
            )

    drive(check, max_examples=2 if dtype in WIDE else 0)


@pytest.mark.parametrize("op", [pytest.param(op, id=op.id) for op in TWICE])
def test_second_order(op, backend, reference, bounds, report):
    """The gradient of a function that takes a gradient inside, in float64."""
    nests = draw_all(op, reference, 0, "float64")
    expected = on_reference(reference, second_order, op, *nests)
    run = second_order(backend, op, getattr(backend, op.name), "float64")
    found = backend.compile_step(run, NoState, "auto")(*(tensors_of(backend, n) for n in nests))
    for case, ours, theirs, along in zip(op.cases, found, expected, nests[2], strict=True):
        check_gradients(
            op, case, ours, theirs, "float64", "second order", along, backend, bounds, report
        )


def slope(function, arrays, direction, step=1e-5):
    """Derivative of a scalar function of arrays along a direction, to fourth order in `step`."""

    def at(distance):
        return function([a + distance * d for a, d in zip(arrays, direction)])

    near, far = at(step) - at(-step), at(2 * step) - at(-2 * step)
    return (8 * near - far) / (12 * step)


@pytest.mark.parametrize("op", [pytest.param(op, id=op.id) for op in DIFFERENTIABLE])
def test_reference_gradient_is_the_slope(op, reference):
    inputs, weights, directions = draw_all(op, reference, 0, "float64")
    if op.name == "batch_normalization_train":  # by definition its moments carry no gradient
        weights = [[first, None, None] for first, *_ in weights]
    gradients_found = on_reference(reference, gradients, op, inputs, weights)
    method = op.inherited(reference)
    with temporarily(backend=reference, device=None):
        nests = (tensors_of(reference, n) for n in (inputs, weights, directions))
        for case, xs, ws, along, found in zip(op.cases, *nests, gradients_found, strict=True):
            loss, variables = weighted_loss(reference, op, method, xs, ws, case, "float64")
            expected = float(slope(loss, variables, along))
            parts = [found_one * d for found_one, d in zip(found, along)]
            size = sum(float(np.sum(np.abs(p))) for p in parts)
            error = abs(sum(float(np.sum(p)) for p in parts) - expected)
            assert error <= 1e-8 * size + 1e-8, f"{op.id} {case}"
