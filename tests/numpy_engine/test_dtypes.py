"""16-bit floats on the NumPy engine: results stay in their dtype, sums and products are exact."""

import math

import numpy as np
import pytest
from keraslite_numpy.bfloat16 import BFloat16
from keraslite_numpy.erf import erf

from keraslite.backend import get_backend

B = get_backend("numpy")
FLOATS = ("float16", "bfloat16", "float32", "float64")
EPSILON = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 2**-52}


def network(p, x, y):
    one = (1, 1)
    h = B.relu(B.conv(x, p[0], one, "same", one, 1) + p[1])
    h = B.max_pool(h, (2, 2), (2, 2), "valid")
    h, *_ = B.batch_normalization_train(h, -1, p[1], None, 1e-3)
    h = B.layer_normalization(h, None, None, (-1,), 1e-3)
    h = B.average_pool(h, (2, 2), (1, 1), "valid")
    h = B.reshape(h, (4, 2, -1))
    h = B.lstm(h, p[2], p[2], p[3], p[4], None, None, False, "tanh", "sigmoid")[1]
    h = B.gelu(h, False) + 0.5 * B.softplus(h) - h**2 / (1 + B.exp(-h)) + B.clip(h, -1.0, 1.0)
    return B.mean(B.sparse_softmax_cross_entropy(B.dense(h, p[5], p[6]), y))


def parameters(dtype):
    rng = np.random.default_rng(0)
    shapes = (3, 3, 2, 4), (4,), (4, 3), (18, 12), (3, 12), (3, 2), (2,)
    return [B.asarray(rng.standard_normal(s) * 0.3, dtype) for s in shapes], B.asarray(
        rng.standard_normal((4, 6, 8, 2)), dtype
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_network_trains_in_every_float(dtype):
    p, x = parameters(dtype)
    p[3] = B.asarray(np.random.default_rng(1).standard_normal((12, 12)) * 0.3, dtype)
    y = np.array([0, 1, 1, 0])
    slots = [[B.zeros_like(w) for w in p] for _ in range(2)]
    losses = []
    for step in range(8):
        loss, grads = B.value_and_grad(network)(p, x, y)
        for g, w in zip(grads, p):
            assert B.dtype(g) == dtype and g.shape == w.shape
            assert (type(g) is BFloat16) == (dtype == "bfloat16")
        p, *slots = B.update_adam(grads, p, *slots, 0.02, step + 1.0, 0.9, 0.99, 1e-3)
        assert all(B.dtype(w) == dtype for w in p)
        losses.append(float(loss))
    assert B.dtype(loss) == dtype and losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("dtype", FLOATS)
def test_gradients_agree_with_float64(dtype):
    p, x = parameters(dtype)
    p[3] = B.asarray(np.random.default_rng(1).standard_normal((12, 12)) * 0.3, dtype)
    wide = lambda t: t.astype("float64")
    y = np.array([0, 1, 1, 0])
    _, grads = B.value_and_grad(network)(p, x, y)
    _, expected = B.value_and_grad(network)([wide(w).view(np.ndarray) for w in p], wide(x), y)
    for g, e in zip(grads, expected):
        error = np.abs(wide(g) - e).max() / np.abs(e).max()
        assert error < 40 * EPSILON[dtype]


def test_bfloat16_stays_bfloat16():
    x = B.asarray(np.linspace(-2, 2, 6).reshape(2, 3), "bfloat16")
    for y in (
        x + 1.5, 2.0 * x, 1 / x, x**2, x @ x.T, -x, B.where(x > 0, x, 0.0), B.take(x, [1], 0),
        B.pad(x, ((1, 1), (0, 0))), B.einsum("ij,kj->ik", x, x), B.sum(x, 0), x[0],
        x.T, B.sort(x, 0),
        B.concatenate([x, x], 0), B.cumsum(x, 1), B.scatter_add(x, np.array([0]), x[:1]),
        B.softmax(x, -1), B.full((2,), 3, "bfloat16"), B.arange(0, 3, 1, "bfloat16"),
        B.cast(x, "bfloat16"), B.erf(x), B.max(x), B.stack([x, x], 0), B.solve(x @ x.T, x),
    ):  # fmt: skip
        assert type(y) is BFloat16 and B.dtype(y) == "bfloat16"
    assert (x > 0).dtype == bool and type(B.cast(x, "float32")) is np.ndarray


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_long_sums_do_not_stall(dtype):
    ones = B.ones((4096,), dtype)
    assert B.sum(ones) == 4096 and B.mean(ones) == 1
    assert B.matmul(ones, ones) == 4096 and B.einsum("i,i->", ones, ones) == 4096
    zeros = B.zeros((1, 1), dtype)
    rows = B.scatter_add(zeros, np.zeros(4096, "int32"), B.reshape(ones, (-1, 1)))
    assert rows[0, 0] == 4096


@pytest.mark.parametrize("dtype, bound", [("float32", 6), ("float64", 4)])
def test_erf_within_a_few_ulps(dtype, bound):
    x = np.concatenate([np.linspace(-6.5, 6.5, 4001), np.geomspace(1e-30, 1, 200)]).astype(dtype)
    exact = np.array([math.erf(v) for v in x])
    ulps = np.abs(erf(x) - exact) / np.spacing(np.abs(exact).astype(dtype))
    assert ulps.max() <= bound


def test_erf_of_special_values():
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan])
    for dtype in ("float32", "float64"):
        y = B.erf(x.astype(dtype))
        assert np.array_equal(y, [0, 0, 1, -1, np.nan], equal_nan=True) and np.signbit(y[1])
