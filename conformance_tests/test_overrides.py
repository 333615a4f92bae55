"""Each composite that an engine overrides, against the one that it would have inherited."""

import numpy as np

from conformance_tests import ops_table
from conformance_tests.cases import draw_cotangents, drive, gradients, is_float
from conformance_tests.conftest import BACKEND
from conformance_tests.measure import largest_error
from keraslite.backend import Backend
from keraslite.backend.base import COMPOSITES

WIDE = ("float32", "float64")


def overridden(engine):
    """Names of the composites for which an engine's class has a method of its own."""
    return {n for n in COMPOSITES if getattr(engine, n) is not getattr(Backend, n)}


def pytest_generate_tests(metafunc):
    if "op" in metafunc.fixturenames:
        names = overridden(type(metafunc.config.stash[BACKEND]))
        rows = [
            (op, d)
            for op in ops_table.OPS
            if op.name in names
            for d in op.dtypes
            if d in WIDE or d not in ("float16", "bfloat16")
        ]
        metafunc.parametrize(("op", "dtype"), rows, ids=[f"{op.id}-{d}" for op, d in rows])


def difference(backend, op, found, expected, arrays, dtype, direction, bounds, report):
    """Both lie within the bound of the truth, so they lie within twice the bound of each other."""
    unit, limit = bounds.find(op.name, op.kind, dtype, direction)
    wanted = [backend.to_numpy(e).astype("float64") for e in expected]
    scale = arrays if direction == "forward" else wanted
    for ours, theirs in zip(found, wanted, strict=True):
        assert tuple(backend.shape(ours)) == theirs.shape
        assert backend.dtype(ours) == dtype
        error = largest_error(backend.to_numpy(ours), theirs, dtype, unit, scale)
        report.check(op.id, dtype, f"override {direction}", error, (unit, 2 * limit))


def test_override(op, dtype, backend, bounds, report):
    def check(case, seed):
        arrays = op.draw(case, seed, dtype, smooth=True)
        tensors = [backend.asarray(a) for a in arrays]
        own, inherited = getattr(backend, op.name), op.inherited(backend)
        found = op.apply(backend, own, tensors, case, dtype)
        expected = op.apply(backend, inherited, tensors, case, dtype)
        values = [backend.to_numpy(e) for e in expected]
        floats = [i for i, v in enumerate(values) if is_float(v)]
        for i in set(range(len(values))) - set(floats):
            np.testing.assert_array_equal(backend.to_numpy(found[i]), values[i])
        picked = [[results[i] for i in floats] for results in (found, expected)]
        scale = [a for a in arrays if is_float(a)]
        difference(backend, op, *picked, scale, dtype, "forward", bounds, report)
        if op.gradient and floats and scale:
            weights = draw_cotangents(values, seed, dtype)
            ours, theirs = (
                gradients(backend, op, method, arrays, weights, case, dtype)
                for method in (own, inherited)
            )
            difference(backend, op, ours, theirs, scale, dtype, "gradient", bounds, report)

    drive(op, check, max_examples=2 if op.inputs else 0)


def test_every_override_is_tested_somewhere(backend):
    rows = {op.name for op in ops_table.OPS}
    elsewhere = {name for names in ops_table.ELSEWHERE.values() for name in names}
    assert overridden(type(backend)) <= rows | elsewhere


def test_overrides_are_found():
    class Engine(Backend):
        def softmax(self, x, axis):
            return x

    assert overridden(Engine) == {"softmax"}
