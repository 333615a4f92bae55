"""Dtypes: the promotion table, casts, and what dtype comes out of making and combining tensors."""

import itertools

import numpy as np
import pytest

from conformance_tests.measure import numpy_dtype, round_to
from conformance_tests.promotions import promotions
from keraslite.backend.dtypes import ALLOWED, COMPLEX, FLOATS, INTEGERS, result_type

REAL = tuple(d for d in ALLOWED if d not in COMPLEX)
NUMBERS = tuple(d for d in (*FLOATS, "uint8", "int8", "int32", "int64"))


def test_promotion_table():
    table = list(promotions())
    assert len(table) == (len(ALLOWED) + 2) ** 2
    wrong = [
        (a, b, expected, found)
        for a, b, expected in table
        if (found := result_type(a, b)) != expected
    ]
    assert not wrong


def test_promotion_is_symmetric_and_associative():
    for a, b, c in itertools.product(REAL, repeat=3):
        assert result_type(a, b) == result_type(b, a)
        if "uint64" not in (a, b, c):  # with signed integers it gives a float, by way of no dtype
            assert result_type(result_type(a, b), c) == result_type(a, result_type(b, c))


@pytest.mark.parametrize("dtype", REAL)
def test_arrays_keep_dtype_and_values_both_ways(dtype, backend):
    array = np.array([[0, 1, 1], [1, 0, 1]]).astype(numpy_dtype(dtype))
    if dtype not in ("bool", *FLOATS):
        array[0, 0] = np.iinfo(dtype).max
    tensor = backend.asarray(array)
    found = backend.to_numpy(tensor)
    assert backend.dtype(tensor) == dtype
    assert found.dtype == numpy_dtype(dtype)
    np.testing.assert_array_equal(found, array)


SAMPLES = {
    "bool": [True, False],
    **{d: [0, 1, 2, 100] if d.startswith("u") else [0, 1, -2, 100] for d in INTEGERS},
    **{d: [0.0, 1.0, 2.75, -2.75, 0.5, 100.0] for d in FLOATS},
}


def cast_reference(array, dtype):
    if dtype in FLOATS:
        return round_to(array.astype("float64"), dtype).astype(numpy_dtype(dtype))
    if array.dtype.name in FLOATS and dtype != "bool":
        return np.trunc(array.astype("float64")).astype(dtype)
    return array.astype(dtype)


@pytest.mark.parametrize("target", REAL)
@pytest.mark.parametrize("source", REAL)
def test_cast(source, target, backend):
    values = [v for v in SAMPLES[source] if not (target.startswith("u") and v < 0)]
    array = np.array(values).astype(numpy_dtype(source))
    found = backend.cast(backend.asarray(array), target)
    assert backend.dtype(found) == target
    expected = cast_reference(array, target)
    np.testing.assert_array_equal(backend.to_numpy(found), expected)


@pytest.mark.parametrize("target", FLOATS)
@pytest.mark.parametrize("source", FLOATS)
def test_cast_is_differentiable_between_floats(source, target, backend):
    x = backend.asarray(np.array([0.5, -2.0]).astype(numpy_dtype(source)))
    weights = backend.asarray(np.array([3.0, 0.25]).astype(numpy_dtype(target)))
    loss = lambda v: backend.sum(backend.cast(v[0], target) * weights)
    _, (gradient,) = backend.value_and_grad(loss)([x])
    assert backend.dtype(gradient) == source
    np.testing.assert_array_equal(backend.to_numpy(gradient).astype("float64"), [3.0, 0.25])


def test_cast_rounds_to_nearest_even(backend):
    halfway = np.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, 1 + 2.0**-8 + 2.0**-20], "float32")
    found = backend.to_numpy(backend.cast(backend.asarray(halfway), "bfloat16"))
    np.testing.assert_array_equal(found.astype("float64"), [1.0, 1 + 2.0**-6, 1 + 2.0**-7])


@pytest.mark.parametrize("dtype", NUMBERS)
def test_python_numbers_take_the_tensors_dtype(dtype, backend):
    x = backend.asarray(np.array([1, 2, 3]).astype(numpy_dtype(dtype)))
    results = [x + 2, 2 + x, x - 1, 5 - x, x * 3, 3 * x]
    values = [[3, 4, 5], [3, 4, 5], [0, 1, 2], [4, 3, 2], [3, 6, 9], [3, 6, 9]]
    results += [backend.add(x, 2), backend.maximum(x, 2), backend.remainder(x, 2)]
    values += [[3, 4, 5], [2, 2, 3], [1, 0, 1]]
    if dtype in FLOATS:
        results += [x + 0.5, 0.5 * x, x / 2, 6 / x, x**0.5, backend.divide(x, 4)]
        values += [[1.5, 2.5, 3.5], [0.5, 1, 1.5], [0.5, 1, 1.5], [6, 3, 2]]
        values += [np.sqrt([1.0, 2.0, 3.0]), [0.25, 0.5, 0.75]]
    if not dtype.startswith("u"):
        results += [-x, x**2]
        values += [[-1, -2, -3], [1, 4, 9]]
    for result, expected in zip(results, values, strict=True):
        assert backend.is_tensor(result)
        assert backend.dtype(result) == dtype
        found = backend.to_numpy(result).astype("float64")
        np.testing.assert_allclose(found, expected, rtol=0.01 if dtype in FLOATS[:2] else 1e-6)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_comparing_with_a_python_number_gives_bool(dtype, backend):
    x = backend.asarray(np.array([1, 2, 3]).astype(numpy_dtype(dtype)))
    expected = {
        "equal": [False, True, False], "not_equal": [True, False, True],
        "less": [True, False, False], "less_equal": [True, True, False],
        "greater": [False, False, True], "greater_equal": [False, True, True],
    }  # fmt: skip
    for name, wanted in expected.items():
        found = getattr(backend, name)(x, 2)
        assert backend.dtype(found) == "bool"
        np.testing.assert_array_equal(backend.to_numpy(found), wanted, err_msg=name)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("number_first", [False, True])
def test_where_takes_a_python_number_on_either_side(number_first, dtype, backend):
    condition = backend.asarray(np.array([True, False, True]))
    x = backend.asarray(np.array([1, 2, 3]).astype(numpy_dtype(dtype)))
    found = backend.where(condition, 0, x) if number_first else backend.where(condition, x, 0)
    assert backend.dtype(found) == dtype
    expected = [0, 2, 0] if number_first else [1, 0, 3]
    np.testing.assert_array_equal(backend.to_numpy(found).astype("int64"), expected)
