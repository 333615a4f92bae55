"""What the NumPy engine overrides against the base class's composites, values and gradients."""

import numpy as np
import pytest

from keraslite.backend import Backend, get_backend

B = get_backend("numpy")
RNG = np.random.default_rng(0)
KEY = np.array([123456789, -987654321], "int32")


def draw(*shape, low=-2.0, high=2.0):
    return RNG.uniform(low, high, shape)


def composite(name):
    """The base class's method on this engine."""
    method = getattr(Backend, name)
    return lambda *args: method(B, *args)


IMAGE, LINE = draw(3, 9, 8, 5), draw(2, 30, 3)
SEQUENCE = draw(3, 6, 4)
MASK = RNG.uniform(size=(3, 6)) > 0.4
STATE = draw(3, 5)
FLOATS = {
    **{name: (draw(3, 4),) for name in ("sigmoid", "softplus", "relu", "square", "sinh", "cosh")},
    **{name: (draw(3, 4),) for name in ("arcsinh", "exp2", "reciprocal")},
    **{name: (draw(3, 4, low=1.1),) for name in ("log2", "log10", "arccosh")},
    "arctanh": (draw(3, 4, low=-0.9, high=0.9),),
    "clip": (draw(3, 4), -1.0, 1.0),
    "gelu": (draw(3, 4), False),
    "mean": (draw(3, 4), 1, True),
    "softmax": (draw(3, 4, 2), (1, 2)),
    "log_softmax": (draw(3, 4), -1),
    "softmax_cross_entropy": (draw(3, 4), draw(3, 4, low=0)),
    "sparse_softmax_cross_entropy": (draw(3, 4), np.array([3, 0, 1])),
    "sigmoid_cross_entropy": (draw(3, 4), draw(3, 4, low=0)),
    "layer_normalization": (IMAGE, draw(8, 5), draw(8, 5), (2, 3), 1e-3),
    "dense": (LINE, draw(3, 7), draw(7)),
    "stack": ([draw(2, 3), draw(2, 3)], -1),
}  # fmt: skip
CONVOLUTIONS = {
    "plain": (IMAGE, draw(3, 3, 5, 4), (1, 1), "valid", (1, 1), 1),
    "strides, same": (IMAGE, draw(4, 3, 5, 4), (2, 3), "same", (1, 1), 1),
    "dilation, explicit": (IMAGE, draw(3, 2, 5, 4), (1, 1), ((2, 0), (1, 3)), (2, 2), 1),
    "groups": (IMAGE[..., :4], draw(3, 3, 2, 6), (1, 1), "same", (1, 1), 2),
    "one channel": (IMAGE[..., :1], draw(3, 3, 1, 4), (2, 1), "valid", (1, 1), 1),
    "pointwise": (IMAGE, draw(1, 1, 5, 4), (1, 1), "same", (1, 1), 1),
    "pointwise strided": (IMAGE, draw(1, 1, 5, 4), (2, 2), "valid", (1, 1), 1),
    "1-D": (LINE, draw(5, 3, 4), (2,), "same", (1,), 1),
    "3-D": (draw(2, 5, 4, 6, 2), draw(2, 3, 2, 2, 3), (1, 2, 1), "same", (1, 1, 1), 1),
    "several groups of images": (draw(40, 24, 24, 4), draw(5, 5, 4, 8), (1, 1), "same", (1, 1), 1),
}
POOLS = {
    "plain": (IMAGE, (2, 2), (2, 2), "valid"),
    "overlapping": (IMAGE, (3, 2), (1, 1), "same"),
    "gaps": (IMAGE, (2, 2), (3, 3), "valid"),
    "same": (IMAGE, (2, 3), (2, 3), "same"),
    "1-D": (LINE, (3,), (2,), "same"),
}
RECURRENT = {
    f"{name}, {kind}": (name, (SEQUENCE, *states, *weights, mask, reverse, *activations))
    for kind, mask, reverse in (("plain", None, False), ("masked and reversed", MASK, True))
    for name, states, weights, activations in (
        ("simple_rnn", [STATE], [draw(4, 5), draw(5, 5), draw(5)], ["tanh"]),
        ("simple_rnn", [STATE], [draw(4, 5), draw(5, 5), None], ["relu"]),
        ("lstm", [STATE, STATE[::-1]], [draw(4, 20), draw(5, 20), draw(20)], ["tanh", "sigmoid"]),
        ("gru", [STATE], [draw(4, 15), draw(5, 15), draw(2, 15)], ["tanh", "sigmoid", True]),
        ("gru", [STATE], [draw(4, 15), draw(5, 15), draw(15)], ["relu", "sigmoid", False]),
    )
}
HEADS = draw(5, 7, 2, 4), draw(5, 6, 2, 4), draw(5, 6, 2, 3)
SAMPLES = draw(40, 64, 2, 3), draw(40, 50, 2, 3), draw(40, 50, 2, 2)
PLACES = RNG.uniform(size=(5, 1, 7, 6)) > 0.6
PLACES[1, 0, 2] = False
ATTENTION = {
    "plain": (*HEADS, None, None, None, False),
    "causal": (*HEADS, None, None, 0.3, True),
    "masked": (*HEADS, None, PLACES, None, True),
    "groups of samples": (*SAMPLES, None, RNG.uniform(size=(64, 50)) > 0.5, None, False),
}
CASES = [
    *(pytest.param("dot_product_attention", a, id=f"attention, {k}") for k, a in ATTENTION.items()),
    pytest.param("gelu", (draw(200, 300), False), id="gelu, blocks"),
    pytest.param("layer_normalization", (draw(300, 200), draw(200), draw(200), (1,), 1e-3)),
    pytest.param("layer_normalization", (draw(300, 200), None, None, (1,), 1e-3)),
    *(pytest.param(name, args, id=name) for name, args in FLOATS.items()),
    *(pytest.param("conv", args, id=f"conv, {kind}") for kind, args in CONVOLUTIONS.items()),
    *(
        pytest.param(name, args, id=f"{name}, {kind}")
        for name in ("max_pool", "average_pool")
        for kind, args in POOLS.items()
    ),
    *(
        pytest.param("batch_normalization_train", (IMAGE, axis, offset, scale, 1e-3))
        for axis, offset, scale in ((-1, draw(5), draw(5)), (1, None, draw(9)), (-1, None, None))
    ),
    *(pytest.param(name, args, id=id) for id, (name, args) in RECURRENT.items()),
]


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype == np.float64


