"""Optimizer updates against the formulas, over several steps and lists of variables."""

import numpy as np
import pytest

from conformance_tests.measure import eps, numpy_dtype

SHAPES = ((3, 4), (5,), ())
STEPS = 4
DTYPES = ("float32", "float64", "bfloat16")


class Run:
    """Variables with slots, and the gradients of each step, in float64 and on the engine."""

    def __init__(self, backend, dtype, slots):
        self.backend, self.dtype = backend, dtype
        rng = np.random.default_rng(5)
        draw = lambda: [rng.normal(size=s).astype(numpy_dtype(dtype)) for s in SHAPES]
        self.parameters = draw()
        self.gradients = [draw() for _ in range(STEPS)]
        zeros = [[np.zeros(s, numpy_dtype(dtype)) for s in SHAPES] for _ in range(slots)]
        columns = [self.parameters, *zeros]
        self.handles = [
            [backend.make_variable(a, trainable=i == 0) for a in c] for i, c in enumerate(columns)
        ]
        self.expected = [[a.astype("float64") for a in c] for c in columns]

    def step(self, number, update, formula):
        """Do one update on both sides; `formula(g, *values)` gives new values for one variable."""
        gradients = self.gradients[number]
        tensors = [self.backend.asarray(g) for g in gradients]
        returned = update(tensors, *self.handles)
        assert [len(c) for c in returned] == [len(c) for c in self.handles]
        self.handles = [list(column) for column in returned]
        for i, g in enumerate(gradients):
            new = formula(g.astype("float64"), *(column[i] for column in self.expected))
            for column, value in zip(self.expected, new, strict=True):
                column[i] = value

    def check(self):
        tolerance = 30 * eps(self.dtype)
        for handles, expected in zip(self.handles, self.expected):
            for handle, wanted in zip(handles, expected):
                value = self.backend.read(handle)
                assert self.backend.dtype(value) == self.dtype
                assert tuple(self.backend.shape(value)) == wanted.shape
                found = self.backend.to_numpy(value).astype("float64")
                np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def rates(backend, dtype, as_tensor):
    """The rate 0.01 and step counts from 1: numbers, or scalars on the device, float32 or wider."""
    wide = "float64" if dtype == "float64" else "float32"
    wrap = lambda v: backend.asarray(v, wide) if as_tensor else v
    return wrap(0.01), lambda i: wrap(float(i + 1))


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_sgd(dtype, as_tensor, backend):
    run = Run(backend, dtype, 0)
    rate, _ = rates(backend, dtype, as_tensor)
    for i in range(STEPS):
        run.step(i, lambda g, p: backend.update_sgd(g, p, rate), lambda g, p: (p - 0.01 * g,))
    run.check()


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_momentum(dtype, nesterov, as_tensor, backend):
    run = Run(backend, dtype, 1)
    rate, _ = rates(backend, dtype, as_tensor)

    def formula(g, p, v):
        v = 0.9 * v - 0.01 * g
        return (p + 0.9 * v - 0.01 * g if nesterov else p + v), v

    for i in range(STEPS):
        run.step(i, lambda g, p, v: backend.update_momentum(g, p, v, rate, 0.9, nesterov), formula)
    run.check()


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rmsprop(dtype, centered, momentum, as_tensor, backend):
    run = Run(backend, dtype, 3)
    rate, _ = rates(backend, dtype, as_tensor)

    def formula(g, p, s, a, v):
        s = 0.9 * s + 0.1 * g * g
        a = 0.9 * a + 0.1 * g if centered else a
        step = 0.01 * g / np.sqrt(s - (a * a if centered else 0) + 1e-3)
        v = momentum * v + step if momentum else v
        return p - (v if momentum else step), s, a, v

    def update(g, p, s, a, v):
        return backend.update_rmsprop(g, p, s, a, v, rate, 0.9, momentum, 1e-3, centered)

    for i in range(STEPS):
        run.step(i, update, formula)
    run.check()


@pytest.mark.parametrize("dtype", DTYPES)
def test_rmsprop_without_the_lists_that_it_does_not_use(dtype, backend):
    run = Run(backend, dtype, 1)

    def formula(g, p, s):
        s = 0.9 * s + 0.1 * g * g
        return p - 0.01 * g / np.sqrt(s + 1e-3), s

    def update(g, p, s):
        new = backend.update_rmsprop(g, p, s, s, s, 0.01, 0.9, 0.0, 1e-3, False)
        return new[:2]

    run.step(0, update, formula)
    run.check()


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_adam(dtype, as_tensor, backend):
    run = Run(backend, dtype, 2)
    rate, step = rates(backend, dtype, as_tensor)
    for i in range(STEPS):
        scaled = 0.01 * np.sqrt(1 - 0.999 ** (i + 1)) / (1 - 0.9 ** (i + 1))

        def formula(g, p, m, s, scaled=scaled):
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
            return p - scaled * m / (np.sqrt(s) + 1e-4), m, s

        def update(g, p, m, s, i=i):
            return backend.update_adam(g, p, m, s, rate, step(i), 0.9, 0.999, 1e-4)

        run.step(i, update, formula)
    run.check()


@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.0, 0.99), (0.9, 0.0)])
@pytest.mark.parametrize("step", [1, 2, 1000])
def test_unbiased_rate_keeps_its_digits(step, beta_1, beta_2, backend):
    with np.errstate(divide="ignore"):
        remaining = [-np.expm1(step * np.log(beta)) for beta in (beta_1, beta_2)]
    expected = 0.5 * np.sqrt(remaining[1]) / remaining[0]
    number = backend.unbiased_rate(0.5, float(step), beta_1, beta_2)
    np.testing.assert_allclose(number, expected, rtol=1e-12)
    for dtype in ("float32", "float64"):
        rate, count = backend.asarray(0.5, dtype), backend.asarray(float(step), dtype)
        found = backend.unbiased_rate(rate, count, beta_1, beta_2)
        assert backend.dtype(found) == dtype
        np.testing.assert_allclose(backend.to_numpy(found), expected, rtol=8 * eps(dtype))


def test_updates_leave_the_gradients_alone(backend):
    gradient = backend.asarray(np.array([1.0, 2.0], "float32"))
    handles = [backend.make_variable(np.zeros(2, "float32"), i == 0) for i in range(3)]
    p, m, s = ([h] for h in handles)
    for step in (1, 2):
        p, m, s = backend.update_adam([gradient], p, m, s, 0.1, step, 0.9, 0.99, 1e-7)
    np.testing.assert_array_equal(backend.to_numpy(gradient), [1, 2])
    np.testing.assert_allclose(backend.to_numpy(backend.read(p[0])), [-0.2, -0.2], rtol=1e-4)


@pytest.mark.parametrize(("dtype", "result"), [("float32", "float32"), ("float64", "float64")])
def test_global_norm(dtype, result, backend):
    tensors = [backend.asarray(np.array(v, dtype)) for v in ([3.0, 0.0], [[4.0]], 12.0)]
    norm = backend.global_norm(tensors)
    assert backend.dtype(norm) == result
    np.testing.assert_allclose(backend.to_numpy(norm), 13, rtol=1e-6)


def test_global_norm_of_16_bit_floats_does_not_overflow(backend):
    tensors = [backend.full((4,), 300.0, "float16")] * 4
    norm = backend.global_norm(tensors)
    assert backend.dtype(norm) == "float32"
    np.testing.assert_allclose(backend.to_numpy(norm), 1200, rtol=1e-6)
