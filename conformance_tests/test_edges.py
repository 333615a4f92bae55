"""Values at the edges: infinities, NaN, zeros and ties, forward and in gradients."""

import math

import numpy as np
import pytest

INF, NAN = math.inf, math.nan
WIDE = ("float32", "float64")

FORWARD = [
    ("exp", [(-INF, 0.0), (INF, INF), (NAN, NAN), (-1e4, 0.0), (1e4, INF)]),
    ("expm1", [(-INF, -1.0), (INF, INF), (1e-20, 1e-20)]),
    ("log", [(0.0, -INF), (INF, INF), (-1.0, NAN)]),
    ("log1p", [(-1.0, -INF), (1e-20, 1e-20)]),
    ("sqrt", [(0.0, 0.0), (INF, INF), (-1.0, NAN)]),
    ("rsqrt", [(0.0, INF), (INF, 0.0)]),
    ("reciprocal", [(0.0, INF), (-INF, 0.0)]),
    ("tanh", [(-INF, -1.0), (50.0, 1.0), (1e-20, 1e-20)]),
    ("erf", [(INF, 1.0), (-9.0, -1.0)]),
    ("arctan", [(INF, math.pi / 2)]),
    ("absolute", [(-INF, INF), (NAN, NAN)]),
    ("sign", [(-INF, -1.0), (0.0, 0.0), (INF, 1.0)]),
    ("floor", [(-0.5, -1.0), (INF, INF)]),
    ("round", [(0.5, 0.0), (1.5, 2.0), (2.5, 2.0), (-2.5, -2.0)]),
    ("sigmoid", [(-INF, 0.0), (INF, 1.0), (-1e4, 0.0), (1e4, 1.0), (NAN, NAN)]),
    ("log_sigmoid", [(-1e4, -1e4), (1e4, 0.0)]),
    ("softplus", [(-1e4, 0.0), (1e4, 1e4), (0.0, math.log(2))]),
    ("relu", [(-INF, 0.0), (INF, INF), (-0.0, 0.0)]),
    ("relu6", [(-INF, 0.0), (INF, 6.0)]),
    ("silu", [(1e4, 1e4), (-1e4, 0.0)]),
    ("selu", [(1e4, 1.0507009873554805e4), (-1e4, -1.0507009873554805 * 1.6732632423543772)]),
    ("hard_sigmoid", [(-INF, 0.0), (INF, 1.0), (3.0, 1.0), (-3.0, 0.0)]),
    ("softsign", [(1e30, 1.0), (-1e30, -1.0)]),
    ("arcsinh", [(-1e4, -math.asinh(1e4)), (1e-20, 1e-20), (0.0, 0.0)]),
    ("isfinite", [(INF, False), (-INF, False), (NAN, False), (1.0, True)]),
    ("isnan", [(INF, False), (NAN, True), (0.0, False)]),
    ("isinf", [(INF, True), (-INF, True), (NAN, False), (1.0, False)]),
]
FORWARD_TWO = [
    ("maximum", [(NAN, 1.0, NAN), (1.0, NAN, NAN), (-INF, 1.0, 1.0), (INF, 1.0, INF)]),
    ("minimum", [(NAN, 1.0, NAN), (1.0, NAN, NAN), (-INF, 1.0, -INF), (INF, 1.0, 1.0)]),
    ("divide", [(1.0, 0.0, INF), (-1.0, 0.0, -INF), (0.0, 0.0, NAN), (1.0, INF, 0.0)]),
    ("power", [(0.0, 0.0, 1.0), (-2.0, 3.0, -8.0), (-2.0, 2.0, 4.0), (-1.0, 0.5, NAN)]),
    ("floor_divide", [(-7.0, 2.0, -4.0), (7.0, -2.0, -4.0), (-7.0, -2.0, 3.0)]),
    ("remainder", [(-7.0, 3.0, 2.0), (7.0, -3.0, -2.0), (-6.0, 3.0, 0.0)]),
    ("arctan2", [(0.0, -1.0, math.pi), (-1.0, 0.0, -math.pi / 2), (0.0, 1.0, 0.0)]),
    ("logaddexp", [(-INF, -INF, -INF), (-INF, 1.0, 1.0), (1e4, 1e4, 1e4 + math.log(2))]),
    ("equal", [(NAN, NAN, False), (0.0, -0.0, True), (INF, INF, True)]),
    ("not_equal", [(NAN, NAN, True), (1.0, 1.0, False)]),
    ("less", [(NAN, 1.0, False), (1.0, NAN, False), (-INF, INF, True)]),
    ("less_equal", [(NAN, 1.0, False), (1.0, 1.0, True)]),
    ("greater", [(NAN, 1.0, False), (1.0, NAN, False), (2.0, 1.0, True), (1.0, 1.0, False)]),
    ("greater_equal", [(NAN, 1.0, False), (1.0, NAN, False), (1.0, 1.0, True)]),
]


