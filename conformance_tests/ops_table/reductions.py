"""Rows of the op table: reductions along axes, running sums."""

import numpy as np

from conformance_tests.cases import INTS, Case, Input, Op
from keraslite.backend.dtypes import FLOATS

ANY = Input(specials=(0.0, 1.0, -1.0))
DISTINCT = Input(distinct=True)
NONZERO = Input(0.5, 2, ints=(-2, 2), build=lambda x: x * np.where(x * 64 % 2 < 1, 1, -1))
BOOL = Input(dtype="bool")

OVER_AXES = (
    *(
        Case(((2, 3, 4),), {"axis": axis, "keepdims": keepdims})
        for axis, keepdims in [(None, False), (0, False), (-1, True), ((0, 2), False)]
    ),
    Case(((2, 3, 4),), {"axis": (1, -1), "keepdims": True}),
    Case(((3, 257),), {"axis": 1, "keepdims": False}),
    Case(((1, 3, 1),), {"axis": (0, 1), "keepdims": False}),
    Case(((5,),), {"axis": None, "keepdims": True}),
    Case(((),), {"axis": None, "keepdims": False}),
)
EMPTY = (Case(((0, 3),), {"axis": 0, "keepdims": False}), Case(((2, 0),), {"axis": None}))
ALONG_AXIS = tuple(
    Case((shape,), {"axis": axis})
    for shape, axis in [((7,), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((3, 129), 1)]
)
ONE_INDEX = tuple(
    Case((shape,), {"axis": axis, "keepdims": keepdims})
    for shape, axis, keepdims in [((7,), 0, False), ((2, 3, 4), 1, True), ((2, 3, 4), -1, False)]
)


def same_dtype(function):
    """A NumPy reduction that keeps the dtype of integers."""
    return lambda x, **params: function(x, dtype=x.dtype, **params)


def index_of(function):
    return lambda x, axis, keepdims: function(x, axis, keepdims=keepdims).astype("int32")


def logsumexp(x, axis=None, keepdims=False):
    high = x.max(axis=axis, keepdims=True)
    total = np.log(np.exp(x - high).sum(axis=axis, keepdims=True)) + high
    return total if keepdims else np.squeeze(total, axis)


def short(cases):
    """Without the long row: products of hundreds of numbers leave float16's range."""
    return tuple(c for c in cases if max(c.shapes[0], default=0) < 100)


def reduction(name, kind, reference, domain=ANY, cases=OVER_AXES, **more):
    return Op(name, kind, (domain,), cases, reference, **more)


ROWS = (
    reduction(
        "sum", "reduction", same_dtype(np.sum), cases=OVER_AXES + EMPTY, dtypes=(*FLOATS, *INTS)
    ),
    reduction(
        "prod", "reduction", same_dtype(np.prod), NONZERO, short(OVER_AXES) + EMPTY,
        dtypes=(*FLOATS, "int32", "int64"), twice=True,
    ),
    reduction("max", "exact", np.max, dtypes=(*FLOATS, *INTS)),
    reduction("min", "exact", np.min, dtypes=(*FLOATS, *INTS)),
    reduction("any", "exact", np.any, BOOL, OVER_AXES + EMPTY, dtypes=("bool",)),
    reduction("all", "exact", np.all, BOOL, OVER_AXES + EMPTY, dtypes=("bool",)),
    reduction(
        "argmax", "exact", index_of(np.argmax), cases=ONE_INDEX, dtypes=(*FLOATS, *INTS),
        gradient=False,
    ),
    reduction(
        "argmin", "exact", index_of(np.argmin), cases=ONE_INDEX, dtypes=(*FLOATS, *INTS),
        gradient=False,
    ),
    reduction(
        "cumsum", "reduction", same_dtype(np.cumsum), cases=ALONG_AXIS,
        dtypes=(*FLOATS, "int32", "int64"),
    ),
    reduction(
        "cumprod", "reduction", same_dtype(np.cumprod), NONZERO, short(ALONG_AXIS),
        dtypes=(*FLOATS, "int32", "int64"),
    ),
    reduction("mean", "reduction", np.mean),
    reduction("variance", "reduction", np.var, twice=True),
    reduction("std", "reduction", np.std, cases=OVER_AXES[:-1]),
    reduction("logsumexp", "reduction", logsumexp, twice=True),
    reduction(
        "count_nonzero", "exact", lambda x, axis: np.asarray(np.count_nonzero(x, axis), "int32"),
        cases=tuple(Case(((2, 3, 4),), {"axis": a}) for a in (None, 0, (1, -1))),
        dtypes=(*FLOATS, "int32", "bool"), gradient=False,
    ),
)  # fmt: skip
