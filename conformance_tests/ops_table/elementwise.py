"""Rows of the op table: functions applied element by element."""

import math

import numpy as np

from conformance_tests.cases import DTYPE, INTS, SIGNED, Case, Input, Op
from keraslite.backend.dtypes import FLOATS

ONE = tuple(Case((s,)) for s in [(67,), (), (2, 3, 4), (0, 3)])
TWO = tuple(
    Case(s) for s in [((67,), (67,)), ((2, 3, 4), (3, 1)), ((), ()), ((), (2, 3)), ((0, 3), (1, 3))]
)
ANY = Input(specials=(0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0))
TIED = Input(specials=(-1.0, 0.0, 1.0), ints=(-2, 2))
POSITIVE = Input(0.1, 5)
STRANGE = Input(specials=(np.inf, -np.inf, np.nan))
BOOL = Input(dtype="bool")
NONZERO = Input(build=lambda x: np.where(x < 0, x - 0.5, x + 0.5), ints=(1, 6))
POWER_OF_TWO = Input(build=lambda x: np.copysign(2.0 ** np.round(x), x))  # quotients are exact
SHIFT = Input(ints=(0, 6))


def sigmoid(x):
    return np.where(x < 0, np.exp(-np.abs(x)), 1.0) / (1 + np.exp(-np.abs(x)))


def softplus(x):
    return np.logaddexp(x, 0.0)


def erf(x):
    return np.reshape([math.erf(v) for v in np.ravel(x)], np.shape(x)).astype("float64")


def gelu(x, approximate):
    if approximate:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / np.sqrt(2)))


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def unary(name, kind, reference, domain=ANY, **more):
    return Op(name, kind, (domain,), ONE, reference, **more)


def binary(name, kind, reference, first=ANY, second=ANY, **more):
    return Op(name, kind, (first, second), TWO, reference, **more)


def compare(name, reference):
    return binary(name, "exact", reference, TIED, TIED, dtypes=(*FLOATS, *INTS), gradient=False)


def with_params(name, kind, reference, domain, *params, **more):
    cases = tuple(Case(s, p) for p in params for s in [(67,), (2, 3, 4)])
    return Op(name, kind, (domain,), cases, reference, **more)


