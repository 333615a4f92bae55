"""The abstract backend against the NumPy engine: one table for every function of the contract.

In the table None stands for the unknown size. Each case runs on NumPy with 2 and with 5 in its
place; the abstract result for the known size must equal NumPy's shape and dtype, and the one for
None must leave open exactly the sizes that the two runs do not share.
"""

import itertools

import numpy as np
import pytest

from keraslite.backend import get_backend
from keraslite.backend.abstract import ABSTRACT
from keraslite.backend.abstract.shapes import UNKNOWN, Unknown
from keraslite.backend.base import COMPOSITES, PRIMITIVES
from keraslite.core.keras_tensor import KerasTensor

A = ABSTRACT
K = KerasTensor


class T:
    """A tensor argument: its shape, what its values are, and its dtype where that is fixed."""

    def __init__(self, *shape, dtype=None, square=False):
        self.shape, self.dtype, self.square = shape, dtype, square

    def array(self, size, dtype):
        shape = tuple(size if n is None else n for n in self.shape)
        rng = np.random.default_rng(0)
        if self.square:  # positive definite
            return np.broadcast_to(2 * np.eye(shape[-1]), shape).astype(dtype)
        if self.dtype is None:
            return rng.uniform(0.1, 0.9, shape).astype(dtype)
        return rng.integers(0, 2, shape).astype(self.dtype)


class S(tuple):
    """A shape argument; None in it reaches the abstract backend as UNKNOWN."""


def i(*shape):
    return T(*shape, dtype="int32")


def b(*shape):
    return T(*shape, dtype="bool")


X, Y = T(None, 3), T(None, 3)
IMAGES, KERNEL, VECTOR = T(None, 7, 6, 4), T(3, 2, 4, 6), T(4)
QUERY, KEY = T(None, 3, 4, 2), T(None, 5, 2, 2)
SEQUENCE, STATE, MASK = T(None, 4, 3), T(None, 2), b(None, 4)
RNN = (SEQUENCE, STATE, T(3, 2), T(2, 2), T(2), MASK, False, "tanh")
LSTM = (SEQUENCE, STATE, STATE, T(3, 8), T(2, 8), T(8), None, True, "tanh", "sigmoid")
GRU = (SEQUENCE, STATE, T(3, 6), T(2, 6))
GATES = (MASK, False, "tanh", "sigmoid")
RANDOM = i(2)


def names(text):
    return text.split()