def tensor(backend, values, dtype="float64"):
    return backend.asarray(np.asarray(values, dtype))


def compare(backend, found, expected):
    expected = np.asarray(expected)
    found = backend.to_numpy(found)
    if found.dtype.kind in "biu":
        np.testing.assert_array_equal(found, expected)
    else:
        np.testing.assert_allclose(found, expected, rtol=4 * float(np.finfo(found.dtype).eps))


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("name", "pairs"), FORWARD, ids=[f[0] for f in FORWARD])
def test_special_values(name, pairs, dtype, backend):
    x, expected = zip(*pairs)
    compare(backend, getattr(backend, name)(tensor(backend, x, dtype)), expected)


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("name", "triples"), FORWARD_TWO, ids=[f[0] for f in FORWARD_TWO])
def test_special_values_of_two(name, triples, dtype, backend):
    x, y, expected = zip(*triples)
    found = getattr(backend, name)(tensor(backend, x, dtype), tensor(backend, y, dtype))
    compare(backend, found, expected)


REDUCED = [
    ("max", [1.0, NAN, 2.0], NAN), ("min", [1.0, NAN, 2.0], NAN), ("max", [-INF, -INF], -INF),
    ("sum", [INF, 1.0], INF), ("sum", [INF, -INF], NAN), ("sum", [], 0.0), ("prod", [], 1.0),
    ("logsumexp", [-INF, -INF], -INF), ("logsumexp", [1e4, 1e4], 1e4 + math.log(2)),
    ("logsumexp", [-1e4, 3.0], 3.0), ("argmax", [1.0, 5.0, 5.0], 1), ("argmin", [2.0, 0.0, 0.0], 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "expected"), REDUCED)
def test_special_values_in_reductions(name, values, expected, backend):
    compare(backend, getattr(backend, name)(tensor(backend, values), 0), expected)


@pytest.mark.parametrize("dtype", WIDE)
def test_softmax_and_losses_of_large_logits(dtype, backend):
    logits = tensor(backend, [[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]], dtype)
    compare(backend, backend.softmax(logits, -1), [[1, 0, 0], [1 / 3] * 3])
    third = math.log(3)
    compare(backend, backend.log_softmax(logits, -1), [[0, -1e4, -2e4], [-third] * 3])
    labels = tensor(backend, [2, 0], "int32")
    compare(backend, backend.sparse_softmax_cross_entropy(logits, labels), [2e4, third])
    one_hot = tensor(backend, [[0, 0, 1], [1, 0, 0]], dtype)
    compare(backend, backend.softmax_cross_entropy(logits, one_hot), [2e4, third])
    binary = backend.sigmoid_cross_entropy(logits, one_hot)
    compare(backend, binary, [[1e4, math.log(2), 1e4], [1e4, 0, 0]])


