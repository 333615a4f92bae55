"""Gradients: the reference against finite differences, each engine against the reference."""

import numpy as np
import pytest

from conformance_tests import ops_table
from conformance_tests.cases import (
    draw_cotangents,
    drive,
    gradients,
    is_float,
    second_order,
    to_float64,
    weighted_loss,
)
from conformance_tests.measure import largest_error
from keraslite.backend.context import temporarily
from keraslite.backend.dtypes import FLOATS

DIFFERENTIABLE = [
    op for op in ops_table.OPS if op.gradient and set(op.dtypes) & set(FLOATS) and op.inputs
]
TWICE = [op for op in DIFFERENTIABLE if op.twice]
WIDE = ("float32", "float64")


def rows(ops, dtypes):
    return [pytest.param(op, d, id=f"{op.id}-{d}") for op in ops for d in dtypes if d in op.dtypes]


def reference_gradients(op, reference, arrays, cotangents, case):
    wide = [to_float64(a) for a in arrays]
    weights = [None if c is None else to_float64(c) for c in cotangents]
    with temporarily(backend=reference, device=None):
        method = op.inherited(reference)
        found = gradients(reference, op, method, wide, weights, case, "float64")
        return [reference.to_numpy(g) for g in found]


def check_gradients(op, case, found, expected, arrays, dtype, direction, backend, bounds, report):
    """Each gradient has its argument's shape and dtype and lies within the op's bound."""
    floats = [a for a in arrays if is_float(a)]
    assert len(found) == len(expected) == len(floats)
    bound = bounds.find(op.name, op.kind, dtype, direction.replace("second order", "gradient"))
    # Terms cancel, so what an error is large or small against is the largest of the gradients.
    for gradient, wanted, array in zip(found, expected, floats):
        assert tuple(backend.shape(gradient)) == array.shape, f"{op.id} {case}: gradient's shape"
        assert backend.dtype(gradient) == dtype, f"{op.id} {case}: gradient's dtype"
        error = largest_error(backend.to_numpy(gradient), wanted, dtype, bound[0], expected)
        report.check(op.id, dtype, direction, error, bound)


@pytest.mark.parametrize(("op", "dtype"), rows(DIFFERENTIABLE, FLOATS))
def test_gradient(op, dtype, backend, reference, bounds, report):
    def check(case, seed):
        arrays = op.draw(case, seed, dtype, smooth=True)
        results = op.expected(reference, arrays, case, dtype)
        weights = draw_cotangents(results, seed, dtype)
        if all(w is None for w in weights):
            return  # comparisons and the like
        expected = reference_gradients(op, reference, arrays, weights, case)
        method = getattr(backend, op.name)
        found = gradients(backend, op, method, arrays, weights, case, dtype)
        check_gradients(
            op, case, found, expected, arrays, dtype, "gradient", backend, bounds, report
        )

    drive(op, check, max_examples=4 if dtype in WIDE else 0)


@pytest.mark.parametrize(("op", "dtype"), rows(TWICE, WIDE))
def test_second_order(op, dtype, backend, reference, bounds, report):
    """The gradient of a function that takes a gradient inside."""

    def check(case, seed):
        arrays = op.draw(case, seed, dtype, smooth=True)
        weights = draw_cotangents(op.expected(reference, arrays, case, dtype), seed, dtype)
        directions = draw_cotangents([a for a in arrays if is_float(a)], seed + 1, dtype)
        wide = [[None if a is None else to_float64(a) for a in g] for g in (weights, directions)]
        with temporarily(backend=reference, device=None):
            method = op.inherited(reference)
            inputs = [to_float64(a) for a in arrays]
            expected = second_order(reference, op, method, inputs, *wide, case, "float64")
            expected = [reference.to_numpy(g) for g in expected]
        method = getattr(backend, op.name)
        found = second_order(backend, op, method, arrays, weights, directions, case, dtype)
        check_gradients(
            op, case, found, expected, arrays, dtype, "second order", backend, bounds, report
        )

    for case in op.cases:
        check(case, 0)


def slope(function, arrays, direction, step=1e-5):
    """Derivative of a scalar function of arrays along a direction, to fourth order in `step`."""

    def at(distance):
        return function([a + distance * d for a, d in zip(arrays, direction)])

    near, far = at(step) - at(-step), at(2 * step) - at(-2 * step)
    return (8 * near - far) / (12 * step)


# Their gradients are defined to leave something out: moments that carry no gradient.
NOT_THE_SLOPE = {"batch_normalization_train", "batch_normalization_train-plain"}


@pytest.mark.parametrize("op", [pytest.param(op, id=op.id) for op in DIFFERENTIABLE])
def test_reference_gradient_is_the_slope(op, reference):
    def check(case, seed):
        arrays = [to_float64(a) for a in op.draw(case, seed, "float64", smooth=True)]
        weights = draw_cotangents(op.expected(reference, arrays, case, "float64"), seed, "float64")
        if op.id in NOT_THE_SLOPE:
            weights[1:] = [None, None]
        if all(w is None for w in weights):
            return
        found = reference_gradients(op, reference, arrays, weights, case)
        direction = draw_cotangents([a for a in arrays if is_float(a)], seed + 1, "float64")
        with temporarily(backend=reference, device=None):
            method = op.inherited(reference)
            loss, floats = weighted_loss(reference, op, method, arrays, weights, case, "float64")
            tensors = [reference.asarray(d) for d in direction]
            expected = float(slope(loss, floats, tensors))
        along = sum(float(np.sum(g * d)) for g, d in zip(found, direction))
        size = sum(float(np.sum(np.abs(g * d))) for g, d in zip(found, direction))
        assert abs(along - expected) <= 1e-8 * size + 1e-8, f"{op.id} {case}"

    drive(op, check, max_examples=0)
