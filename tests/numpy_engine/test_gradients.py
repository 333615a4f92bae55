"""Gradients of every differentiable function of the NumPy engine against finite differences."""

import numpy as np
import pytest

from keraslite.backend import get_backend

B = get_backend("numpy")


def words(text):
    return text.split()


def draw(*shape, low=-1.0, high=1.0, seed=0):
    """Values that stay clear of each other, so that no difference crosses a kink or a tie."""
    count = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(count)
    return (low + (order + 0.37) * (high - low) / max(count, 1)).reshape(shape)


def case(name, *inputs, fn=None, orders=2, id=None):
    fn = fn or (lambda *xs: getattr(B, name)(*xs))
    return pytest.param(fn, inputs, orders, id=id or name)


def method(name, *static, inputs, orders=2, **named):
    fn = lambda *xs: getattr(B, name)(*xs, *static, **named)
    label = ",".join(map(str, (*static, *named.values())))
    return pytest.param(fn, inputs, orders, id=f"{name}({label})")


X = draw(3, 4)
Y = draw(3, 4, low=-0.9, high=1.1, seed=1)
POSITIVE = draw(3, 4, low=0.2, high=3.0)
SPREAD = draw(2, 5, low=-4.0, high=4.0)
SQUARE = draw(2, 3, 3) + 3 * np.eye(3)
DEFINITE = SQUARE @ SQUARE.swapaxes(1, 2) + np.eye(3)
IMAGE = draw(2, 5, 6, 3)
LINE = draw(2, 7, 3)
ROWS = np.array([2, 0, 2, 1])
MASK = draw(3, 4, seed=7) > 0
RNN = (draw(2, 4, 3), draw(2, 2, seed=2))


def symmetric(x):
    return 0.5 * (x + B.swapaxes(x, -1, -2))


def weights(x, factor=3.3):
    return np.cos(factor * np.arange(np.prod(x.shape)).reshape(x.shape))