SAME_SHAPE = names(
    "negative absolute sign floor ceil round sqrt rsqrt square reciprocal exp expm1 exp2 "
    "log log1p log2 log10 sin cos tan tanh sinh cosh arcsin arccos arctan arcsinh arccosh "
    "arctanh erf isfinite isnan isinf relu relu6 selu sigmoid log_sigmoid hard_sigmoid "
    "softplus softsign silu zeros_like ones_like stop_gradient"
)
BINARY = names(
    "add subtract multiply divide floor_divide remainder power maximum minimum arctan2 "
    "logaddexp equal not_equal less less_equal greater greater_equal"
)
BITWISE = names("bitwise_and bitwise_or bitwise_xor left_shift right_shift")
LOGICAL = names("logical_and logical_or logical_xor")
REDUCTIONS = names("sum prod max min mean variance std logsumexp")
LINALG = {
    "cholesky": [(T(None, 3, 3, square=True),)],
    "diagonal": [(T(None, 3, 2),), (T(2, 3),)],
    "eigh": [(T(None, 3, 3, square=True),)],
    "fft": [(T(None, 4), T(None, 4)), (T(None), T(None))],
    "ifft": [(T(None, 4), T(None, 4))],
    "inv": [(T(None, 3, 3, square=True),)],
    "qr": [(T(None, 4, 3),), (T(2, 3, 4),)],
    "solve": [(T(None, 3, 3, square=True), T(3, 2)), (T(3, 3, square=True), T(None, 3, 2))],
    "solve_triangular": [(T(None, 3, 3, square=True), T(None, 3, 2), True)],
    "svd": [(T(None, 4, 3),), (T(2, 3, 4),)],
}
CASES = {
    **{name: [(X,), (T(),), (T(2, None, None),)] for name in SAME_SHAPE},
    **{name: [(X, Y), (X, T(3)), (T(2, 1, 3), T(None, 1)), (X, 2)] for name in BINARY},
    **{name: [(i(None, 3), i(3)), (i(None), 1)] for name in BITWISE},
    **{name: [(b(None, 3), b(3)), (b(2, 1), b(None))] for name in LOGICAL},
    **{name: [(X,), (X, 0), (T(2, None, 3), (-1, 0)), (X, 1, True)] for name in REDUCTIONS},
    **LINALG,
    "all": [(b(None, 3), 0), (b(None, 3), None, True)],
    "any": [(b(None, 3), 1)],
    "arange": [(0, 5, 2, "int32"), (5, 1, -3, "float32"), (1, 1, 1, "int32")],
    "argmax": [(X, 0), (T(None, 2, 3), -1, True)],
    "argmin": [(X, 1)],
    "argsort": [(X, 0), (X, -1)],
    "asarray": [(X,), (2.5, "float32"), ([[1, 2]], "int32"), (X, "int32")],
    "average_pool": [(IMAGES, (2, 2), (1, 2), "same"), (IMAGES, (3, 2), (3, 2), "valid")],
    "batch_normalization": [(IMAGES, VECTOR, VECTOR, -1, VECTOR, None, 1e-3)],
    "batch_normalization_train": [(IMAGES, 3, VECTOR, VECTOR, 1e-3), (X, 1, None, None, 1e-3)],
    "bitwise_not": [(i(None, 3),)],
    "broadcast_to": [(T(3), S((None, 3))), (T(None, 1), S((2, None, 4)))],
    "cast": [(X, "int32"), (i(None), "float16"), (b(None), "float32")],
    "clip": [(X, 0.0, 1.0), (X, T(3), T(3))],
    "attend": [(T(None, 4, 3, 5), T(None, 5, 2, 6)), (T(2, 4, 3, None), T(2, None, 4, 6))],
    "attention_weights": [
        (QUERY, KEY, None, None, None, True),
        (QUERY, QUERY, T(4, 3, 3), b(None, 1, 3, 3), 0.5, False),
    ],
    "concatenate": [([X, T(None, 2)], 1), ([X, T(4, 3)], 0), ([i(2, 3), i(2, 1)], -1)],
    "conv": [
        (IMAGES, KERNEL, (2, 1), "same", (1, 1), 1),
        (IMAGES, KERNEL, (1, 1), "valid", (2, 3), 1),
        (IMAGES, T(3, 2, 2, 6), (1, 2), ((2, 1), (0, 3)), (1, 1), 2),
        (T(2, None, 3), T(2, 3, 5), (1,), "valid", (1,), 1),
        (T(2, None, 3), T(2, 3, 5), (2,), "same", (1,), 1, T(5)),
    ],
    "count_nonzero": [(X, 0), (T(None, 2, 3), (0, 2))],
    "cumprod": [(X, 1)],
    "cumsum": [(X, 0)],
    "dense": [(X, T(3, 4), T(4)), (T(None, 2, 3), T(3, 4), None), (T(3), T(3, 4), T(4))],
    "dot_product_attention": [
        (QUERY, KEY, KEY, None, None, None, True),
        (QUERY, QUERY, QUERY, T(4, 3, 3), b(None, 1, 3, 3), 0.5, False),
        (T(2, None, 4, 2), T(2, 3, 4, 2), T(2, 3, 4, 3), None, None, None, False),
    ],
    "dropout": [(X, 0.5, RANDOM, S((None, 3))), (X, 0.5, RANDOM, S((None, 1)))],
    "einsum": [
        ("ij,jk->ik", X, T(3, 4)),
        ("...j,jk->...k", T(None, 2, 3), T(3, 4)),
        ("bi,bj->bij", X, T(None, 2)),
        ("i...,i...->...", T(3, None), T(3, None)),
        ("ii->i", T(3, 3)),
        ("a...b, ...b -> ba...", T(4, None, 3), T(None, 3)),
    ],
    "elu": [(X, 1.0)],
    "expand_dims": [(X, 0), (X, -1), (X, (0, 2))],
    "eye": [(3, 4, 1, "float32")],
    "flip": [(X, 0), (X, (0, 1))],
    "fold": [
        (T(None, 4, 2, 3), (5,), (1,), (1,)),
        (T(None, 2, 3, 2, 2, 4), (4, 4), (2, 1), (1, 1)),
    ],
    "fold_in": [(RANDOM, 3)],
    "full": [(S((None, 3)), 2, "float32"), (S(()), 1.5, "float16")],
    "gelu": [(X, True), (X, False)],
    "getitem": [
        (X, 0),
        (X, (slice(None), -1)),
        (X, (slice(None), slice(None, None, -2))),
        (X, (Ellipsis, slice(1, 9))),
        (T(4, None, 3), (None, 1, Ellipsis, None, 2)),
        (X, slice(None, None, -1)),
        (X, slice(1, 4)),
    ],
    "gru": [(*GRU, T(2, 6), *GATES, True), (*GRU, T(6), *GATES, False), (*GRU, None, *GATES, True)],
    "layer_normalization": [(X, T(3), T(3), (-1,), 1e-3), (IMAGES, T(6, 4), None, (2, 3), 1e-3)],
    "leaky_relu": [(X, 0.2)],
    "linspace": [(0.0, 1.0, 5, True, "float32")],
    "log_softmax": [(X, -1)],
    "logical_not": [(b(None, 3),)],
    "lstm": [LSTM],
    "matmul": [
        (X, T(3, 4)),
        (X, T(3)),
        (T(3), T(None, 3, 4)),
        (T(3), T(3)),
        (T(None, 1, 2, 3), T(5, 3, 4)),
        (T(2, None, 3), T(3, 4)),
    ],
    "max_pool": [(IMAGES, (2, 2), (2, 2), "valid"), (IMAGES, (3, 3), (2, 2), "same")],
    "moments": [(IMAGES, (0, 1, 2)), (X, (1,), True)],
    "moveaxis": [(T(2, None, 4), 0, -1), (T(2, None, 4), (0, 1), (2, 0))],
    "norm": [(X,), (X, -1), (X, (0, 1), True)],
    "one_hot": [(i(None), 4, -1, "float32"), (i(None, 2), 3, 1, "float32")],
    "ones": [(S((None, 2)), "int32")],
    "pad": [(X, ((1, 0), (2, 3))), (T(None, 2), ((0, 0), (0, 1)), 1.0)],
    "random_bits": [(RANDOM, 7)],
    "random_int": [(RANDOM, S((None, 3)), 0, 9, "int32")],
    "random_keep": [(RANDOM, S((None, 3)), 0.5)],
    "random_normal": [(RANDOM, S((None, 3)), "float32"), (RANDOM, S((3,)), "float16")],
    "random_permutation": [(RANDOM, 6)],
    "random_uniform": [(RANDOM, S((None, 3)), "float64")],
    "repeat": [(X, 2, 1), (X, 3, 0)],
    "reshape": [
        (T(2, 6), (3, -1)),
        (T(None, 6), S((None, 2, 3))),
        (T(None, 6), (-1, 2, 3)),
        (T(None, 6), (-1,)),
        (T(None, 2, 3), (-1, 3)),
        (T(), (1, 1)),
    ],
    "roll": [(X, 1, 1), (X, -1, 0)],
    "scatter_add": [(T(4, 3), i(None), X)],
    "segment_sum": [(X, i(None), 4)],
    "sigmoid_cross_entropy": [(X, Y)],
    "simple_rnn": [RNN],
    "slice_axis": [(X, 1, 0, 2), (X, 0, None, None, -1)],
    "softmax": [(X, -1), (T(None, 2, 3), (1, 2))],
    "softmax_cross_entropy": [(X, Y)],
    "sort": [(X, 1)],
    "sparse_softmax_cross_entropy": [(X, i(None)), (T(None, 2, 3), i(None, 2))],
    "split": [(T(None, 6), 3, 1), (T(None, 6), [1, 4], -1)],
    "squeeze": [(T(None, 1, 3, 1),), (T(None, 1, 3, 1), 1), (T(None, 1, 3, 1), (-1, 1))],
    "stack": [([X, X, Y], 1), ([X], -1)],
    "swapaxes": [(T(None, 2, 3), 0, 2)],
    "take": [(T(9, 3), i(None, 2), 0), (X, i(4), -1), (X, i(), 1)],
    "take_along_axis": [(X, i(None, 1), 1), (T(None, 4, 3), i(1, 2, 3), 1)],
    "tensordot": [(T(None, 3, 4), T(4, 3, 5), ((1, 2), (1, 0))), (X, T(2), ((), ()))],
    "tile": [(X, (2, 3)), (X, (2, 1, 1)), (T(None, 2, 3), (2,))],
    "top_k": [(X, 2)],
    "transpose": [(T(2, None, 4), (2, 0, 1)), (X, (-1, 0))],
    "tri_mask": [(3, 4, 0)],
    "unstack": [(X, 1)],
    "where": [(b(None, 1), X, T(3)), (b(None, 3), 0.0, X), (b(3), X, 1)],
    "windows": [(IMAGES, (3, 2), (2, 1), (1, 2)), (T(2, 7, 3), (7,), (1,), (1,))],
    "zeros": [(S((None, 2)), "float32")],
}

