"""What the tests of layers, losses, optimizers and training share: the same code run on the engine
under test and on NumPy in float64, and the distance between what came out."""

import contextlib

import numpy as np
import optree

from conformance_tests.measure import largest_error, numpy_dtype
from keraslite import config, ops, utils
from keraslite.backend.context import temporarily
from keraslite.backend.dtypes import FLOATS


@contextlib.contextmanager
def floats(dtype):
    """`floatx()` and the global dtype policy are `dtype` inside."""
    before = config.floatx()
    config.set_floatx(dtype)
    try:
        yield
    finally:
        config.set_floatx(before)


@contextlib.contextmanager
def policy(name):
    """The global dtype policy inside."""
    config.set_dtype_policy(name)
    try:
        yield
    finally:
        config.set_dtype_policy(None)


def on_reference(reference, fn, *args, dtype="float64", seed=0):
    """`fn(*args)` on the NumPy engine in float64, from a fresh global seed."""
    with temporarily(backend=reference, device=None), floats(dtype):
        utils.set_random_seed(seed)
        return fn(*args)


def on_engine(fn, *args, dtype="float32", seed=0):
    """`fn(*args)` on the engine under test, from the same global seed."""
    with floats(dtype):
        utils.set_random_seed(seed)
        return fn(*args)


def is_array(x):
    """True for tensors of any engine and for NumPy arrays."""
    return hasattr(x, "shape") and hasattr(x, "dtype")


def to_numpy(nest):
    """A nest of tensors as a list of NumPy arrays."""
    leaves = optree.tree_leaves(nest)
    return [np.asarray(ops.convert_to_numpy(x)) for x in leaves]


def draw(rng, shape, dtype, low=-1.0, high=1.0):
    """Uniform draws that float32 can hold, so that both sides of a comparison see the same ones."""
    values = rng.uniform(low, high, shape).astype("float32")
    return values.astype(numpy_dtype(dtype))


def error(found, expected, dtype, scale=()):
    """The largest error of arrays, in ulps of the largest magnitude among them.

    Integers and bools must be equal, and shapes; AssertionError else.
    """
    assert len(found) == len(expected)
    worst = 0.0
    for one, wanted in zip(found, expected):
        assert one.shape == wanted.shape
        if one.dtype.name in FLOATS:
            worst = max(worst, largest_error(one, wanted, dtype, "eps", scale))
        else:
            np.testing.assert_array_equal(one, wanted)
    return worst


def relative(found, expected):
    """Largest difference of two curves (lists of floats), relative to the expected values."""
    found, expected = np.asarray(found, "float64"), np.asarray(expected, "float64")
    assert found.shape == expected.shape
    return float(np.max(np.abs(found - expected) / np.maximum(np.abs(expected), 1e-30)))


def agree(reference, fn, *args, limit=1e-9):
    """Run `fn(*args)` on both in float64 and compare what it returns, a nest of numbers and arrays.

    Returns what the engine under test gave.
    """
    found = on_engine(fn, *args, dtype="float64")
    expected = on_reference(reference, fn, *args)
    leaves, wanted = optree.tree_leaves(found), optree.tree_leaves(expected)
    assert optree.tree_structure(found) == optree.tree_structure(expected)
    for one, other in zip(leaves, wanted):
        np.testing.assert_allclose(one, other, rtol=limit, atol=limit)
    return found


def values(tensor):
    """A tensor that may carry a gradient, as a NumPy array."""
    return ops.convert_to_numpy(ops.stop_gradient(tensor))


def same(one, other):
    """AssertionError if two tensors differ by more than rounding in float32."""
    np.testing.assert_allclose(values(one), values(other), rtol=1e-5, atol=1e-5)