CASES = [
    *(case(n, X) for n in words("negative absolute exp expm1 sin cos tan tanh arcsin arccos")),
    *(case(n, X) for n in words("arctan erf square exp2 sinh cosh arcsinh arctanh")),
    *(case(n, POSITIVE) for n in words("sqrt log log1p reciprocal rsqrt log2 log10")),
    case("arccosh", POSITIVE + 1),
    *(case(n, SPREAD) for n in words("relu relu6 sigmoid log_sigmoid softplus softsign silu")),
    *(case(n, SPREAD) for n in words("selu hard_sigmoid erf")),
    method("leaky_relu", 0.2, inputs=(SPREAD,)),
    method("elu", 1.3, inputs=(SPREAD,)),
    method("gelu", False, inputs=(SPREAD,)),
    method("gelu", True, inputs=(SPREAD,)),
    *(case(n, X, Y) for n in words("add subtract multiply maximum minimum logaddexp")),
    *(
        case(n, X, Y[:1, :1], id=f"{n} stretched")
        for n in words("add subtract multiply maximum minimum arctan2")
    ),
    case("divide", X, POSITIVE[0]),
    case("remainder", 5 * X, POSITIVE),
    case("power", POSITIVE, Y),
    method("power", 3, inputs=(X,)),
    method("power", -1.5, inputs=(POSITIVE,)),
    case("power", Y, fn=lambda y: 2.0**y, id="2**y"),
    case("where", X, Y[0], fn=lambda x, y: B.where(MASK, x, y)),
    case("where", X, fn=lambda x: B.where(MASK, 2.0, x), id="where number"),
    method("clip", -0.5, 0.4, inputs=(X,)),
    case("clip", X, np.array(-0.5), fn=lambda x, low: B.clip(x, low, 0.4), id="clip tensor"),
    *(
        method(n, axis, keep, inputs=(POSITIVE,))
        for n in words("sum prod max min mean variance std logsumexp norm")
        for axis, keep in ((None, False), (-1, True), ((0, 1), False), (0, False))
    ),
    method("cumsum", 1, inputs=(X,)),
    method("cumprod", -1, inputs=(X,)),
    case("prod", np.array([2.0, 0.0, 3.0]), fn=lambda x: B.prod(x), id="prod with a zero"),
    case("cumprod", np.array([2.0, 0.0, 3.0]), fn=lambda x: B.cumprod(x, 0), id="cumprod zero"),
    method("reshape", (2, -1), inputs=(X,)),
    method("transpose", (1, 2, 0), inputs=(LINE,)),
    method("broadcast_to", (2, 3, 4), inputs=(X,)),
    method("pad", ((1, 0), (2, 3)), inputs=(X,)),
    *(
        method("getitem", key, inputs=(LINE,))
        for key in (1, (0, slice(1, 6, 2)), (..., None, -1), slice(None, None, -1))
    ),
    method("flip", (0, 1), inputs=(X,)),
    method("roll", 1, 1, inputs=(X,)),
    method("take", ROWS, 0, inputs=(X,)),
    method("take", np.array([[1, -1], [0, 1]]), 1, inputs=(LINE,)),
    method("take_along_axis", np.array([[1, 1], [0, 3], [2, 0]]), 1, inputs=(X,)),
    method("take_along_axis", np.array([[1], [1]]), 1, inputs=(draw(2, 4),)),
    case("take_along_axis", X, fn=lambda x: B.take_along_axis(x, np.array([[1, 2, 0, 1]]), 0),
         id="take_along_axis row"),
    case("scatter_add", X, draw(4, 4), fn=lambda x, u: B.scatter_add(x, ROWS, u)),
    case("scatter_add", X[0], X[1], fn=lambda x, u: B.scatter_add(x, ROWS, u), id="scatter 1-D"),
    method("sort", 1, inputs=(X,)),
    case("top_k", X, fn=lambda x: B.top_k(x, 2)[0]),
    method("windows", (2, 3), (2, 1), (1, 2), inputs=(IMAGE,)),
    method("fold", (5,), (2,), (1,), inputs=(draw(2, 2, 3, 2),)),
    case("concatenate", X, Y, fn=lambda x, y: B.concatenate([x, y, x], 1)),
    case("stack", X, Y, fn=lambda x, y: B.stack([x, y], 1)),
    case("unstack", X, fn=lambda x: B.unstack(x, 1)[2]),
    case("split", X, fn=lambda x: B.split(x, [1, 3], 1)[1] * B.split(x, 2, 1)[0]),
    method("repeat", 2, 1, inputs=(X,)),
    method("tile", (2, 1), inputs=(X,)),
    *(
        case("matmul", draw(*a), draw(*b, seed=1), id=f"matmul {a} {b}")
        for a, b in (
            ((3, 4), (4, 2)), ((4,), (4,)), ((4,), (4, 2)), ((3, 4), (4,)), ((2, 3, 4), (4, 2)),
            ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((2, 3, 4), (2, 4, 2)), ((1, 3, 4), (2, 4, 2)),
            ((3, 4), (2, 4, 2)),
        )
    ),
    *(
        case("einsum", *(draw(*s, seed=i) for i, s in enumerate(shapes)), id=f"einsum {subscripts}",
             fn=lambda *xs, s=subscripts: B.einsum(s, *xs))
        for subscripts, *shapes in (
            ("ij,jk->ik", (3, 4), (4, 2)), ("bij,bjk->bki", (2, 3, 4), (2, 4, 2)),
            ("ij->j", (3, 4)), ("ij->ji", (3, 4)), ("i,j->ij", (3,), (4,)),
            ("ij,ij->", (3, 4), (3, 4)),
            ("...ij,jk->...ik", (2, 3, 4), (4, 2)), ("...i,...i->...", (2, 3, 4), (3, 4)),
            ("ii->i", (3, 3)), ("ii->", (3, 3)), ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
            ("btnh,bsnh->bnts", (2, 3, 2, 4), (2, 5, 2, 4)), ("abc,cd->d", (2, 3, 4), (4, 2)),
            ("ijj,jk->k", (2, 3, 3), (3, 2)), ("...i,...->...", (1, 4), (3,)),
        )
    ),
    method("tensordot", ((0, 2), (1, 0)), inputs=(draw(2, 3, 4), draw(4, 2, 5))),
    case("dense", draw(2, 3, 4), draw(4, 2), draw(2)),
    case("solve", SQUARE, draw(2, 3, 2)),
    case("cholesky", DEFINITE, fn=lambda x: B.cholesky(symmetric(x))),
    *(
        case("qr", draw(*s) + np.eye(*s), fn=lambda x, i=i: B.qr(x)[i], id=f"qr {s}[{i}]")
        for s in ((3, 3), (4, 3), (3, 4)) for i in (0, 1)
    ),
    *(
        case("svd", draw(*s), orders=2, id=f"svd {s}",
             fn=lambda x: (lambda u, s, v: B.matmul(u * B.exp(s), v))(*B.svd(x)))
        for s in ((3, 3), (4, 3), (3, 4))
    ),
    case("eigh", DEFINITE, fn=lambda x: B.eigh(symmetric(x))[0]),
    case("eigh", DEFINITE, fn=lambda x: (lambda w, v: v * v)(*B.eigh(symmetric(x))), id="eigh[1]"),
    *(case(n, X, Y, fn=lambda x, y, n=n, i=i: getattr(B, n)(x, y)[i], id=f"{n}[{i}]")
      for n in ("fft", "ifft") for i in (0, 1)),
    case("inv", SQUARE),
    *(method("solve_triangular", low, inputs=(SQUARE, draw(2, 3, 2))) for low in (True, False)),
    case("diagonal", SQUARE),
    case("scan", X, Y, fn=lambda x, y: B.scan(
        lambda c, s: ((c[0] * s[0] + 1,), (c[0] + s[0],)), (y[0],), (x,), None)[1][0]),
    case("vectorized_map", X, fn=lambda x: B.vectorized_map(lambda r: (r * B.sum(r),), (x,))[0]),
    case("while_loop", X, fn=lambda x: B.while_loop(
        lambda c: B.sum(c * c) < 50, lambda c: (1.5 * c,), (x,))[0]),
    *(method(n, -1, inputs=(X,)) for n in ("softmax", "log_softmax")),
    method("softmax", (1, 2), inputs=(LINE,)),
    case("softmax_cross_entropy", X, POSITIVE),
    method("sparse_softmax_cross_entropy", np.array([1, 0, 3]), inputs=(X,)),
    case("sigmoid_cross_entropy", SPREAD, draw(2, 5, low=0.0)),
    case("batch_normalization_train", draw(4, 3, 2), draw(2), draw(2, seed=3), fn=lambda x, o, s:
         B.batch_normalization_train(x, -1, o, s, 1e-3)[0]),
    case("batch_normalization_train", draw(4, 3, 2), id="batch_normalization_train plain",
         fn=lambda x: B.batch_normalization_train(x, 1, None, None, 1e-3)[0]),
    case("batch_normalization", X, draw(4), POSITIVE[0], draw(4, seed=3), fn=lambda x, m, v, o:
         B.batch_normalization(x, m, v, -1, o, None, 1e-3)),
    case("layer_normalization", LINE, draw(3), draw(3, seed=3), fn=lambda x, s, o:
         B.layer_normalization(x, s, o, (-1,), 1e-3)),
    case("layer_normalization", LINE, draw(7, 3), id="layer_normalization 2 axes", fn=lambda x, s:
         B.layer_normalization(x, s, None, (1, 2), 1e-3)),
    *(
        case("dot_product_attention", draw(2, 3, 4, 2), draw(2, 5, h, 2), draw(2, 5, h, 2, seed=4),
             fn=lambda q, k, v, c=causal: B.dot_product_attention(q, k, v, None, None, None, c),
             id=f"attention {h} heads, causal {causal}")
        for h, causal in ((4, False), (2, True))
    ),
    *(
        case("conv", x, k, fn=lambda x, k, a=args: B.conv(x, k, *a), id=f"conv {k.shape} {args}")
        for x, k, args in (
            (IMAGE, draw(2, 3, 3, 2), ((1, 1), "valid", (1, 1), 1)),
            (IMAGE, draw(3, 3, 3, 2), ((2, 1), "same", (1, 1), 1)),
            (IMAGE, draw(2, 2, 3, 2), ((1, 1), "same", (2, 1), 1)),
            (IMAGE, draw(3, 3, 1, 6), ((1, 1), "valid", (1, 1), 3)),
            (IMAGE[..., :1], draw(3, 3, 1, 2), ((1, 1), "same", (1, 1), 1)),
            (IMAGE, draw(1, 1, 3, 2), ((1, 1), "valid", (1, 1), 1)),
            (LINE, draw(3, 3, 2), ((2,), ((2, 1),), (1,), 1)),
        )
    ),
    *(
        method(n, size, strides, padding, inputs=(IMAGE,))
        for n in ("max_pool", "average_pool")
        for size, strides, padding in (
            ((2, 2), (2, 2), "valid"), ((3, 2), (1, 2), "same"), ((2, 3), (2, 3), "same"),
        )
    ),
    method("max_pool", (2,), (1,), "valid", inputs=(LINE,)),
    *(
        case("simple_rnn", *RNN, draw(3, 2), draw(2, 2, seed=3), draw(2), id=f"simple_rnn {r} {m}",
             fn=lambda *xs, r=r, m=m: B.simple_rnn(*xs, m, r, "tanh")[0])
        for r, m in ((False, None), (True, RNN[0][..., 0] > -0.3))
    ),
    *(
        case("lstm", *RNN, draw(2, 2, seed=5), draw(3, 8), draw(2, 8, seed=3), draw(8), orders=o,
             fn=lambda *xs, r=r, m=m, i=i: B.lstm(*xs, m, r, "tanh", "sigmoid")[i],
             id=f"lstm {r} {m} [{i}]")
        for o, r, m, i in ((2, False, None, 0), (1, True, RNN[0][..., 0] > -0.3, 0),
                           (1, False, None, 1), (1, False, RNN[0][..., 0] > -0.3, 3))
    ),
    case("lstm", *RNN, draw(2, 2, seed=5), draw(3, 8), draw(2, 8, seed=3), id="lstm no bias relu",
         orders=1, fn=lambda *xs: B.lstm(*xs, None, None, False, "softsign", "hard_sigmoid")[0]),
    *(
        case("gru", *RNN, draw(3, 6), draw(2, 6, seed=3), bias, orders=o,
             fn=lambda *xs, r=r, m=m, after=bias.ndim == 2:
             B.gru(*xs, m, r, "tanh", "sigmoid", after)[0], id=f"gru {r} {m} {bias.shape}")
        for o, r, m, bias in (
            (2, False, None, draw(2, 6)), (1, True, RNN[0][..., 0] > -0.3, draw(2, 6)),
            (1, True, RNN[0][..., 0] > -0.3, draw(6)), (2, False, None, draw(6)),
        )
    ),
    method("dropout", 0.4, np.array([3, 5], np.int32), (3, 4), inputs=(X,)),
    case("cast", X, fn=lambda x: B.cast(B.cast(x, "float64"), "float64")),
]  # fmt: skip