@pytest.mark.parametrize("name, args", CASES)
def test_override_equals_composite(name, args):
    places = [i for i, a in enumerate(args) if is_float(a)]

    def loss(fn):
        def scalar(inputs):
            full = list(args)
            for place, x in zip(places, inputs):
                full[place] = x
            results = fn(*full)
            results = results if isinstance(results, tuple) else (results,)
            total = sum(B.sum(r * np.cos(np.arange(r.size).reshape(r.shape))) for r in results)
            return total, results

        return scalar

    inputs = [args[i] for i in places]
    (_, results), gradients = B.value_and_grad(loss(getattr(B, name)), True)(inputs)
    (_, expected), expected_gradients = B.value_and_grad(loss(composite(name)), True)(inputs)
    untraced = getattr(B, name)(*args)
    for r, u, e in zip(results, untraced if isinstance(untraced, tuple) else [untraced], expected):
        assert r.shape == e.shape and r.dtype == e.dtype
        np.testing.assert_allclose(r, e, rtol=1e-12, atol=1e-13)
        np.testing.assert_array_equal(r, u)
    for g, e in zip(gradients, expected_gradients):
        np.testing.assert_allclose(g, e, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(
    "name, slots, args",
    [
        ("update_sgd", 0, (0.1,)),
        ("update_momentum", 1, (0.1, 0.9, False)),
        ("update_momentum", 1, (0.1, 0.9, True)),
        ("update_rmsprop", 3, (0.1, 0.9, 0.0, 1e-3, False)),
        ("update_rmsprop", 3, (0.1, 0.9, 0.5, 1e-3, True)),
        ("update_adam", 2, (0.1, 3.0, 0.9, 0.999, 1e-3)),
    ],
)
def test_updates_have_the_composite_s_bits(name, slots, args, dtype):
    shapes = (), (3,), (2, 5), (200, 130)
    lists = [
        [B.asarray(draw(*s, low=0.5, high=0.6), dtype) for s in shapes] for _ in range(slots + 2)
    ]
    copies = [[B.asarray(x.copy()) for x in column] for column in lists]
    expected = composite(name)(*copies, *args)
    got = getattr(B, name)(*lists, *args)
    for column, wanted in zip(got, expected, strict=True):
        for x, e in zip(column, wanted, strict=True):
            assert x.dtype == e.dtype
            np.testing.assert_array_equal(x, e)
    again = getattr(B, name)(lists[0], *got, *args)  # small ones share a buffer from now on
    expected = composite(name)(copies[0], *expected, *args)
    for column, wanted, handles in zip(again, expected, got, strict=True):
        for x, e, handle in zip(column, wanted, handles, strict=True):
            assert x is handle
            np.testing.assert_array_equal(x, e)


def test_small_variables_that_were_assigned_are_gathered_anew():
    handles = [B.make_variable(np.full(3, i, "f"), True) for i in range(3)]
    gradients = [np.ones(3, "f")] * 3
    (handles,) = B.update_sgd(gradients, handles, 1.0)
    handles[1] = B.assign(handles[1], np.full(3, 9.0, "f"))
    (handles,) = B.update_sgd(gradients, handles, 1.0)
    assert [float(h[0]) for h in handles] == [-2.0, 8.0, 0.0]
    (pair,) = B.update_sgd(gradients[:2], handles[::-2], 1.0)  # some of them, in another order
    assert [float(h[0]) for h in pair] == [-1.0, -3.0]


def test_adam_takes_rate_and_step_as_arrays():
    x = [B.asarray(draw(5), "float64") for _ in range(4)]
    lists = [[B.asarray(one.copy())] for one in x]
    numbers = B.update_adam(*lists, 0.5, 3.0, 0.9, 0.999, 1e-3)
    arrays = B.update_adam(
        *[[one] for one in x], np.array(0.5, "f"), np.array(3, "f"), 0.9, 0.999, 1e-3
    )
    np.testing.assert_array_equal(numbers[0][0], arrays[0][0])


@pytest.mark.parametrize(
    "name, args",
    [
        ("random_bits", (KEY, 40001)),
        ("random_bits", (KEY, 0)),
        ("fold_in", (KEY, 7)),
        ("fold_in", (KEY, np.array(-7, "int32"))),
        ("fold_in", (KEY, 2**31 - 1)),
        ("random_uniform", (KEY, (3, 20001), "float32")),
        ("random_uniform", (KEY, (3, 20001), "float64")),
        ("random_uniform", (KEY, (5,), "bfloat16")),
        ("random_keep", (KEY, (3, 20001), 0.7)),
        ("random_keep", (KEY, (7,), 1.0)),
        ("random_keep", (KEY, (0,), 0.5)),
    ],
)
def test_random_words_have_the_composite_s_bits(name, args):
    with np.errstate(over="ignore"):
        got, expected = getattr(B, name)(*args), composite(name)(*args)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_where_of_many_elements():
    """Bit masks above a size, np.where below: the same results."""
    condition = draw(80, 90) > 0
    for dtype in ("float16", "bfloat16", "float32", "float64", "int8", "int32", "bool"):
        x, y = B.asarray(draw(80, 90), dtype), B.asarray(draw(90), dtype)
        for a, b in ((x, y), (y, x), (x, 1), (1, x), (x, 0), (x[:, ::2], y[1::2])):
            c = condition[:, : np.shape(a)[-1]] if np.ndim(a) else condition
            got = B.where(c, a, b)
            assert B.dtype(got) == dtype
            a, b = (np.asarray(v, x.dtype) for v in (a, b))
            np.testing.assert_array_equal(got, np.where(c, a, b))
    assert np.isnan(B.where(condition, np.nan, draw(80, 90))).sum() == condition.sum()
    guarded = B.where(condition, draw(80, 90), 0.0 * draw(80, 90) + np.inf)
    assert np.isfinite(guarded).sum() == condition.sum()
