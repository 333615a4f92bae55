"""Calls of `keraslite.ops` with a NumPy reference each: tables for test_ops.py."""

import numpy as np

_draw = np.random.default_rng(0)


def floats(*shape):
    """float32 in [-1, 1)."""
    return _draw.uniform(-1, 1, shape).astype("float32")


def ints(limit, *shape):
    """int32 in [0, limit)."""
    return _draw.integers(0, limit, shape).astype("int32")


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


X, Y, V = floats(3, 4), floats(3, 4), floats(4)
T = floats(2, 3, 4)
POSITIVE = np.abs(X) + 0.1
N, M = ints(9, 3, 4), ints(9, 3, 4) + 1
SQUARE = floats(3, 3)
SYMMETRIC = SQUARE @ SQUARE.T + 3 * np.eye(3, dtype="float32")
IDS = np.array([0, 2, 0, 1, 2, 2], "int32")
TARGETS = np.eye(4, dtype="float32")[[1, 0, 3]]
PROBABILITIES = softmax(X)
NAN = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 2.0]], "float32")


def call(name, *args, **kwargs):
    """A call whose reference is NumPy's function of the same name and parameters."""
    return name, args, kwargs, getattr(np, name)


def words(text):
    """The words of a text, as a list."""
    return text.split()


def calls(names, *args, **kwargs):
    """`call` of several functions with the same arguments."""
    return [call(name, *args, **kwargs) for name in words(names)]


def formula(reference, name, *args, **kwargs):
    """A call with a reference of its own."""
    return name, args, kwargs, reference


def gives(expected, name, *args, **kwargs):
    """A call whose one result is known."""
    return name, args, kwargs, lambda *_, **__: np.asarray(expected)


UNARY = (
    *calls("""abs absolute arcsin arccos arcsinh arctan arctanh cbrt ceil cos cosh deg2rad exp
        exp2 expm1 fabs floor isfinite isinf isnan isneginf isposinf logical_not
        negative rad2deg reciprocal round sign sin sinc sinh square tan tanh trunc ravel
        transpose zeros_like ones_like copy flip flipud fliplr tril triu trace diagonal
        diag diff ptp rot90""", X),
    *calls("sqrt log log2 log10 log1p", POSITIVE),
    call("arccosh", POSITIVE + 1), call("round", 10 * X, 1), call("bitwise_not", N),
    call("nan_to_num", np.array([np.nan, np.inf, -np.inf, 1], "float32")),
    formula(lambda x: 1 / np.sqrt(x), "rsqrt", POSITIVE),
    gives([-np.inf, -1.1630871536766743, 0, 0.4769362762044699, np.inf, np.nan],
            "erfinv", np.array([-1, -0.9, 0, 0.5, 1, 2], "float32")),
)  # fmt: skip

BINARY = (
    *calls("""add subtract multiply divide true_divide floor_divide mod fmod maximum minimum
        fmax fmin arctan2 hypot logaddexp logaddexp2 heaviside equal not_equal less
        less_equal greater greater_equal isclose allclose""", X, Y),
    *calls("""add multiply floor_divide mod fmod bitwise_and bitwise_or bitwise_xor left_shift
        right_shift logical_and logical_or logical_xor""", N, M),
    call("power", POSITIVE, Y), call("ldexp", X, ints(4, 3, 4)), call("isin", N, M[0]),
    call("clip", X, -0.5, 0.5), call("where", X > 0, X, Y),
    formula(lambda x, y: np.where(y == 0, 0, x / np.where(y == 0, 1, y)), "divide_no_nan", X,
            np.array([1.0, 0.0, 2.0, 0.0], "float32")),
    formula(lambda c, x, default: np.select(c, x, default), "select", [X > 0.5, X > 0], [X, Y],
            0.25),
)  # fmt: skip

