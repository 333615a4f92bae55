"""Every op of the table against the reference: values, shapes and dtypes."""

from dataclasses import replace

import numpy as np
import pytest

from conformance_tests import ops_table
from conformance_tests.cases import is_float
from conformance_tests.measure import largest_error
from conformance_tests.running import NoState, drive, forward, parameters, tensors_of
from keraslite.backend.base import COMPOSITES, PRIMITIVES


def check_results(op, case, results, expected, dtype, inputs, backend, bounds, report):
    """Shapes and dtypes as in the reference, integers equal, floats within the op's bound."""
    assert len(results) == len(expected), f"{op.id} {case}: number of results"
    floats = [a.astype("float64") for a in inputs if is_float(a)]
    for result, reference in zip(results, expected):
        name = dtype if is_float(reference) else reference.dtype.name
        assert backend.is_tensor(result), f"{op.id} {case}: found {type(result)}"
        assert tuple(backend.shape(result)) == reference.shape, f"{op.id} {case}: shape"
        assert backend.dtype(result) == name, f"{op.id} {case}: dtype"
        found = backend.to_numpy(result)
        assert found.shape == reference.shape and found.dtype.name == name
        if is_float(reference):
            bound = bounds.find(op.name, op.kind, dtype, "forward")
            error = largest_error(found, reference, dtype, bound[0], floats)
            report.check(op.id, dtype, "forward", error, bound, case)
        else:
            np.testing.assert_array_equal(found, reference, err_msg=f"{op.id} {case}")


def check_all_cases(op, dtype, run, seed, backend, reference, bounds, report):
    inputs = op.draw(seed, dtype)
    results = run(tensors_of(backend, inputs))
    for case, arrays, found in zip(op.cases, inputs, results, strict=True):
        expected = op.expected(reference, arrays, case, dtype)
        check_results(op, case, found, expected, dtype, arrays, backend, bounds, report)


@pytest.mark.parametrize(("op", "dtype"), parameters(ops_table.OPS))
def test_forward(op, dtype, backend, reference, bounds, report):
    run = forward(backend, op, getattr(backend, op.name), dtype)
    run = backend.compile_step(run, NoState, "auto")
    check = lambda seed: check_all_cases(op, dtype, run, seed, backend, reference, bounds, report)
    drive(check, max_examples=3 if op.inputs else 0)


@pytest.mark.parametrize("op", [pytest.param(op, id=op.id) for op in ops_table.OPS])
def test_not_compiled(op, backend, reference, bounds, report):
    """Each op outside a compiled step, in the last dtype of its list: its first two cases."""
    op, dtype = replace(op, cases=op.cases[:2]), op.dtypes[-1]
    run = forward(backend, op, getattr(backend, op.name), dtype)
    check_all_cases(op, dtype, run, 0, backend, reference, bounds, report)


def test_the_table_covers_the_contract():
    rows = {op.name for op in ops_table.OPS}
    elsewhere = {name for names in ops_table.ELSEWHERE.values() for name in names}
    assert rows | elsewhere == PRIMITIVES | COMPOSITES
    assert not rows & elsewhere


def test_no_two_rows_have_one_id_and_every_bound_has_a_row(bounds):
    ids = [op.id for op in ops_table.OPS]
    names = {op.name for op in ops_table.OPS}
    assert len(set(ids)) == len(ids)
    assert bounds.ops() <= names