def loss_of(fn):
    return lambda xs: (lambda y: B.sum(y * weights(y)))(fn(*xs))


def numeric_slope(loss, inputs, directions, step=1e-5):
    moved = [loss([x + s * step * d for x, d in zip(inputs, directions)]) for s in (1, -1, 2, -2)]
    return (8 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12 * step)


def slopes(gradients, directions):
    return sum(np.sum(g * d) for g, d in zip(gradients, directions))


@pytest.mark.parametrize("fn, inputs, orders", CASES)
def test_gradient_matches_finite_differences(fn, inputs, orders):
    directions = [weights(x, 1.7) for x in inputs]
    loss = loss_of(fn)
    value, gradients = B.value_and_grad(loss)(list(inputs))
    np.testing.assert_allclose(value, loss(inputs), rtol=1e-12, atol=1e-13)
    for g, x in zip(gradients, inputs):
        assert type(g) is np.ndarray and g.shape == x.shape and g.dtype == x.dtype
    expected = numeric_slope(loss, inputs, directions)
    np.testing.assert_allclose(slopes(gradients, directions), expected, rtol=2e-6, atol=2e-8)
    if orders > 1:
        check_second_order(loss, inputs, directions)


def check_second_order(loss, inputs, directions):
    def slope(xs):
        return slopes(B.value_and_grad(loss)(xs)[1], directions)

    value, second = B.value_and_grad(slope)(list(inputs))
    expected = numeric_slope(slope, inputs, directions)
    np.testing.assert_allclose(value, slope(list(inputs)), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(slopes(second, directions), expected, rtol=5e-6, atol=1e-7)


@pytest.mark.parametrize(
    "name, x, expected",
    [("absolute", 0.0, 0.0), ("sign", 0.0, 0.0), ("relu", 0.0, 0.0), ("relu6", 6.0, 0.0)],
)
def test_gradient_at_kinks(name, x, expected):
    _, (g,) = B.value_and_grad(lambda xs: B.sum(getattr(B, name)(xs[0])))([np.full(3, x)])
    assert g.tolist() == [expected] * 3


def test_ties_are_shared():
    tie = np.array([1.0, 2.0, 2.0])
    for name, expected in (("max", [0, 0.5, 0.5]), ("min", [1, 0, 0])):
        _, (g,) = B.value_and_grad(lambda xs: getattr(B, name)(xs[0]))([tie])
        assert g.tolist() == expected
    for name in ("maximum", "minimum"):
        _, gs = B.value_and_grad(lambda xs: B.sum(getattr(B, name)(*xs)))([tie, tie + 0])
        assert [g.tolist() for g in gs] == [[0.5] * 3] * 2


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [(2, 2), (1, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_max_pool_of_relu(dtype, strides, padding):
    """Its gradient leaves relu's out: the same as with relu written otherwise, where windows have
    nothing positive, and where relu's result is used elsewhere too."""
    x = np.random.default_rng(2).integers(-3, 3, (2, 5, 5, 3)).astype(dtype)
    weights = np.random.default_rng(3).random((2, 5, 5, 3)).astype(dtype)

    def gradient(relu):
        def loss(inputs):
            y = relu(inputs[0])
            pooled = B.max_pool(y, (2, 2), strides, padding)
            return B.sum(B.square(pooled) * B.full(B.shape(pooled), 0.5, dtype)) + B.sum(
                y * weights
            )

        return B.value_and_grad(loss)([x])[1][0]

    plain = gradient(lambda x: B.where(B.greater(x, 0), x, 0.0))
    np.testing.assert_array_equal(gradient(B.relu), plain)


def test_max_pool_gradient_goes_to_the_first_of_equals():
    _, (g,) = B.value_and_grad(lambda xs: B.sum(B.max_pool(xs[0], (2, 2), (2, 2), "valid")))(
        [np.ones((1, 2, 2, 1))]
    )
    assert g.ravel().tolist() == [1, 0, 0, 0]