GRADIENTS = [
    ("absolute", [0.0, -0.0, -2.0], [0, 0, -1]),
    ("sign", [0.0, 3.0], [0, 0]),
    ("relu", [0.0, -1.0, 2.0], [0, 0, 1]),
    ("floor", [0.5, 1.0], [0, 0]),
    ("round", [0.5, 1.2], [0, 0]),
    ("sigmoid", [0.0, 1e3, -1e3], [0.25, 0, 0]),
    ("softplus", [0.0, 1e3, -1e3], [0.5, 1, 0]),
    ("log_sigmoid", [0.0, 1e3, -1e3], [0.5, 0, 1]),
    ("silu", [0.0, 1e3, -1e3], [0.5, 1, 0]),
    ("tanh", [0.0, 1e3], [1, 0]),
    ("arcsinh", [0.0, 1e3], [1, 1 / math.sqrt(1e6 + 1)]),
    ("softsign", [0.0, 1.0], [1, 0.25]),
    ("selu", [1e3, -1e3], [1.0507009873554805, 0]),
    ("square", [0.0, 2.0], [0, 4]),
    ("erf", [0.0, 50.0], [2 / math.sqrt(math.pi), 0]),
]


def gradient(backend, function, *values):
    loss = lambda v: backend.sum(function(*v))
    _, gradients = backend.value_and_grad(loss)([tensor(backend, v) for v in values])
    return [backend.to_numpy(g) for g in gradients]


