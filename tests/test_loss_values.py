"""Values of all losses against plain NumPy, on the engine of KERASLITE_BACKEND."""

import json

import numpy as np
import pytest

from keraslite import losses, ops

EPSILON = 1e-7

rng = np.random.default_rng(7)
ROWS, CLASSES = 6, 4
reals = rng.normal(size=(ROWS, CLASSES))
others = rng.normal(size=(ROWS, CLASSES))
bits = rng.integers(0, 2, (ROWS, CLASSES)).astype(float)
chances = rng.uniform(0.05, 0.95, (ROWS, CLASSES))
labels = rng.integers(0, CLASSES, ROWS)
one_hot = np.eye(CLASSES)[labels]
shares = rng.dirichlet(np.ones(CLASSES), ROWS)
certain = np.eye(CLASSES)[[0, 1, 2, 3, 0, 1]]


def numpy_of(x):
    return np.asarray(ops.convert_to_numpy(x))


def as_float32(*arrays):
    return [a.astype("float32") if a.dtype.kind == "f" else a for a in arrays]


def binary(y, p):
    p = np.clip(p, EPSILON, 1 - EPSILON)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def categorical(y, p):
    p = np.clip(p / p.sum(-1, keepdims=True), EPSILON, 1 - EPSILON)
    return -(y * np.log(p)).sum(-1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def unit(x, axis=-1):
    return x / np.sqrt((x * x).sum(axis, keepdims=True))


def huber(y, p, d):
    e = np.abs(y - p)
    return np.where(e <= d, e * e / 2, d * e - d * d / 2).mean(-1)


def binary_focal(y, p, gamma=2.0):
    return ((1 - (y * p + (1 - y) * (1 - p))) ** gamma * binary(y, p)).mean(-1)


# (class, arguments, targets, predictions, values by sample)
VALUES = [
    ("MeanSquaredError", {}, reals, others, lambda y, p: ((y - p) ** 2).mean(-1)),
    ("MeanAbsoluteError", {}, reals, others, lambda y, p: np.abs(y - p).mean(-1)),
    (
        "MeanAbsolutePercentageError", {}, reals, others,
        lambda y, p: 100 * np.abs((y - p) / y).mean(-1),
    ),
    (
        "MeanSquaredLogarithmicError", {}, chances, shares,
        lambda y, p: ((np.log(y + 1) - np.log(p + 1)) ** 2).mean(-1),
    ),
    ("Huber", {}, reals, others, lambda y, p: huber(y, p, 1.0)),
    ("Huber", {"delta": 0.3}, reals, others, lambda y, p: huber(y, p, 0.3)),
    ("LogCosh", {}, reals, others, lambda y, p: np.log(np.cosh(y - p)).mean(-1)),
    ("CosineSimilarity", {}, reals, others, lambda y, p: -(unit(y) * unit(p)).sum(-1)),
    (
        "CosineSimilarity", {"axis": 0}, reals, others,
        lambda y, p: -(unit(y, 0) * unit(p, 0)).sum(0),
    ),
    ("BinaryCrossentropy", {}, bits, chances, lambda y, p: binary(y, p).mean(-1)),
    ("BinaryCrossentropy", {}, bits, certain, lambda y, p: binary(y, p).mean(-1)),
    ("BinaryCrossentropy", {"axis": 0}, bits, chances, lambda y, p: binary(y, p).mean(0)),
    (
        "BinaryCrossentropy", {"from_logits": True}, bits, others,
        lambda y, p: binary(y, sigmoid(p)).mean(-1),
    ),
    (
        "BinaryCrossentropy", {"label_smoothing": 0.2}, bits, chances,
        lambda y, p: binary(y * 0.8 + 0.1, p).mean(-1),
    ),
    ("CategoricalCrossentropy", {}, one_hot, shares, categorical),
    ("CategoricalCrossentropy", {}, one_hot, certain, categorical),
    ("CategoricalCrossentropy", {}, one_hot, 3 * shares, categorical),
    (
        "CategoricalCrossentropy", {"from_logits": True}, one_hot, others,
        lambda y, p: categorical(y, softmax(p)),
    ),
    (
        "CategoricalCrossentropy", {"label_smoothing": 0.2}, one_hot, shares,
        lambda y, p: categorical(y * 0.8 + 0.2 / CLASSES, p),
    ),
    (
        "CategoricalCrossentropy", {"axis": 0}, chances, shares,
        lambda y, p: categorical(y.T, p.T),
    ),
    (
        "SparseCategoricalCrossentropy", {}, labels, shares,
        lambda y, p: categorical(np.eye(CLASSES)[y], p),
    ),
    (
        "SparseCategoricalCrossentropy", {"from_logits": True}, labels, others,
        lambda y, p: categorical(np.eye(CLASSES)[y], softmax(p)),
    ),
    (
        "SparseCategoricalCrossentropy", {"ignore_class": -1}, np.where(labels == 2, -1, labels),
        shares, lambda y, p: np.where(y < 0, 0, categorical(np.eye(CLASSES)[y], p)),
    ),
    ("KLDivergence", {}, chances, shares, lambda y, p: (y * np.log(y / p)).sum(-1)),
    ("Poisson", {}, chances, shares, lambda y, p: (p - y * np.log(p + EPSILON)).mean(-1)),
    ("Hinge", {}, np.sign(reals), others, lambda y, p: np.maximum(1 - y * p, 0).mean(-1)),
    ("Hinge", {}, bits, others, lambda y, p: np.maximum(1 - (2 * y - 1) * p, 0).mean(-1)),
    (
        "SquaredHinge", {}, np.sign(reals), others,
        lambda y, p: (np.maximum(1 - y * p, 0) ** 2).mean(-1),
    ),
    (
        "CategoricalHinge", {}, one_hot, others,
        lambda y, p: np.maximum(((1 - y) * p).max(-1) - (y * p).sum(-1) + 1, 0),
    ),
    ("BinaryFocalCrossentropy", {}, bits, chances, binary_focal),
    (
        "BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.0}, bits, others,
        lambda y, p: binary_focal(y, sigmoid(p), 1.0),
    ),
    (
        "BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 0.0},
        bits, chances, lambda y, p: (np.where(y == 1, 0.3, 0.7) * binary(y, p)).mean(-1),
    ),
    (
        "CategoricalFocalCrossentropy", {"alpha": 0.5}, one_hot, shares,
        lambda y, p: (0.5 * (1 - p) ** 2 * -y * np.log(p)).sum(-1),
    ),
    (
        "CategoricalGeneralizedCrossEntropy", {"q": 0.4}, labels, shares,
        lambda y, p: (1 - p[np.arange(ROWS), y] ** 0.4) / 0.4,
    ),
    (
        "Dice", {"axis": 1}, bits, chances,
        lambda y, p: 1 - (2 * (y * p).sum(1) + EPSILON) / (y.sum(1) + p.sum(1) + EPSILON),
    ),
    ("Dice", {}, bits, chances, lambda y, p: 1 - 2 * (y * p).sum() / (y.sum() + p.sum())),
    (
        "Tversky", {"alpha": 0.3, "beta": 0.6}, bits, chances,
        lambda y, p: 1 - (y * p).sum()
        / ((y * p).sum() + 0.3 * (y * (1 - p)).sum() + 0.6 * ((1 - y) * p).sum()),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kwargs", "y", "p", "formula"), VALUES)
def test_values_by_sample(name, kwargs, y, p, formula):
    y32, p32 = as_float32(y, p)
    found = getattr(losses, name)(reduction="none", **kwargs)(y32, p32)
    np.testing.assert_allclose(numpy_of(found), formula(y32, p32), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "kwargs", "y", "p", "formula"), VALUES)
def test_float64(name, kwargs, y, p, formula):
    """The sum of all values; label dtypes stay."""
    loss = getattr(losses, name)(reduction="sum", dtype="float64", **kwargs)
    np.testing.assert_allclose(float(numpy_of(loss(y, p))), formula(y, p).sum(), rtol=1e-6)


def test_every_loss_has_a_value_case():
    cased = {name for name, *_ in VALUES}
    classes = {n for n in losses.__all__ if n[0].isupper()}
    assert classes - cased == {"Loss", "LossFunctionWrapper"}


@pytest.mark.parametrize(("name", "kwargs", "y", "p", "formula"), VALUES[:6])
def test_functions_give_the_same(name, kwargs, y, p, formula):
    function = getattr(losses, "huber" if name == "Huber" else getattr(losses, name)().name)
    np.testing.assert_allclose(
        numpy_of(function(*as_float32(y, p), **kwargs)), formula(y, p), rtol=2e-5
    )


@pytest.mark.parametrize(("name", "kwargs"), [case[:2] for case in VALUES])
def test_config_round_trip(name, kwargs):
    cls = getattr(losses, name)
    loss = cls(reduction="sum", name="mine", dtype="float64", **kwargs)
    config = json.loads(json.dumps(loss.get_config()))
    assert config["name"] == "mine"
    again = cls.from_config(config)
    assert again.get_config() == loss.get_config()
    assert (again.reduction, again.dtype) == ("sum", "float64")
    for key, value in kwargs.items():
        assert config[key] == value


# ---- gradients ----


def test_gradient_from_logits():
    logits, y = ops.convert_to_tensor(others.astype("float32")), ops.convert_to_tensor(labels)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    _, (gradient,) = ops.value_and_grad(lambda v: loss(y, v[0]))([logits])
    expected = (softmax(others) - one_hot) / ROWS
    np.testing.assert_allclose(numpy_of(gradient), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "y"),
    [("BinaryCrossentropy", bits), ("CategoricalCrossentropy", one_hot),
     ("SparseCategoricalCrossentropy", labels), ("KLDivergence", one_hot)],
)  # fmt: skip
def test_gradients_at_certain_predictions_are_finite(name, y):
    p = ops.convert_to_tensor(certain.astype("float32"))
    y = ops.convert_to_tensor(as_float32(y)[0])
    loss = getattr(losses, name)()
    value, (gradient,) = ops.value_and_grad(lambda v: loss(y, v[0]))([p])
    assert np.isfinite(numpy_of(value))
    assert np.isfinite(numpy_of(gradient)).all()
