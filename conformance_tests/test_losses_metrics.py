"""Every loss and metric on the engine under test against NumPy in float64."""

import inspect

import numpy as np
import pytest

from conformance_tests.frontend import draw, error, on_engine, on_reference, to_numpy
from conformance_tests.losses_table import BATCH, LOSSES, METRICS
from keraslite import losses, metrics, ops

WEIGHTS = {"no weights": None, "by sample": (BATCH,), "by value": ()}
BASES = {"Loss", "LossFunctionWrapper", "Metric", "MeanMetricWrapper", "Mean", "Sum"}


def rows(table):
    return [pytest.param(row, id=row.id) for row in table]


def exported(module, base):
    found = {n for n in module.__all__ if inspect.isclass(cls := getattr(module, n))
             and issubclass(cls, base)}  # fmt: skip
    return found - BASES


def test_the_table_has_every_loss_and_metric():
    assert exported(losses, losses.Loss) == {row.cls.__name__ for row in LOSSES}
    assert exported(metrics, metrics.Metric) == {row.cls.__name__ for row in METRICS}


def weights_for(row, kind, shape, rng):
    if WEIGHTS[kind] is None:
        return None
    return draw(rng, WEIGHTS[kind] or shape, "float32", 0.1, 2.0)


def cast(array, dtype):
    """Floats in a dtype, as tensors; others as they are."""
    if array is None or array.dtype.kind != "f":
        return array if array is None else ops.convert_to_tensor(array)
    return ops.convert_to_tensor(array.astype(dtype))


def loss_and_gradient(row, kind, dtype):
    rng = np.random.default_rng(21)
    y, p = row.data(rng, row.shape)
    loss = row.cls(**row.config)
    values = loss(cast(y, dtype), cast(p, dtype))
    unreduced = row.cls(**{**row.config, "reduction": None})(cast(y, dtype), cast(p, dtype))
    weights = cast(weights_for(row, kind, tuple(unreduced.shape), rng), dtype)
    factors = cast(draw(rng, tuple(values.shape), "float32", 0.5, 1.5), dtype)

    def total(p):
        values = loss(cast(y, dtype), p, sample_weight=weights)
        return ops.sum(values * factors), values

    (_, values), gradient = ops.value_and_grad(total, has_aux=True)(cast(p, dtype))
    return to_numpy(values), to_numpy(gradient)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("row", rows(LOSSES))
def test_loss(row, kind, dtype, backend, reference, report):
    found = on_engine(loss_and_gradient, row, kind, dtype, dtype=dtype)
    expected = on_reference(reference, loss_and_gradient, row, kind, "float64")
    name = f"losses.{row.cls.__name__}"
    for direction, one, wanted in zip(("forward", "gradient"), found, expected):
        assert one[0].dtype == dtype
        report.check(name, dtype, direction, error(one, wanted, dtype), ("eps", 64))


def results(row, kind, dtype):
    """A metric's result after each of two batches, after a reset and a third; its state."""
    rng = np.random.default_rng(22)
    metric = row.cls(**row.config)
    found = []
    for batch in range(3):
        y, p = row.data(rng, row.shape)
        shape = y.shape if row.data.__name__ == "two_labels" else row.shape[:1]
        weights = cast(weights_for(row, kind, shape, rng), dtype)
        if batch == 2:
            metric.reset_state()
        metric.update_state(cast(y, dtype), cast(p, dtype), sample_weight=weights)
        found.append(metric.result())
    return to_numpy(found), [v.numpy() for v in metric.variables]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["no weights", "by sample"])
@pytest.mark.parametrize("row", rows(METRICS))
def test_metric(row, kind, dtype, backend, reference, report):
    found, state = on_engine(results, row, kind, dtype, dtype=dtype)
    expected, wanted = on_reference(reference, results, row, kind, "float64")
    name = f"metrics.{row.cls.__name__}"
    report.check(name, dtype, "forward", error(found, expected, dtype), ("eps", 64))
    report.check(name, dtype, "forward", error(state, wanted, dtype), ("eps", 64))


@pytest.mark.parametrize("cls", [metrics.Mean, metrics.Sum])
def test_mean_and_sum(cls, backend, reference):
    values = np.array([[1.0, 2.0], [3.0, 5.0]], "float32")

    def compute():
        metric = cls()
        metric.update_state(values)
        metric.update_state(values, sample_weight=np.array([0.5, 2.0], "float32"))
        metric.update_state(4.0)
        return to_numpy(metric.result())

    total = values.sum() + (values * [[0.5], [2.0]]).sum() + 4
    # A row of `Mean` counts once: its mean, times its weight.
    mean = (1.5 + 4 + 0.5 * 1.5 + 2 * 4 + 4) / (2 + 2.5 + 1)
    wanted = total if cls is metrics.Sum else mean
    for (found,) in (on_engine(compute), on_reference(reference, compute)):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", [metrics.MeanMetricWrapper, losses.LossFunctionWrapper])
def test_functions_as_loss_and_metric(cls, backend):
    def largest(y_true, y_pred, scale):
        return scale * ops.max(ops.abs(y_true - y_pred), axis=-1)

    y, p = np.zeros((2, 3), "float32"), np.array([[1, -4, 2], [0, 0, 3]], "float32")
    weights = np.array([1.0, 3.0], "float32")
    found = cls(largest, name="largest", scale=2.0)(y, p, sample_weight=weights)
    wanted = 26 / 4 if cls is metrics.MeanMetricWrapper else 26 / 2
    np.testing.assert_allclose(ops.convert_to_numpy(found), wanted, rtol=1e-6)