@pytest.mark.parametrize(("name", "x", "expected"), GRADIENTS, ids=[g[0] for g in GRADIENTS])
def test_gradients_at_the_edges(name, x, expected, backend):
    (found,) = gradient(backend, getattr(backend, name), x)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_of_two_are_halved(name, backend):
    first, second = gradient(backend, getattr(backend, name), [1.0, 2.0], [1.0, 0.0])
    wins = [0.5, 1] if name == "maximum" else [0.5, 0]
    np.testing.assert_array_equal(first, wins)
    np.testing.assert_array_equal(second, 1 - np.array(wins))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_with_a_number_are_halved(name, backend):
    (found,) = gradient(backend, lambda x: getattr(backend, name)(x, 1.0), [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(found, [0, 0.5, 1] if name == "maximum" else [1, 0.5, 0])


@pytest.mark.parametrize("name", ["max", "min"])
def test_equal_extremes_share_the_gradient(name, backend):
    x = [[3.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0], [1.0, 3.0, 2.0, 2.0]]
    (found,) = gradient(backend, lambda t: getattr(backend, name)(t, 1), x)
    extreme = np.max if name == "max" else np.min
    equal = np.asarray(x) == extreme(x, 1, keepdims=True)
    np.testing.assert_allclose(found, equal / equal.sum(1, keepdims=True), rtol=1e-12)
    (found,) = gradient(backend, lambda t: getattr(backend, name)(t), x)
    equal = np.asarray(x) == extreme(x)
    np.testing.assert_allclose(found, equal / equal.sum(), rtol=1e-12)


def test_clip_passes_the_gradient_at_its_limits(backend):
    (found,) = gradient(backend, lambda x: backend.clip(x, -1.0, 1.0), [-2, -1, 0, 1, 2])
    np.testing.assert_array_equal(found, [0, 1, 1, 1, 0])


def test_relu6_has_no_gradient_at_its_limits(backend):
    (found,) = gradient(backend, backend.relu6, [-1, 0, 3, 6, 7])
    np.testing.assert_array_equal(found, [0, 0, 1, 0, 0])


def test_leaky_relu_and_elu_at_zero_take_the_lower_side(backend):
    (found,) = gradient(backend, lambda x: backend.leaky_relu(x, 0.25), [-1.0, 0.0, 1.0])
    np.testing.assert_array_equal(found, [0.25, 0.25, 1])
    (found,) = gradient(backend, lambda x: backend.elu(x, 2.0), [0.0, 1.0])
    assert found[0] in (1.0, 2.0) and found[1] == 1


def test_max_pool_gives_the_gradient_to_the_first_of_equals(backend):
    x = np.array([[1.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 2.0]]).reshape(1, 2, 4, 1)
    (found,) = gradient(backend, lambda t: backend.max_pool(t, (2, 2), (2, 2), "valid"), x)
    np.testing.assert_array_equal(found[0, :, :, 0], [[1, 0, 0, 1], [0, 0, 0, 0]])


def test_max_pool_never_chooses_the_padding(backend):
    x = -np.ones((1, 3, 3, 1))
    found = backend.max_pool(tensor(backend, x), (2, 2), (2, 2), "same")
    np.testing.assert_array_equal(backend.to_numpy(found), -np.ones((1, 2, 2, 1)))


def test_products_with_zeros_have_finite_gradients(backend):
    (found,) = gradient(backend, lambda x: backend.prod(x, 1), [[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
    np.testing.assert_array_equal(found, [[0, 6, 0], [0, 0, 0]])
    (found,) = gradient(backend, lambda x: backend.cumprod(x, 0), [2.0, 0.0, 3.0])
    np.testing.assert_array_equal(found, [1, 8, 0])


@pytest.mark.parametrize(
    ("x", "y", "first"), [(0.0, 2.0, 0.0), (0.0, 1.0, 1.0), (-2.0, 3.0, 12.0), (0.0, 0.0, 0.0)]
)
def test_power_at_zero_and_of_negative_bases(x, y, first, backend):
    (found,) = gradient(backend, lambda v: backend.power(v, tensor(backend, [y])), [x])
    np.testing.assert_allclose(found, [first], rtol=1e-12)
    if y:
        (found,) = gradient(backend, lambda v: v**y, [x])
        np.testing.assert_allclose(found, [first], rtol=1e-12)


def test_where_does_not_pass_on_what_it_did_not_choose(backend):
    """NaN on the side that is not chosen stays out of the result (gradients: choose before)."""
    condition = backend.asarray(np.array([True, False]))
    x = tensor(backend, [1.0, NAN])
    first, second = gradient(
        backend, lambda a, b: backend.where(condition, a, b), [1.0, NAN], [NAN, 2.0]
    )
    np.testing.assert_array_equal(first, [1, 0])
    np.testing.assert_array_equal(second, [0, 1])
    np.testing.assert_array_equal(backend.to_numpy(backend.where(condition, x, 0.0)), [1, 0])


def test_the_gradient_of_logsumexp_of_infinities(backend):
    (found,) = gradient(backend, lambda x: backend.logsumexp(x, 0), [-INF, 0.0])
    np.testing.assert_array_equal(found, [0, 1])


def test_rows_that_attend_to_nothing_are_finite(backend):
    rng = np.random.default_rng(0)
    q, k, v = (tensor(backend, rng.normal(size=(1, 3, 1, 4)), "float32") for _ in range(3))
    mask = backend.asarray(np.array([[True] * 3, [False] * 3, [True, False, False]]))
    loss = lambda x: backend.sum(backend.dot_product_attention(*x, None, mask, None, False))
    value, gradients = backend.value_and_grad(loss)([q, k, v])
    assert np.isfinite(backend.to_numpy(value))
    assert all(np.isfinite(backend.to_numpy(g)).all() for g in gradients)


def test_repeated_indices_add_up(backend):
    indices = backend.asarray(np.array([1, 1, -1, 1], "int32"))
    (found,) = gradient(backend, lambda x: backend.take(x, indices, 0), np.zeros((3, 2)))
    np.testing.assert_array_equal(found, [[0, 0], [3, 3], [1, 1]])


def test_long_sums_of_16_bit_floats_do_not_stagnate(backend):
    for dtype in ("float16", "bfloat16"):
        found = backend.to_numpy(backend.mean(backend.ones((100_000,), dtype)))
        assert found.astype("float64") == 1
        spread = backend.variance(backend.asarray(np.tile([0.0, 2.0], 5000), dtype))
        assert backend.to_numpy(spread).astype("float64") == 1
