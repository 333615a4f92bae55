"""The suite's own helpers: how inputs are drawn, how cases run, how known failures are marked."""

import numpy as np
import pytest

from conformance_tests.cases import DTYPE, Case, Input, Op
from conformance_tests.conftest import mark_known_failures
from conformance_tests.running import draw_weights, drive


class Item:
    def __init__(self, nodeid):
        self.nodeid, self.markers = nodeid, []

    def add_marker(self, marker):
        self.markers.append(marker.mark)


def test_known_failures_are_expected_to_fail_strictly():
    tan, tanh = (
        Item("conformance_tests/test_forward.py::test_forward[tan-float16]"),
        Item("conformance_tests/test_forward.py::test_forward[tanh-float16]"),
    )
    line = {"test": "test_forward.py::test_forward[tan-*]", "reason": "why"}
    mark_known_failures([tan, tanh], [line])
    (mark,) = tan.markers
    assert mark.name == "xfail" and mark.kwargs == {"reason": "why", "strict": True}
    assert not tanh.markers


def test_a_line_that_matches_nothing_is_an_error_where_its_file_runs():
    items = [Item("conformance_tests/test_forward.py::test_forward[tan-float16]")]
    mark_known_failures(items, [{"test": "test_random.py::test_gone", "reason": "why"}])
    with pytest.raises(pytest.UsageError, match="test_gone"):
        mark_known_failures(items, [{"test": "test_forward.py::test_gone", "reason": "why"}])


def test_draws_are_of_the_dtype_and_in_the_range():
    rng = np.random.default_rng(0)
    domain = Input(-2, 3, ints=(-4, 5), specials=(10.0,))
    for dtype in ("bfloat16", "float64"):
        found = domain.draw(rng, (500,), dtype, smooth=True)
        assert found.dtype.name == dtype
        assert -2 <= found.min() < -1.9 and 2.9 < found.max() <= 3
    assert (domain.draw(rng, (500,), "float32", smooth=False) == 10).mean() > 0.1
    assert set(domain.draw(rng, (500,), "int32", False)) == set(range(-4, 6))
    assert set(domain.draw(rng, (500,), "uint8", False)) == set(range(0, 6))
    assert domain.draw(rng, (500,), "bool", False).dtype == bool
    assert Input(dtype="int32").draw(rng, (3,), "float32", False).dtype == np.int32
    distinct = Input(distinct=True).draw(rng, (4, 5), "float32", False)
    assert len(np.unique(distinct)) == 20
    assert Input(build=lambda x: x * 0).draw(rng, (3,), "float32", False).tolist() == [0, 0, 0]


def test_the_same_seed_draws_the_same_inputs():
    op = Op("add", "exact", (Input(), Input()), (Case(((2,), (3,))), Case(((), ()))))
    first, again, other = op.draw(1, "float32"), op.draw(1, "float32"), op.draw(2, "float32")
    assert [[a.shape for a in row] for row in first] == [[(2,), (3,)], [(), ()]]
    assert all(np.array_equal(a, b) for r, s in zip(first, again) for a, b in zip(r, s))
    assert not np.array_equal(first[0][0], other[0][0])


def test_params_go_by_position_and_the_dtype_is_filled_in():
    case = Case(((2,),), {"axis": 0, "dtype": DTYPE})
    op = Op("sum", "exact", (Input(),), (case,))
    seen = []
    op.apply(None, lambda *args: seen.append(args), ["x"], case, "float16")
    assert seen == [("x", 0, "float16")]


def test_drive_runs_seed_zero_and_then_others():
    seeds = []
    drive(lambda seed: seeds.append(seed), max_examples=3)
    assert seeds[0] == 0 and len(seeds) == 4 and all(s > 0 for s in seeds[1:])
    with pytest.raises(ZeroDivisionError):
        drive(lambda seed: 1 / seed, max_examples=3)


def test_weights_are_away_from_zero_and_only_for_floats():
    ((weights, none),) = draw_weights([[np.zeros(100), np.zeros(3, "int32")]], 0, "float32")
    assert none is None and weights.dtype == np.float32
    assert np.abs(weights).min() >= 0.5 and np.abs(weights).max() <= 1.5
    assert 0.3 < (weights < 0).mean() < 0.7