PRIMITIVES = (
    unary("negative", "exact", np.negative, dtypes=(*FLOATS, *SIGNED)),
    unary("absolute", "exact", np.abs, dtypes=(*FLOATS, *SIGNED)),
    unary("sign", "exact", np.sign, dtypes=(*FLOATS, *SIGNED)),
    unary("floor", "exact", np.floor),
    unary("ceil", "exact", np.ceil),
    unary("round", "exact", np.round, Input(specials=(0.5, 1.5, 2.5, -0.5, -1.5))),
    unary("sqrt", "rounded", np.sqrt, POSITIVE, twice=True),
    unary("exp", "elementary", np.exp, twice=True),
    unary("expm1", "elementary", np.expm1),
    unary("log", "elementary", np.log, POSITIVE),
    unary("log1p", "elementary", np.log1p, Input(-0.9, 3)),
    unary("sin", "elementary", np.sin, twice=True),
    unary("cos", "elementary", np.cos),
    unary("tan", "elementary", np.tan, Input(-1.4, 1.4)),
    unary("tanh", "elementary", np.tanh, twice=True),
    unary("arcsin", "elementary", np.arcsin, Input(-0.95, 0.95)),
    unary("arccos", "elementary", np.arccos, Input(-0.95, 0.95)),
    unary("arctan", "elementary", np.arctan, twice=True),
    unary("erf", "elementary", erf, twice=True),
    unary("isfinite", "exact", np.isfinite, STRANGE, gradient=False),
    unary("isnan", "exact", np.isnan, STRANGE, gradient=False),
    unary("logical_not", "exact", np.logical_not, BOOL, dtypes=("bool",)),
    unary("bitwise_not", "exact", np.bitwise_not, dtypes=INTS),
    binary("add", "rounded", np.add, dtypes=(*FLOATS, *INTS)),
    binary("subtract", "rounded", np.subtract, dtypes=(*FLOATS, *INTS)),
    binary("multiply", "rounded", np.multiply, dtypes=(*FLOATS, *INTS), twice=True),
    binary("divide", "rounded", np.divide, ANY, NONZERO, twice=True),
    binary(
        "floor_divide", "exact", np.floor_divide, ANY, NONZERO,
        dtypes=(*FLOATS, *INTS), gradient=False,
    ),
    binary(
        "floor_divide", "exact", np.floor_divide, ANY, Input(ints=(-6, -1)),
        dtypes=SIGNED, label="floor_divide-by-negative",
    ),
    binary(
        "remainder", "rounded", np.remainder, ANY, NONZERO,
        dtypes=(*FLOATS, *INTS), gradient=False,
    ),
    binary(
        "remainder", "rounded", np.remainder, ANY, POWER_OF_TWO, label="remainder-by-powers-of-two"
    ),
    binary(
        "remainder", "exact", np.remainder, ANY, Input(ints=(-6, -1)),
        dtypes=SIGNED, label="remainder-of-negative",
    ),
    binary("power", "elementary", np.power, POSITIVE, Input(-2, 2), twice=True),
    binary(
        "power", "exact", np.power, Input(ints=(-3, 3)), Input(ints=(0, 4)),
        dtypes=INTS, label="power-of-ints",
    ),
    binary("maximum", "exact", np.maximum, TIED, TIED, dtypes=(*FLOATS, *INTS)),
    binary("minimum", "exact", np.minimum, TIED, TIED, dtypes=(*FLOATS, *INTS)),
    binary("arctan2", "elementary", np.arctan2, NONZERO, NONZERO),
    compare("equal", np.equal),
    compare("less", np.less),
    binary("logical_and", "exact", np.logical_and, BOOL, BOOL, dtypes=("bool",)),
    binary("logical_or", "exact", np.logical_or, BOOL, BOOL, dtypes=("bool",)),
    binary("bitwise_and", "exact", np.bitwise_and, dtypes=(*INTS, "bool")),
    binary("bitwise_or", "exact", np.bitwise_or, dtypes=(*INTS, "bool")),
    binary("bitwise_xor", "exact", np.bitwise_xor, dtypes=(*INTS, "bool")),
    binary("left_shift", "exact", np.left_shift, ANY, SHIFT, dtypes=INTS),
    binary("right_shift", "exact", np.right_shift, ANY, SHIFT, dtypes=INTS),
    Op(
        "where", "exact", (BOOL, ANY, ANY),
        tuple(Case(s) for s in [((67,),) * 3, ((3, 1), (2, 3, 4), ()), ((), (2, 3), (3,))]),
        np.where, dtypes=(*FLOATS, *INTS, "bool"),
    ),
)  # fmt: skip

