"""Distances between what an engine computed and the float64 reference, in ulps of a dtype."""

import ml_dtypes
import numpy as np


def eps(dtype):
    """Distance from 1 to the next number of a float dtype, given by name."""
    return float(ml_dtypes.finfo(dtype).eps)


def smallest_normal(dtype):
    return float(ml_dtypes.finfo(dtype).smallest_normal)


def numpy_dtype(name):
    """The NumPy dtype of a name, `bfloat16` included."""
    return np.dtype(getattr(ml_dtypes, name, name))


def round_to(values, dtype):
    """float64 values rounded to a float dtype, as float64; what is too large becomes infinite."""
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(values).astype(numpy_dtype(dtype)).astype("float64")


def ulp(values, dtype):
    """Distance between the numbers of `dtype` around each value; constant below the normals."""
    magnitude = np.maximum(np.abs(values), smallest_normal(dtype))
    _, exponent = np.frexp(magnitude)  # magnitude lies in [2**(exponent - 1), 2**exponent)
    return np.ldexp(eps(dtype), exponent - 1)


def _is_flushed(found, expected, dtype):
    """Where a subnormal result may have become zero: processors flush all but float16's."""
    tiny = smallest_normal(dtype) if dtype != "float16" else 0.0
    return (np.abs(expected) < tiny) & (np.abs(found) <= tiny)


def largest_error(found, expected, dtype, unit="ulp", inputs=()):
    """The largest error of an array, a float; infinite where only one side is finite or NaN.

    Args:
        found: what an engine returned, any float dtype.
        expected: the float64 reference, not rounded.
        unit: "ulp": each element's error in ulps of the expected element. "eps": in ulps of the
            largest magnitude in `expected` and `inputs`, for results in which terms cancel.
        inputs: the arrays that `expected` was computed from.
    """
    found = np.asarray(found).astype("float64")
    expected = np.asarray(expected, "float64")
    if found.size == 0:
        return 0.0
    rounded = round_to(expected, dtype)
    same = (found == rounded) & ~np.isfinite(rounded) | (np.isnan(found) & np.isnan(expected))
    same |= _is_flushed(found, expected, dtype)
    wrong = ~same & (~np.isfinite(found) | ~np.isfinite(rounded))
    if wrong.any():
        return float("inf")
    if same.all():
        return 0.0
    error = np.abs(found - expected)[~same]
    if unit == "ulp":
        return float(np.max(error / ulp(expected[~same], dtype)))
    sizes = [np.abs(a, dtype="float64") for a in (expected, *inputs) if a.size]
    scale = max(float(np.max(a, where=np.isfinite(a), initial=0.0)) for a in sizes)
    return float(np.max(error) / ulp(scale, dtype))
