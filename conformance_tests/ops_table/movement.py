"""Rows of the op table: functions that move elements and change none."""

import itertools

import numpy as np

from conformance_tests.cases import Case, Input, Op
from keraslite.backend.dtypes import FLOATS

MOVED = (*FLOATS, "uint8", "int32", "bool")
X = Input()
DISTINCT = Input(distinct=True, ints=(-50, 50))
TIED = Input(specials=(-1.0, 0.0, 1.0), ints=(-3, 3))


def index(high):
    return Input(dtype="int32", ints=(0, high - 1))


def cases(*rows):
    """From (shape, params) or (shape, shape, ..., params)."""
    return tuple(Case(tuple(row[:-1]), row[-1]) for row in rows)


def move(name, reference, *rows, **more):
    more = {"dtypes": MOVED, **more}
    inputs = more.pop("inputs", (X,) * (len(rows[0]) - 1))
    return Op(name, "exact", inputs, cases(*rows), reference, **more)


def as_list(method, *xs, axis):
    return method(list(xs), axis)


def scatter_add(x, indices, updates):
    result = x.copy()
    np.add.at(result, indices, updates)
    return result


def segment_sum(x, segment_ids, num_segments):
    return scatter_add(np.zeros((num_segments, *x.shape[1:]), x.dtype), segment_ids, x)


def window_slices(spatial, size, strides, dilation):
    """(output position, slices of the input) for each window."""
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(spatial, size, strides, dilation)]
    for place in itertools.product(*map(range, out)):
        yield (
            place,
            tuple(
                slice(p * s, p * s + (k - 1) * d + 1, d)
                for p, k, s, d in zip(place, size, strides, dilation)
            ),
        )


def windows(x, size, strides, dilation):
    spatial = x.shape[1:-1]
    found = {p: x[:, *cut] for p, cut in window_slices(spatial, size, strides, dilation)}
    out = tuple(n + 1 for n in max(found))
    result = np.empty((x.shape[0], *out, *size, x.shape[-1]), x.dtype)
    for place, window in found.items():
        result[:, *place] = window
    return result


def fold(x, spatial, strides, dilation):
    rank = len(spatial)
    size = x.shape[1 + rank : 1 + 2 * rank]
    result = np.zeros((x.shape[0], *spatial, x.shape[-1]), x.dtype)
    for place, cut in window_slices(spatial, size, strides, dilation):
        result[:, *cut] += x[:, *place]
    return result


def top_k(x, k):
    order = np.argsort(-x, -1, kind="stable")[..., :k]
    return np.take_along_axis(x, order, -1), order.astype("int32")


def slice_axis(x, axis, start, stop, step):
    key = [slice(None)] * x.ndim
    key[axis] = slice(start, stop, step)
    return x[tuple(key)]