COMPOSITES = (
    *(
        compare(name, getattr(np, name))
        for name in ("not_equal", "less_equal", "greater", "greater_equal")
    ),
    binary("logical_xor", "exact", np.logical_xor, BOOL, BOOL, dtypes=("bool",)),
    unary("isinf", "exact", np.isinf, STRANGE, gradient=False),
    unary("square", "rounded", np.square, dtypes=(*FLOATS, *SIGNED)),
    unary("reciprocal", "rounded", np.reciprocal, NONZERO),
    unary("rsqrt", "elementary", lambda x: 1 / np.sqrt(x), POSITIVE, twice=True),
    with_params(
        "clip", "exact", lambda x, low, high: np.clip(x, low, high), TIED,
        {"low": -1, "high": 2}, dtypes=(*FLOATS, *SIGNED),
    ),
    unary("log2", "elementary", np.log2, POSITIVE),
    unary("log10", "elementary", np.log10, POSITIVE),
    unary("exp2", "elementary", np.exp2),
    binary("logaddexp", "composed", np.logaddexp),
    unary("sinh", "elementary", np.sinh),
    unary("cosh", "elementary", np.cosh),
    unary("arcsinh", "elementary", np.arcsinh),
    unary("arccosh", "elementary", np.arccosh, Input(1.1, 5)),
    unary("arctanh", "composed", np.arctanh, Input(-0.95, 0.95)),
    unary("relu", "exact", lambda x: np.maximum(x, 0)),
    unary("relu6", "exact", lambda x: np.clip(x, 0, 6), Input(-3, 9, specials=(0.0, 6.0))),
    with_params(
        "leaky_relu", "rounded", lambda x, negative_slope: np.where(x > 0, x, negative_slope * x),
        ANY, {"negative_slope": 0.25},
    ),
    unary("sigmoid", "composed", sigmoid, Input(-9, 9, specials=(0.0,)), twice=True),
    unary("log_sigmoid", "composed", lambda x: -softplus(-x), Input(-9, 9)),
    unary("softplus", "composed", softplus, Input(-9, 9), twice=True),
    unary("softsign", "composed", lambda x: x / (1 + np.abs(x))),
    unary("silu", "composed", lambda x: x * sigmoid(x), Input(-9, 9), twice=True),
    with_params("elu", "composed", elu, ANY, {"alpha": 1.0}, {"alpha": 0.5}),
    unary("selu", "composed", lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    with_params(
        "gelu", "composed", gelu, Input(), {"approximate": True}, {"approximate": False},
        twice=True,
    ),
    unary("hard_sigmoid", "composed", lambda x: np.clip(x / 6 + 0.5, 0, 1), Input(-5, 5)),
)  # fmt: skip


def created(name, reference, *params, dtypes, kind="exact", label=""):
    cases = tuple(Case((), p) for p in params)
    return Op(name, kind, (), cases, reference, dtypes=dtypes, gradient=False, label=label)


def arange(start, stop, step, dtype):
    return np.arange(start, stop, step).astype(dtype)


def linspace(start, stop, num, endpoint, dtype):
    return np.linspace(start, stop, num, endpoint).astype(dtype)


def one_hot(indices, depth, axis, dtype):
    hot = (indices[..., None] == np.arange(depth)).astype(dtype)
    return np.moveaxis(hot, -1, axis)


CREATION = (
    created(
        "full", lambda shape, value, dtype: np.full(shape, value, dtype),
        {"shape": (2, 3), "value": 3, "dtype": DTYPE}, {"shape": (), "value": 2, "dtype": DTYPE},
        {"shape": (0, 2), "value": 1, "dtype": DTYPE}, dtypes=(*FLOATS, *INTS, "bool"),
    ),
    created(
        "arange", arange,
        {"start": 0, "stop": 7, "step": 1, "dtype": DTYPE},
        {"start": 5, "stop": -4, "step": -2, "dtype": DTYPE},
        {"start": 3, "stop": 3, "step": 1, "dtype": DTYPE}, dtypes=(*FLOATS, "int32", "int64"),
    ),
    created(
        "arange", arange, {"start": 0.5, "stop": 3.25, "step": 0.25, "dtype": DTYPE},
        dtypes=FLOATS, label="arange-of-floats",
    ),
    created("zeros", np.zeros, {"shape": (2, 3), "dtype": DTYPE}, dtypes=(*FLOATS, *INTS, "bool")),
    created("ones", np.ones, {"shape": (3,), "dtype": DTYPE}, dtypes=(*FLOATS, *INTS, "bool")),
    created(
        "eye", lambda rows, columns, k, dtype: np.eye(rows, columns, k, dtype),
        {"rows": 3, "columns": 3, "k": 0, "dtype": DTYPE},
        {"rows": 2, "columns": 4, "k": 1, "dtype": DTYPE},
        {"rows": 4, "columns": 3, "k": -2, "dtype": DTYPE}, dtypes=(*FLOATS, "int32", "bool"),
    ),
    created(
        "linspace", linspace,
        {"start": -1, "stop": 2, "num": 7, "endpoint": True, "dtype": DTYPE},
        {"start": 0.1, "stop": 1, "num": 6, "endpoint": False, "dtype": DTYPE},
        {"start": 3, "stop": 4, "num": 1, "endpoint": True, "dtype": DTYPE},
        dtypes=FLOATS, kind="composed",
    ),
    Op(
        "one_hot", "exact", (Input(dtype="int32", ints=(-1, 5)),),
        tuple(
            Case((s,), {"depth": 5, "axis": a, "dtype": DTYPE})
            for s, a in [((), -1), ((4,), 0), ((2, 3), 1), ((2, 3), -1), ((2, 3), 2)]
        ),
        one_hot, dtypes=(*FLOATS, "int32", "bool"), gradient=False,
    ),
    created(
        "tri_mask", lambda rows, columns, k: np.tri(rows, columns, k, bool),
        {"rows": 3, "columns": 3, "k": 0}, {"rows": 2, "columns": 4, "k": 1},
        {"rows": 4, "columns": 2, "k": -1}, dtypes=("bool",),
    ),
    unary("zeros_like", "exact", np.zeros_like, dtypes=(*FLOATS, *INTS, "bool")),
    unary("ones_like", "exact", np.ones_like, dtypes=(*FLOATS, *INTS, "bool")),
)  # fmt: skip

ROWS = (*PRIMITIVES, *COMPOSITES, *CREATION)