REDUCTIONS = (
    *(call(n, T, axis=axis, keepdims=keep)
      for n in words("sum prod max min mean std var any all ptp median amax amin")
      for axis in (None, 1, -1, (0, 2)) for keep in (False, True)),
    *(call(n, T, axis=axis, keepdims=True) for n in ("argmax", "argmin") for axis in (None, 1)),
    *(call(n, T, axis=axis) for n in words("cumsum cumprod sort argsort") for axis in (-1, 1)),
    *calls("nansum nanprod nanmax nanmin nanmean nanvar nanstd nancumsum nancumprod", NAN, axis=1),
    call("cumsum", T), call("max", X, initial=5.0), call("count_nonzero", N, axis=0),
    call("average", X, axis=1, weights=V), call("average", X, weights=POSITIVE),
    call("diff", X, n=2, axis=0), call("quantile", X, np.array([0.1, 0.7], "float32"), axis=1),
    call("quantile", X, 0.3, method="nearest", keepdims=True), call("percentile", X, 30.0),
    call("trapezoid", T), call("trapezoid", X, np.sort(V)), call("trapezoid", T, dx=0.5, axis=0),
    call("nanargmax", NAN, axis=1), call("nanargmin", NAN[:1]),
    formula(lambda x, axis: np.log(np.exp(x).sum(axis)), "logsumexp", T, axis=(0, 2)),
)  # fmt: skip

MOVEMENT = (
    call("reshape", X, (2, -1)), call("expand_dims", X, (0, -1)), call("squeeze", T[:1], 0),
    call("squeeze", T[:1]), call("transpose", T, (2, 0, 1)), call("swapaxes", T, 0, -1),
    call("moveaxis", T, (0, 1), (-1, 0)), call("broadcast_to", V, (3, 4)), call("flip", T, (0, 2)),
    call("concatenate", [X, Y], 1), call("stack", [X, Y], -1), call("hstack", [V, V]),
    call("vstack", [V, X]), call("dstack", [X, Y]), call("append", X, Y, axis=1),
    call("split", X, 2, axis=1), call("split", X, [1, 2]), call("array_split", V, 3),
    call("hsplit", X, 2), call("vsplit", X, [1]), call("dsplit", T, 2), call("rot90", T, 3, (0, 2)),
    call("take", X, N % 4, axis=1), call("take", X, [5, -1]), call("repeat", X, 2, axis=1),
    call("take_along_axis", X, N % 3, axis=0), call("repeat", X, [1, 0, 2], axis=0),
    call("tile", X, (2, 1, 2)), call("roll", X, -1, axis=1), call("roll", X, 2),
    call("roll", X, (1, 2), axis=(0, 1)), call("diag", V, 1), call("diag", X, -1),
    call("diagflat", SQUARE, -1), call("diagonal", T, 1, 1, 2), call("trace", T, -1, 1, 2),
    call("tril", T, 1), call("triu", T, -1), call("meshgrid", V, V, indexing="ij"),
    call("meshgrid", V, X[0], T[0, 0]), call("linspace", V, V + 1, 5, axis=-1),
    call("geomspace", POSITIVE[0], 10 * POSITIVE[1], 4),
    call("pad", X, ((1, 2), (0, 1)), constant_values=7), call("pad", X, 1, "reflect"),
    call("pad", X, (1, 2), "symmetric"), call("searchsorted", np.sort(V), X[0]),
    call("searchsorted", [1, 2, 2], np.array([0, 2, 5]), side="right"),
    call("digitize", V, np.array([-0.5, 0.0, 0.5], "float32")),
    formula(lambda x, k: x[k], "get_item", T, (slice(None), None, -1, slice(3, 0, -2))),
    formula(lambda x: list(x), "unstack", X),
    formula(lambda x, *_: x[1:3, 2:], "slice", X, (1, 2), (2, -1)),
)  # fmt: skip

