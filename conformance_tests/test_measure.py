"""The suite's own measuring rods."""

import numpy as np
import pytest

from conformance_tests import measure
from conformance_tests.bounds import Bounds
from conformance_tests.report import ErrorReport

FLOATS = ("float16", "bfloat16", "float32", "float64")


@pytest.mark.parametrize("dtype", ("float16", "float32", "float64"))
def test_ulp_is_numpys_spacing(dtype):
    values = np.array([1e-3, 0.5, 1.0, 1.5, 1.9999, 2.0, 3.0, 1024.0, 6e4], dtype)
    np.testing.assert_array_equal(measure.ulp(values.astype("float64"), dtype), np.spacing(values))


def test_ulp_of_bfloat16():
    assert measure.ulp(1.0, "bfloat16") == 2.0**-7
    assert measure.ulp(-3.0, "bfloat16") == 2.0**-6


@pytest.mark.parametrize("dtype", FLOATS)
def test_correct_rounding_is_within_half_an_ulp(dtype):
    exact = np.random.default_rng(0).normal(size=1000)
    found = measure.round_to(exact, dtype)
    error = measure.largest_error(found, exact, dtype)
    assert error == 0 if dtype == "float64" else 0.45 < error <= 0.5


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_step_of_three_ulps_is_measured_as_three(dtype):
    expected = np.array([1.0, 1.25, -1.5])
    found = expected + np.array([0, 3, 0]) * measure.eps(dtype)
    assert measure.largest_error(found, expected, dtype) == 3.0


def test_eps_unit_counts_ulps_of_the_largest_magnitude():
    expected, inputs = np.array([1e-8, 0.5]), [np.array([[8.0]])]
    found = expected + np.array([2.0**-23, 0.0])
    assert measure.largest_error(found, expected, "float32", "eps") == 2.0
    assert measure.largest_error(found, expected, "float32", "eps", inputs) == 0.125
    assert measure.largest_error(found, expected, "float32", "ulp") > 1e6


@pytest.mark.parametrize(
    ("found", "expected", "error"),
    [
        ([np.nan], [np.nan], 0.0),
        ([np.inf], [np.inf], 0.0),
        ([np.inf], [1e39], 0.0),  # overflows float32, rightly
        ([np.nan], [1.0], np.inf),
        ([1.0], [np.nan], np.inf),
        ([np.inf], [-np.inf], np.inf),
        ([3e38], [np.inf], np.inf),
        ([0.0], [1e-39], 0.0),  # flushed
        ([1.0], [1e-39], np.inf),
        ([], [], 0.0),
    ],
)
def test_special_values(found, expected, error):
    measured = measure.largest_error(np.array(found, "float32"), np.array(expected), "float32")
    assert measured == error or (error == np.inf and measured > 1e20)


def test_bounds_fall_back_from_op_to_class_and_dtype_to_all():
    bounds = Bounds(
        {
            "class": {"easy": {"unit": "ulp", "forward": 1, "gradient": 2}},
            "op": {"exp": {"forward": {"float32": 3}, "gradient_unit": "ulp", "gradient": 5}},
        }
    )
    assert bounds.find("sin", "easy", "float32", "forward") == ("ulp", 1)
    assert bounds.find("sin", "easy", "float32", "gradient") == ("eps", 2)
    assert bounds.find("exp", "easy", "float32", "forward") == ("ulp", 3)
    assert bounds.find("exp", "easy", "float64", "forward") == ("ulp", 1)
    assert bounds.find("exp", "easy", "float64", "gradient") == ("ulp", 5)
    assert bounds.find("sin", "easy", "float64", "second order") == ("eps", 4)
    with pytest.raises(KeyError, match="unheard"):
        bounds.find("exp", "unheard", "float32", "forward")


def test_report_keeps_the_largest_error_and_fails_beyond_the_bound(tmp_path):
    report = ErrorReport("numpy", "cpu")
    report.check("exp", "float32", "forward", 0.5, ("ulp", 1))
    report.check("exp", "float32", "forward", 0.25, ("ulp", 1))
    with pytest.raises(AssertionError, match=r"exp.*float32.*forward.*2.*ulp.*bound.*1"):
        report.check("exp", "float32", "forward", 2.0, ("ulp", 1))
    report.write(tmp_path / "errors.json")
    text = (tmp_path / "errors.json").read_text("utf8")
    assert '"error": 2.0' in text and '"bound": 1' in text
    assert any("exp" in line and "2/1" in line for line in report.lines())
    with pytest.raises(AssertionError):
        report.check("exp", "float32", "forward", float("nan"), ("ulp", 1))