MOVES = (
    move(
        "reshape", np.reshape,
        ((2, 3, 4), {"shape": (6, 4)}), ((2, 3, 4), {"shape": (2, -1)}), ((), {"shape": (1, 1)}),
        ((0, 3), {"shape": (3, 0)}), ((1,), {"shape": ()}),
    ),
    move(
        "transpose", np.transpose,
        ((2, 3, 4), {"axes": (2, 0, 1)}), ((2, 3), {"axes": (1, 0)}), ((), {"axes": ()}),
    ),
    move(
        "broadcast_to", np.broadcast_to,
        ((3, 1), {"shape": (2, 3, 4)}), ((), {"shape": (2, 2)}), ((4,), {"shape": (4,)}),
        ((1, 3), {"shape": (0, 3)}),
    ),
    move(
        "concatenate", lambda *xs, axis: np.concatenate(xs, axis),
        ((2, 3), (2, 1), (2, 2), {"axis": 1}), ((1, 4), (2, 4), (0, 4), {"axis": 0}),
        ((2, 2, 1), (2, 2, 3), (2, 2, 2), {"axis": -1}), call=as_list,
    ),
    move(
        "pad", lambda x, widths, value=0: np.pad(x, widths, constant_values=value),
        ((2, 3), {"widths": ((1, 0), (2, 3))}), ((4,), {"widths": ((0, 0),)}),
        ((1, 2, 3), {"widths": ((0, 0), (1, 1), (0, 2)), "value": 1}),
    ),
    move(
        "getitem", lambda x, key: x[key],
        *(
            ((4, 5, 6), {"key": key})
            for key in [
                0, -1, slice(1, 3), (slice(None), 2), (..., slice(None, None, 2)),
                (None, 1, ..., None), (slice(None, None, -1), slice(3, 0, -2)), (1, 2, 3),
                slice(2, 2), ..., (slice(-3, None), -2),
            ]
        ),
    ),
    move(
        "flip", np.flip,
        ((2, 3, 4), {"axis": 0}), ((2, 3, 4), {"axis": (0, -1)}), ((5,), {"axis": -1}),
    ),
    move(
        "take", np.take,
        ((5, 3), (4,), {"axis": 0}), ((3, 5), (2, 3), {"axis": -1}), ((2, 5, 2), (), {"axis": 1}),
        ((5, 2), (0,), {"axis": 0}),
        inputs=(X, Input(dtype="int32", ints=(-5, 4))),
    ),
    move(
        "take", np.take, ((5, 3), (4,), {"axis": 0}),
        inputs=(X, Input(dtype="int64", ints=(-5, 4))), label="take-int64",
    ),
    move(
        "take_along_axis", np.take_along_axis,
        ((2, 5), (2, 3), {"axis": 1}), ((5, 4), (2, 4), {"axis": 0}),
        ((2, 5, 3), (2, 1, 1), {"axis": 1}), ((2, 5, 3), (1, 4, 3), {"axis": -2}),
        inputs=(X, index(5)),
    ),
    move(
        "expand_dims", np.expand_dims,
        ((2, 3), {"axis": 1}), ((2, 3), {"axis": -1}), ((2, 3), {"axis": (0, -1)}),
        ((), {"axis": 0}),
    ),
    move(
        "squeeze", np.squeeze,
        ((1, 3, 1), {}), ((1, 3, 1), {"axis": 0}), ((1, 3, 1), {"axis": (0, -1)}), ((1,), {}),
    ),
    move(
        "moveaxis", np.moveaxis,
        ((2, 3, 4), {"source": 0, "destination": -1}),
        ((2, 3, 4), {"source": (0, 1), "destination": (2, 0)}),
    ),
    move("swapaxes", np.swapaxes, ((2, 3, 4), {"axis1": 0, "axis2": -1})),
    move(
        "stack", lambda *xs, axis: np.stack(xs, axis),
        ((2, 3), (2, 3), {"axis": 0}), ((2, 3), (2, 3), {"axis": -1}), ((), (), {"axis": 0}),
        call=as_list,
    ),
    move(
        "slice_axis", slice_axis,
        ((4, 5), {"axis": 1, "start": 1, "stop": 4, "step": 1}),
        ((4, 5), {"axis": 0, "start": 0, "stop": 4, "step": 2}),
    ),
    move(
        "unstack", lambda x, axis: list(np.moveaxis(x, axis, 0)),
        ((2, 3, 4), {"axis": 1}), ((3,), {"axis": 0}),
    ),
    move(
        "split", lambda x, sections, axis: np.split(x, sections, axis),
        ((6, 2), {"sections": 3, "axis": 0}), ((2, 7), {"sections": [2, 3], "axis": -1}),
    ),
    move(
        "repeat", np.repeat,
        ((2, 3), {"repeats": 2, "axis": 1}), ((2, 3), {"repeats": 3, "axis": -2}),
    ),
    move(
        "tile", lambda x, repeats: np.tile(x, repeats),
        ((2, 3), {"repeats": (2, 2)}), ((3,), {"repeats": (2, 1, 3)}), ((2, 3), {"repeats": (2,)}),
    ),
    move(
        "roll", np.roll,
        ((2, 5), {"shift": 2, "axis": 1}), ((5, 2), {"shift": -7, "axis": 0}),
        ((5,), {"shift": 0, "axis": -1}),
    ),
)  # fmt: skip

ADDING = (*FLOATS, "int32")
SUMS = (
    Op(
        "scatter_add", "reduction", (X, index(4), X),
        cases(((4,), (7,), (7,), {}), ((4, 3), (5,), (5, 3), {}), ((5, 2), (0,), (0, 2), {})),
        scatter_add, dtypes=ADDING,
    ),
    Op(
        "segment_sum", "reduction", (X, index(4)),
        cases(((7,), (7,), {"num_segments": 5}), ((5, 3), (5,), {"num_segments": 4})),
        segment_sum, dtypes=ADDING,
    ),
    Op(
        "windows", "exact", (X,),
        cases(
            ((2, 7, 2), {"size": (3,), "strides": (2,), "dilation": (1,)}),
            ((2, 7, 2), {"size": (2,), "strides": (1,), "dilation": (3,)}),
            ((1, 5, 6, 2), {"size": (2, 3), "strides": (1, 2), "dilation": (2, 1)}),
            ((2, 4, 4, 3), {"size": (2, 2), "strides": (2, 2), "dilation": (1, 1)}),
            ((1, 3, 4, 3, 1), {"size": (2, 2, 2), "strides": (1, 2, 1), "dilation": (1, 1, 1)}),
        ),
        windows, dtypes=ADDING,
    ),
    Op(
        "fold", "reduction", (X,),
        cases(
            ((2, 3, 3, 2), {"spatial": (7,), "strides": (2,), "dilation": (1,)}),
            ((2, 3, 3, 2), {"spatial": (8,), "strides": (2,), "dilation": (1,)}),
            ((2, 4, 2, 2), {"spatial": (7,), "strides": (1,), "dilation": (3,)}),
            ((1, 3, 2, 2, 3, 2), {"spatial": (5, 6), "strides": (1, 2), "dilation": (2, 1)}),
        ),
        fold, dtypes=FLOATS,
    ),
)  # fmt: skip

ALONG = (((7,), {"axis": 0}), ((2, 5, 3), {"axis": 1}), ((4, 6), {"axis": -1}))
SORTED = (*FLOATS, "uint8", "int32")
SORTS = (
    move("sort", np.sort, *ALONG, inputs=(TIED,), dtypes=SORTED),
    move(
        "argsort", lambda x, axis: np.argsort(x, axis, kind="stable").astype("int32"), *ALONG,
        inputs=(TIED,), dtypes=SORTED, gradient=False,
    ),
    move(
        "top_k", top_k, ((7,), {"k": 3}), ((2, 5), {"k": 5}), ((2, 3, 4), {"k": 1}),
        inputs=(TIED,), dtypes=(*FLOATS, "int32"),
    ),
)  # fmt: skip

ROWS = (*MOVES, *SUMS, *SORTS)