PRODUCTS = (
    call("matmul", X, Y.T), call("matmul", V, T[0].T), call("matmul", T, Y.T), call("dot", X, V),
    call("dot", T, floats(2, 4, 5)), call("vdot", X, Y), call("inner", T, X), call("outer", X, V),
    call("kron", X, V), call("tensordot", T, floats(4, 3), ((1, 2), (1, 0))),
    call("tensordot", T, floats(4, 2), 1), call("cross", floats(5, 3), floats(5, 3)),
    call("einsum", "ij,kj->ik", X, Y), call("einsum", "...ij,jk", T, Y.T),
    call("matmul", N, M.T),
    *(formula(getattr(np.linalg, n), n, SYMMETRIC) for n in ("cholesky", "inv")),
    *(formula(np.linalg.norm, "norm", *args) for args in (
        (X,), (X, 1, 0), (X, np.inf, 1), (X, 3, 1), (X, "fro"), (X, "nuc"), (X, 2), (X, -np.inf),
        (T, -1, (0, 2)), (T, 0, -1, True))),
    formula(np.linalg.solve, "solve", SYMMETRIC, SQUARE),
    formula(np.linalg.solve, "solve", SYMMETRIC, V[:3]),
    formula(lambda a, b, lower: np.linalg.solve(np.tril(a), b), "solve_triangular", SYMMETRIC,
            SQUARE, lower=True),
    formula(lambda x: np.linalg.slogdet(x)[1], "logdet", SYMMETRIC),
    formula(lambda x: np.linalg.inv(x @ x.T), "cholesky_inverse", np.tril(SYMMETRIC)),
    formula(lambda x: (np.fft.rfft(x).real, np.fft.rfft(x).imag), "rfft", X),
    formula(lambda x, n: (np.fft.rfft(x, n).real, np.fft.rfft(x, n).imag), "rfft", X, 5),
    formula(lambda x: np.fft.irfft(x[0] + 1j * x[1]), "irfft", (X, Y)),
    formula(lambda x, n: np.fft.irfft(x[0] + 1j * x[1], n), "irfft", (X, Y), 5),
    formula(lambda x: (np.fft.fft2(x[0] + 1j * x[1]).real, np.fft.fft2(x[0] + 1j * x[1]).imag),
            "fft2", (X, Y)),
)  # fmt: skip


def _segments(combine, empty):
    return lambda x, ids, count: np.stack(
        [combine(x[ids == i], 0) if (ids == i).any() else np.full_like(x[0], empty)
         for i in range(count)]
    )  # fmt: skip


SCATTERED = (
    formula(_segments(np.sum, 0), "segment_sum", floats(6, 2), IDS, 4),
    formula(_segments(np.max, -np.inf), "segment_max", floats(6, 2), IDS, 4),
    formula(_segments(np.min, np.inf), "segment_min", floats(6, 2), IDS, 4),
    formula(_segments(np.prod, 1), "segment_prod", floats(6, 2), IDS, 4),
    gives([[0, 4, 0], [0, 0, 2]], "scatter",
            np.array([[0, 1], [1, 2], [0, 1]]), np.array([1, 2, 3], "int32"), (2, 3)),
    gives([9, 0, 8], "scatter_update", np.zeros(3, "int32"), np.array([[0], [2], [2]]),
            np.array([9, 7, 8], "int32")),
    *(gives(expected, "scatter_update",
              np.array([5, 5, 5], "int32"), np.array([[0], [2], [-1]]),
              np.array([6, 1, 9], "int32"), reduction=reduction)
      for reduction, expected in (("add", [11, 5, 15]), ("max", [6, 5, 9]), ("min", [5, 5, 1]),
                                  ("mul", [30, 5, 45]))),
    formula(lambda x, start, u: np.concatenate([x[:, :1], u, x[:, 3:]], 1), "slice_update", X,
            (0, 1), Y[:, :2]),
    formula(lambda x, k: (-np.sort(-x)[:, :k], np.argsort(-x)[:, :k]), "top_k", X, 2),
    gives([True, False], "in_top_k", np.array([0, 2]),
            np.array([[3, 2, 1], [3, 2, 1]], "float32"), 2),
    formula(lambda i, shape: np.unravel_index(i, shape), "unravel_index", ints(12, 5), (3, 4)),
)  # fmt: skip