# Without a shape of their own, or tested below by themselves.
OTHERS = names(
    "assign assign_new compile_loop compile_step device_names device_scope without_gradients "
    "unbiased_rate feed read seed "
    "set_matmul_precision synchronize "
    "abstract_eval cond custom_gradient dtype is_tensor make_variable ndim reduced_size "
    "scan shape spatial_padding to_numpy value_and_grad vectorized_map while_loop "
    "global_norm update_adam update_momentum update_rmsprop update_sgd"
)


def fill(argument, tensor, size):
    """An argument of the table with tensors made by `tensor` and `size` for None."""
    if isinstance(argument, T):
        return tensor(argument)
    if isinstance(argument, S):
        return tuple(size if n is None else n for n in argument)
    if type(argument) in (list, tuple):
        return type(argument)(fill(a, tensor, size) for a in argument)
    return argument


def described(backend, result):
    """Shapes and dtypes of a result, as a list."""
    results = result if isinstance(result, (list, tuple)) else [result]
    return [
        (
            tuple(None if n is UNKNOWN or isinstance(n, Unknown) else n for n in backend.shape(r)),
            backend.dtype(r),
        )
        for r in results
    ]


def run_abstract(name, case, size, dtype):
    def tensor(t):
        shape = tuple(size if n is None else n for n in t.shape)
        return K(shape, t.dtype or dtype)

    arguments = fill(case, tensor, UNKNOWN if size is None else size)
    return described(A, getattr(A, name)(*arguments))


def run_numpy(name, case, size, dtype):
    engine = get_backend("numpy")
    arguments = fill(case, lambda t: engine.asarray(t.array(size, dtype)), size)
    with np.errstate(all="ignore"):
        return described(engine, getattr(engine, name)(*arguments))


def test_the_table_covers_the_contract():
    assert set(CASES) | set(OTHERS) == PRIMITIVES | COMPOSITES
    assert all(CASES.values())


@pytest.mark.parametrize("name", sorted(CASES))
def test_shapes_and_dtypes_are_those_of_numpy(name):
    for case, dtype in itertools.product(CASES[name], ("float32", "float16")):
        if name in LINALG and dtype == "float16":
            continue  # decompositions are of wider floats
        open_result = run_abstract(name, case, None, dtype)
        actual = {size: run_numpy(name, case, size, dtype) for size in (2, 5)}
        for size, found in actual.items():
            assert run_abstract(name, case, size, dtype) == found, (name, case, size)
        merged = [
            (tuple(m if m == n else None for m, n in zip(two[0], five[0])), two[1])
            for two, five in zip(actual[2], actual[5])
        ]
        assert open_result == merged, (name, [t.shape for t in case if isinstance(t, T)])
