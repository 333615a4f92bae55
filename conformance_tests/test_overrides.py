"""Each composite that an engine overrides, against the one that it would have inherited."""

import numpy as np

from conformance_tests import ops_table
from conformance_tests.cases import is_float
from conformance_tests.conftest import BACKEND
from conformance_tests.measure import largest_error
from conformance_tests.running import (
    NoState,
    draw_weights,
    drive,
    forward,
    gradients,
    parameters,
    tensors_of,
)
from keraslite.backend import Backend
from keraslite.backend.base import COMPOSITES
from keraslite.backend.dtypes import ALLOWED

WIDE = ("float32", "float64")


def overridden(engine):
    """Names of the composites for which an engine's class has a method of its own."""
    return {n for n in COMPOSITES if getattr(engine, n) is not getattr(Backend, n)}


def pytest_generate_tests(metafunc):
    if "op" in metafunc.fixturenames:
        names = overridden(type(metafunc.config.stash[BACKEND]))
        rows = [op for op in ops_table.OPS if op.name in names]
        dtypes = set(ALLOWED) - {"float16", "bfloat16"}
        metafunc.parametrize(("op", "dtype"), parameters(rows, dtypes))


def check_difference(op, found, expected, dtype, direction, scale, backend, bounds, report):
    """Both lie within the bound of the truth, so they lie within twice the bound of each other."""
    for ours, theirs in zip(found, expected, strict=True):
        wanted = backend.to_numpy(theirs)
        assert tuple(backend.shape(ours)) == wanted.shape
        assert backend.dtype(ours) == wanted.dtype.name
        if is_float(wanted):
            unit, limit = bounds.find(op.name, op.kind, dtype, direction)
            wanted = wanted.astype("float64")
            error = largest_error(backend.to_numpy(ours), wanted, dtype, unit, scale)
            report.check(op.id, dtype, f"override {direction}", error, (unit, 2 * limit))
        else:
            np.testing.assert_array_equal(backend.to_numpy(ours), wanted)


def test_override(op, dtype, backend, reference, bounds, report):
    own, inherited = getattr(backend, op.name), op.inherited(backend)
    differentiable = op.gradient and dtype in WIDE

    def both(inputs, weights):
        results = [forward(backend, op, m, dtype)(inputs) for m in (own, inherited)]
        if not differentiable:
            return results, ([], [])
        return results, [
            gradients(backend, op, m, dtype)(inputs, weights) for m in (own, inherited)
        ]

    run = backend.compile_step(both, NoState, "auto")

    def check(seed):
        inputs = op.draw(seed, dtype, smooth=True)
        shapes = [op.expected(reference, a, c, dtype) for a, c in zip(inputs, op.cases)]
        weights = draw_weights(shapes, seed, dtype) if differentiable else []
        results, slopes = run(tensors_of(backend, inputs), tensors_of(backend, weights))
        tools = (backend, bounds, report)
        for arrays, found, expected in zip(inputs, *results, strict=True):
            floats = [a for a in arrays if is_float(a)]
            check_difference(op, found, expected, dtype, "forward", floats, *tools)
        for found, expected, along in zip(*slopes, weights, strict=True):
            floats = [backend.to_numpy(e).astype("float64") for e in expected]
            floats += [w.astype("float64") for w in along if w is not None]
            check_difference(op, found, expected, dtype, "gradient", floats, *tools)

    drive(check, max_examples=2 if op.inputs else 0)


def test_every_override_is_tested_somewhere(backend):
    rows = {op.name for op in ops_table.OPS}
    elsewhere = {name for names in ops_table.ELSEWHERE.values() for name in names}
    assert overridden(type(backend)) <= rows | elsewhere


def test_overrides_are_found():
    class Engine(Backend):
        def softmax(self, x, axis):
            return x

    assert overridden(Engine) == {"softmax"}