ACTIVATIONS = (
    formula(lambda x: np.maximum(x, 0), "relu", X), formula(sigmoid, "sigmoid", X),
    formula(lambda x: np.clip(x, 0, 6), "relu6", 9 * X),
    formula(lambda x: x * sigmoid(x), "silu", X),
    formula(lambda x: np.log(sigmoid(x)), "log_sigmoid", X),
    formula(lambda x: np.log1p(np.exp(x)), "softplus", X),
    formula(lambda x: x / (1 + abs(x)), "softsign", X),
    formula(lambda x: np.clip(x / 6 + 0.5, 0, 1), "hard_sigmoid", 5 * X),
    formula(lambda x: x * np.clip(x / 6 + 0.5, 0, 1), "hard_silu", 5 * X),
    formula(lambda x: np.clip((x + 1) / 2, 0, 1), "sparse_sigmoid", 2 * X),
    formula(lambda x, s: np.where(x > 0, x, s * x), "leaky_relu", X, 0.3),
    formula(lambda x, a: np.where(x > 0, x, a * np.expm1(x)), "elu", X, 0.7),
    formula(lambda x, a: np.where(x > 0, x, a * np.expm1(x / a)), "celu", X, 0.7),
    formula(lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
            "selu", X),
    formula(lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))), "gelu", X),
    formula(lambda x: x * np.tanh(np.log1p(np.exp(x))), "mish", X),
    formula(lambda x: np.clip(x, -1, 1), "hard_tanh", 2 * X),
    formula(lambda x: x - np.tanh(x), "tanh_shrink", X),
    formula(lambda x, t: np.sign(x) * np.maximum(abs(x) - t, 0), "soft_shrink", X, 0.3),
    formula(lambda x, t: np.where(abs(x) > t, x, 0), "hard_shrink", X, 0.3),
    formula(lambda x, t, v: np.where(x > t, x, v), "threshold", X, 0.1, 5.0),
    formula(lambda x, b: (x + np.sqrt(x * x + b)) / 2, "squareplus", X, 2),
    formula(lambda x: np.where(x > 1, x, np.where(x < -1, 0, (x + 1) ** 2 / 4)), "sparse_plus",
            3 * X),
    formula(lambda x: x[:, :2] * sigmoid(x[:, 2:]), "glu", X), formula(softmax, "softmax", X, 0),
    formula(lambda x: np.log(softmax(x)), "log_softmax", X),
    gives([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], "sparsemax",
            np.array([[1.0, 1.0, 0.0], [3.0, 1.0, 0.0]], "float32")),
)  # fmt: skip


def _normal(x, axes):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-3)


NEURAL = (
    formula(lambda x, axes: (x.mean(axes), x.var(axes)), "moments", T, (0, 2)),
    formula(lambda x, m, v, axis, offset, scale: (x - m) / np.sqrt(v + 1e-3) * scale + offset,
            "batch_normalization", T, V, V * V, -1, V + 1, V - 1),
    formula(lambda x, g, b, axis, e: _normal(x, (1, 2)) * g + b, "layer_normalization", T, X, Y,
            (1, 2), 1e-3),
    formula(lambda x, s: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-7) * s,
            "rms_normalization", T, V),
    formula(lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True), "normalize", X),
    formula(lambda x, axis, p: x / abs(x).sum(0), "normalize", X, 0, 1),
    formula(lambda t, p: -t * np.log(p) - (1 - t) * np.log(1 - p), "binary_crossentropy", TARGETS,
            PROBABILITIES),
    formula(lambda t, x, **_: np.log1p(np.exp(x)) - t * x, "binary_crossentropy", TARGETS, X,
            from_logits=True),
    formula(lambda t, p: -(t * np.log(p / p.sum(-1, keepdims=True))).sum(-1),
            "categorical_crossentropy", TARGETS, 2 * PROBABILITIES),
    formula(lambda t, x, **_: -(t * np.log(softmax(x, 0))).sum(0), "categorical_crossentropy",
            TARGETS, X, from_logits=True, axis=0),
    formula(lambda t, p: -np.log(p[np.arange(3), t]), "sparse_categorical_crossentropy",
            np.array([1, 0, 3]), PROBABILITIES),
    formula(lambda t, x, **_: -np.log(softmax(x)[np.arange(3), t[:, 0]]),
            "sparse_categorical_crossentropy", np.array([[1], [0], [3]]), X, from_logits=True),
    formula(lambda x, n, axis: np.moveaxis(np.eye(n)[x], -1, axis), "one_hot", N, 9, 1),
    gives([[1, 1, 0], [0, 0, 1]], "multi_hot", np.array([[0, 1], [2, 2]]), 3),
    formula(lambda x, k: np.einsum("bijc,cf->bijf", x, k[0, 0]), "conv", floats(2, 3, 3, 4),
            floats(1, 1, 4, 5)),
    formula(lambda x, *_: x.reshape(1, 2, 2, 2, 2, 1).max((2, 4)), "max_pool", floats(1, 4, 4, 1),
            2),
    formula(lambda x, *_: x.reshape(1, 2, 2, 2, 2, 1).mean((2, 4)), "average_pool",
            floats(1, 4, 4, 1), 2),
)  # fmt: skip

ALL = (
    *UNARY, *BINARY, *REDUCTIONS, *MOVEMENT, *PRODUCTS, *SCATTERED, *ACTIVATIONS, *NEURAL,
)  # fmt: skip
