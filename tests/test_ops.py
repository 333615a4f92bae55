"""The functions of keraslite.ops on the active engine: values, symbolic calls, dtypes, errors."""

import inspect
import json
import math
import sys
from pathlib import Path

import numpy as np
import optree
import pytest

import keraslite
from keraslite import ops
from keraslite.backend.context import context
from keraslite.core.keras_tensor import KerasTensor
from tests import ops_cases

API = Path(__file__).parents[2] / "shared" / "keras_api.json"
OWN = {"mish", "value_and_grad"}  # keraslite's own: Keras has them elsewhere, or not at all
CASE_IDS = [f"{name}-{i}" for i, (name, *_) in enumerate(ops_cases.ALL)]


def as_numpy(nest):
    return [ops.convert_to_numpy(x) for x in optree.tree_leaves(nest)]


# ---- values and symbolic calls ----


@pytest.mark.parametrize(("name", "args", "kwargs", "reference"), ops_cases.ALL, ids=CASE_IDS)
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")  # NumPy's own, in the references
def test_values(name, args, kwargs, reference):
    result = as_numpy(getattr(ops, name)(*args, **kwargs))
    expected = reference(*args, **kwargs)
    expected = expected if isinstance(expected, (tuple, list)) else [expected]
    assert len(result) == len(expected)
    for found, wanted in zip(result, map(np.asarray, expected)):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(
            found.astype("float64"), wanted.astype("float64"), rtol=2e-5, atol=2e-5
        )


def _symbol(x, batch=False):
    """An array as KerasTensor, with `batch` of an unknown first size; anything else as it is."""
    if not isinstance(x, np.ndarray) or not x.ndim:
        return x
    return KerasTensor((None, *x.shape[1:]) if batch else x.shape, x.dtype)


@pytest.mark.parametrize(("name", "args", "kwargs", "reference"), ops_cases.ALL, ids=CASE_IDS)
def test_symbolic_calls_agree_with_eager_ones(name, args, kwargs, reference):
    first = args[1] if name in ("einsum", "searchsorted", "select") else args[0]
    symbols = [optree.tree_map(_symbol, x) if x is first else x for x in args]
    eager = optree.tree_leaves(getattr(ops, name)(*args, **kwargs))
    symbolic = optree.tree_leaves(getattr(ops, name)(*symbols, **kwargs))
    assert len(eager) == len(symbolic)
    for found, wanted in zip(symbolic, eager):
        assert (found.shape, found.dtype) == (ops.shape(wanted), ops.dtype(wanted))
        assert found._node.operation.fn is getattr(ops, name)


NEED_SIZES = {"array_split", "diag", "diagonal", "trace", "unstack"}  # of the axes that they cut


@pytest.mark.parametrize(("name", "args", "kwargs", "reference"), ops_cases.ALL, ids=CASE_IDS)
def test_symbolic_calls_take_unknown_sizes(name, args, kwargs, reference):
    first = args[1] if name in ("einsum", "searchsorted", "select") else args[0]
    batched = optree.tree_map(lambda x: _symbol(x, batch=True), first)
    call = lambda value: getattr(ops, name)(*[value if x is first else x for x in args], **kwargs)
    try:
        symbolic = optree.tree_leaves(call(batched))
    except ValueError as error:
        assert name in NEED_SIZES and "known" in str(error)
        return
    for found, wanted in zip(symbolic, optree.tree_leaves(call(first))):
        sizes = ops.shape(wanted) if name != "squeeze" else found.shape
        assert len(found.shape) == len(sizes)
        assert all(m in (None, n) for m, n in zip(found.shape, sizes))


BATCHED = [
    ("matmul", (ops_cases.X, ops_cases.Y.T), (None, 3)),
    ("softmax", (ops_cases.X,), (None, 4)),
    ("reshape", (ops_cases.T, (-1, 12)), (None, 12)),
    ("mean", (ops_cases.T, 1), (None, 4)),
    ("concatenate", ([KerasTensor((None, 3)), KerasTensor((None, 4))], 1), (None, 7)),
    ("conv", (np.ones((1, 5, 5, 3), "float32"), np.ones((3, 3, 3, 8))), (None, 3, 3, 8)),
    ("one_hot", (KerasTensor((None, 5), "int32"), 7), (None, 5, 7)),
    ("unstack", (KerasTensor((None, 2)), None, 1), (None,)),
    ("pad", (ops_cases.X, ((0, 0), (1, 1))), (None, 6)),
    ("dot_product_attention", (KerasTensor((None, 5, 4, 8)), KerasTensor((None, 6, 2, 8)),
                               KerasTensor((None, 6, 2, 8))), (None, 5, 4, 8)),
    ("sparse_categorical_crossentropy", (KerasTensor((None,), "int32"), KerasTensor((None, 4))),
     (None,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "shape"), BATCHED, ids=[c[0] for c in BATCHED])
def test_symbolic_calls_keep_unknown_sizes(name, args, shape):
    symbols = [_symbol(x, batch=x is args[0]) for x in args]
    assert optree.tree_leaves(getattr(ops, name)(*symbols))[0].shape == shape


def test_a_symbolic_call_is_not_computed_while_shapes_are_inferred_twice():
    x = KerasTensor((None, 4))
    y = ops.relu(x)
    assert y._node.parents == [x] and x._node is None
    assert ops.shape(x) == (None, 4) and ops.ndim(x) == 2 and ops.dtype(x) == "float32"
    assert ops.is_tensor(x) and not ops.is_tensor(np.ones(2)[0].item())
    assert ops.reshape(x, (ops.shape(x)[0], 2, 2)).shape == (None, 2, 2)
    operation = y._node.operation
    assert as_numpy(operation([-1.0, 2.0]))[0].tolist() == [0.0, 2.0]


# ---- dtypes ----


@pytest.mark.parametrize(
    ("name", "args", "dtype"),
    [
        ("add", (np.ones(2, "int32"), np.ones(2, "float16")), "float16"),
        ("add", (np.ones(2, "int8"), np.ones(2, "uint8")), "int16"),
        ("add", (np.ones(2, "float16"), 1.5), "float16"),
        ("add", (2, np.ones(2, "uint8")), "uint8"),
        ("add", (np.ones(2, "int8"), 1.5), "float32"),
        ("add", (1, 2), "int32"),
        ("add", (1, 2.0), "float32"),
        ("add", (np.ones(2, bool), np.ones(2, bool)), "bool"),
        ("multiply", (np.ones(2, bool), 3), "int32"),
        ("divide", (np.ones(2, "int32"), 2), "float32"),
        ("divide", (np.ones(2, "float64"), np.ones(2, "int32")), "float64"),
        ("exp", (np.ones(2, "int32"),), "float32"),
        ("sqrt", (np.ones(2, bool),), "float32"),
        ("mean", (np.ones(2, "int32"),), "float32"),
        ("mean", (np.ones(2, "float16"),), "float16"),
        ("sum", (np.ones(2, bool),), "int32"),
        ("sum", (np.ones(2, "int8"),), "int32"),
        ("sum", (np.ones(2, "float16"),), "float16"),
        ("cumsum", (np.ones(2, bool),), "int32"),
        ("argmax", (np.ones(2),), "int32"),
        ("floor", (np.ones(2, "int32"),), "float32"),
        ("round", (np.ones(2, "int32"),), "int32"),
        ("relu", (np.ones(2, "int32"),), "int32"),
        ("sigmoid", (np.ones(2, "int32"),), "float32"),
        ("equal", (np.ones(2, "int32"), 1.0), "bool"),
        ("less", (np.ones(2, bool), np.ones(2, bool)), "bool"),
        ("logical_and", (np.ones(2), 1), "bool"),
        ("matmul", (np.ones((2, 2), "int8"), np.ones((2, 2), "int8")), "int32"),
        ("matmul", (np.ones((2, 2), bool), np.ones((2, 2), bool)), "bool"),
        ("where", (np.ones(2, bool), 1, np.ones(2, "float16")), "float16"),
        ("concatenate", ([np.ones(2, "int32"), np.ones(2, "float32")],), "float32"),
        ("arange", (3,), "int32"),
        ("arange", (0.0, 1.0, 0.5), "float32"),
        ("linspace", (0, 1, 3), "float32"),
        ("zeros", ((2,),), "float32"),
        ("one_hot", ([1], 3), "float32"),
        ("full", ((2,), True, "bool"), "bool"),
        ("convert_to_tensor", ([1, 2],), "int32"),
        ("convert_to_tensor", ([1, 2.5],), "float32"),
        ("convert_to_tensor", (True,), "bool"),
        ("convert_to_tensor", (2**40,), "int64"),
        ("convert_to_tensor", (np.ones(2, "float64"),), "float64"),
    ],
)
def test_result_dtypes(name, args, dtype):
    assert ops.dtype(getattr(ops, name)(*args)) == dtype


def test_floatx_decides_the_default_float():
    keraslite.config.set_floatx("float64")
    try:
        assert ops.dtype(ops.exp(np.ones(2, "int32"))) == "float64"
        assert ops.dtype(ops.add(np.ones(2, "int32"), 1.5)) == "float64"
        assert ops.dtype(ops.zeros(2)) == "float64"
    finally:
        keraslite.config.set_floatx("float32")
    assert ops.dtype(ops.add(np.ones(2, "int32"), 1.5)) == "float32"


@pytest.mark.parametrize(
    ("values", "source", "target", "expected"),
    [
        ([300.0, -5.0, 3.7, 255.0], "float32", "uint8", [255, 0, 3, 255]),
        ([3e9, -3e9, 2.0], "float32", "int32", [2**31 - 1, -(2**31), 2]),
        ([300, -500, 3], "int32", "int8", [127, -128, 3]),
        ([1e6, -1e6, 2.0], "float32", "float16", [65504.0, -65504.0, 2.0]),
        ([True, False], "bool", "int8", [1, 0]),
    ],
)
def test_saturate_cast(values, source, target, expected):
    result = ops.saturate_cast(np.array(values, source), target)
    assert ops.dtype(result) == target
    assert as_numpy(result)[0].tolist() == expected


def test_bool_arithmetic_is_logic():
    a, b = np.array([True, True, False]), np.array([True, False, False])
    assert as_numpy(ops.add(a, b))[0].tolist() == [True, True, False]
    assert as_numpy(ops.multiply(a, b))[0].tolist() == [True, False, False]
    assert as_numpy(ops.maximum(a, b))[0].tolist() == [True, True, False]
    assert as_numpy(ops.bitwise_xor(a, b))[0].tolist() == [False, True, False]
    with pytest.raises(ValueError, match=r"ops\.subtract: bools have no negatives"):
        ops.subtract(a, b)


def test_variables_and_lists_are_operands():
    v = keraslite.Variable([1.0, 2.0])
    assert as_numpy(ops.add(v, [1, 2]))[0].tolist() == [2.0, 4.0]
    assert as_numpy(ops.outer(2, v))[0].tolist() == [[2.0, 4.0]]
    assert as_numpy(ops.stack([3, v[0]]))[0].tolist() == [3.0, 1.0]
    assert as_numpy(2 * v)[0].tolist() == [2.0, 4.0]
    assert ops.shape(v) == (2,) and ops.convert_to_numpy(v).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_space_and_depth(data_format):
    """Channels-last blocks lie (row, column, channel), channels-first (channel, row, column)."""
    first = data_format == "channels_first"
    pixels = np.arange(4 * 6 * 3.0).reshape(1, 4, 6, 3)
    blocks = pixels.reshape(1, 2, 2, 3, 2, 3)  # row, row in block, column, column in block, channel
    order = (0, 1, 3, 5, 2, 4) if first else (0, 1, 3, 2, 4, 5)
    deep = blocks.transpose(order).reshape(1, 2, 3, 12)
    if first:
        pixels, deep = (x.transpose(0, 3, 1, 2) for x in (pixels, deep))
    assert np.array_equal(as_numpy(ops.space_to_depth(pixels, 2, data_format))[0], deep)
    assert np.array_equal(as_numpy(ops.depth_to_space(deep, 2, data_format))[0], pixels)


def test_copy_has_memory_of_its_own():
    array = np.ones(3, "float32")
    copied = ops.copy(ops.convert_to_tensor(array))
    array[0] = 7.0
    assert as_numpy(copied)[0].tolist() == [1.0, 1.0, 1.0]


# ---- errors ----


X = np.ones((2, 3), "float32")


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("mean", (X, 2), r"ops\.mean: `axis` 2 is out of range for a tensor of rank 2"),
        ("sum", (X, (0, -2)), r"ops\.sum: `axis` \(0, -2\) names an axis twice"),
        ("max", (X, "x"), r"ops\.max: `axis` must be an int, found 'x'"),
        ("add", (None, X), r"ops\.add, argument `x1`: expected a tensor, .* found None"),
        ("multiply", (X, "a"), r"ops\.multiply, argument `x2`: .* found 'a'"),
        ("concatenate", ([],), r"ops\.concatenate: at least one tensor"),
        ("concatenate", ([X, X], 2), r"ops\.concatenate: `axis` 2"),
        ("reshape", (X, (-1, None)), r"ops\.reshape.*: at most one size may be -1 or None"),
        ("reshape", (X, "2"), r"ops\.reshape: `newshape` must be an int or a tuple"),
        ("transpose", (X, (0,)), r"ops\.transpose: `axes` must name all 2 axes"),
        ("squeeze", (X, 0), r"ops\.squeeze: `axis` 0 has size 2"),
        ("split", (X, 2, 1), r"ops\.split: cannot cut axis 1 of shape \(2, 3\) into 2 equal"),
        ("where", (X,), r"ops\.where: both `x1` and `x2` are needed"),
        ("pad", (X, ((1, 1),) * 3), r"ops\.pad: `pad_width` must be an int or have"),
        ("pad", (X, 1, "edge"), r"ops\.pad: `mode` must be 'constant', 'reflect' or 'symmetric'"),
        ("einsum", ("ij,jk->ik", X), r"ops\.einsum: 'ij,jk->ik' names 2 operands, found 1"),
        ("tensordot", (X, X, 3), r"ops\.tensordot: `axes` 3 is out of range"),
        ("top_k", (X, 4), r"ops\.top_k: `k` must lie in \[1, 3\]"),
        ("bitwise_and", (X, X), r"ops\.bitwise_and: expected integers or bools, found dtype float"),
        ("conv", (X, X), r"ops\.conv: `inputs` must have a batch axis"),
        ("conv", (X[None], X), r"ops\.conv: `kernel` must have rank 3"),
        ("conv", (X[None], np.ones((1, 2, 4))), r"ops\.conv: `inputs` have 3 channels"),
        ("conv", (X[None], np.ones((1, 3, 4)), 1, "sme"), r"ops\.conv: `padding` must be 'valid'"),
        ("conv", (X[None], np.ones((1, 3, 4)), (1, 1)), r"ops\.conv: `strides` must be a positive"),
        ("max_pool", (X[None], 0), r"ops\.max_pool: `pool_size` must be a positive int"),
        ("max_pool", (X[None], 2, 1, "valid", "last"), r"data_format must be one of"),
        ("batch_normalization", (X, [1.0], [1.0], 1), r"`mean` must have shape \(3,\)"),
        ("binary_crossentropy", (X, X[:1]), r"must have one shape, found \(2, 3\) and \(1, 3\)"),
        ("sparse_categorical_crossentropy", ([0], X), r"`target` must have the shape .* \(2,\)"),
        ("one_hot", ([1], 3, -1, None, True), r"ops\.one_hot: sparse tensors are not supported"),
        ("solve", (X, X), r"ops\.solve: `a` must be square"),
        ("norm", (X, "fro", 0), r"ops\.norm: `ord` 'fro' is for matrices"),
        ("cast", (X, "float31"), r"Unknown dtype 'float31'. Did you mean 'float32'"),
        ("scatter_update", (X, [[0]], X[:1], "mean"), r"`reduction` must be None, 'add'"),
        ("scan", (lambda c, x: (c, x), 0.0), r"ops\.scan: `length` is needed where `xs` is None"),
        ("dot_product_attention", (X, X, X), r"`query` must have shape \(batch, length, heads"),
        ("fft", (X,), r"ops\.fft, argument `x`: `x` must be a pair"),
    ],
)
def test_errors_name_the_function_and_the_argument(name, args, message):
    with pytest.raises(ValueError, match=message):
        getattr(ops, name)(*args)


def test_errors_of_symbolic_calls_are_the_same():
    with pytest.raises(ValueError, match=r"ops\.mean: `axis` 2 is out of range"):
        ops.mean(KerasTensor((None, 3)), 2)
    with pytest.raises(ValueError, match="has no values"):
        ops.convert_to_numpy(KerasTensor((2,)))
    with pytest.raises(ValueError, match="`num_segments` is needed"):
        ops.segment_sum(KerasTensor((4, 2)), KerasTensor((4,), "int32"))


def test_errors_of_the_engine_say_which_call_they_came_from():
    with pytest.raises(Exception) as caught:
        ops.matmul(np.ones((2, 3), "float32"), np.ones((4, 5), "float32"))
    assert "In keraslite.ops.matmul(float32(2, 3), float32(4, 5))" in caught.value.__notes__


# ---- control flow ----


def test_control_flow_carries_nests():
    state, stacked = ops.scan(
        lambda c, x: ({"sum": c["sum"] + x["a"], "n": c["n"] + 1}, [c["sum"], x["a"] * 2]),
        {"sum": 0.0, "n": 0}, {"a": np.array([1.0, 2.0, 3.0], "float32")}, reverse=True,
    )  # fmt: skip
    assert float(state["sum"]) == 6.0 and int(state["n"]) == 3
    assert [x.tolist() for x in as_numpy(stacked)] == [[5.0, 3.0, 0.0], [2.0, 4.0, 6.0]]
    assert ops.scan(lambda c, x: (c + 1, None), 0, length=4)[1] is None

    i, total = ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, ops.add(s, i)), (0, 0.0))
    assert (int(i), float(total)) == (5, 10.0)
    assert int(ops.while_loop(lambda i: i < 9, lambda i: i + 1, 0, maximum_iterations=3)) == 3
    assert float(ops.fori_loop(2, 5, lambda i, x: x * 2.0, 1.0)) == 8.0
    with pytest.raises(ValueError, match=r"ops\.while_loop: `body` must return what it takes"):
        ops.while_loop(lambda i: i < 2, lambda i: (i, i), 0)


def test_branches():
    for flag in (True, False):
        result = ops.cond(ops.convert_to_tensor(flag), lambda: {"a": ops.ones(2)},
                          lambda: {"a": ops.zeros(2)})  # fmt: skip
        assert as_numpy(result["a"])[0].tolist() == [float(flag)] * 2
    branches = [lambda x: x, lambda x: x * 2, lambda x: x * 3]
    for index, expected in ((-1, 1.0), (0, 1.0), (1, 2.0), (2, 3.0), (9, 3.0)):
        assert float(ops.switch(ops.convert_to_tensor(index), branches, 1.0)) == expected
        assert float(ops.switch(index, branches, 1.0)) == expected


def test_maps():
    xs = {"a": np.arange(6.0).reshape(3, 2), "b": np.ones(3)}
    fn = lambda x: (ops.sum(x["a"]) + x["b"], x["a"])
    for mapped in (ops.map(fn, xs), ops.vectorized_map(fn, xs)):
        assert [x.tolist() for x in as_numpy(mapped)] == [[2.0, 6.0, 10.0], xs["a"].tolist()]
    sums = ops.associative_scan(lambda a, b: a + b, np.arange(5.0), reverse=True)
    assert as_numpy(sums)[0].tolist() == [10.0, 10.0, 9.0, 7.0, 4.0]


# ---- the API, and its cost ----


@pytest.mark.skipif(not API.exists(), reason="the list of Keras's API is not at ../shared")
@pytest.mark.parametrize("name", sorted(set(ops.__all__) - OWN))
def test_parameters_and_defaults_are_keras_s(name):
    api = json.loads(API.read_text())
    entry = api[f"keras.ops.{name}"]
    entry = api[entry["same_as"]] if "same_as" in entry else entry
    wanted = [tuple(p) for p in entry["params"] if p[0] != "**kwargs"]
    marks = {inspect.Parameter.VAR_POSITIONAL: "*"}
    found = [
        (marks.get(p.kind, "") + p.name, None if p.default is p.empty else repr(p.default))
        for p in inspect.signature(getattr(ops, name)).parameters.values()
    ]
    assert found == wanted


def test_everything_public_is_documented():
    assert not [name for name in ops.__all__ if not inspect.getdoc(getattr(ops, name))]


@pytest.mark.parametrize("name", ["add", "matmul", "multiply", "relu", "exp", "reshape", "softmax"])
def test_few_python_calls_before_the_engine(name):
    x = ops.convert_to_tensor(np.ones((4, 4), "float32"))
    args = {"reshape": (x, (2, 8)), "relu": (x,), "exp": (x,), "softmax": (x,)}.get(name, (x, x))
    getattr(ops, name)(*args)
    calls, folder = [], str(Path(ops.__file__).parent.parent)

    def profile(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(folder):
            calls.append(code.co_name)

    sys.setprofile(profile)
    try:
        getattr(ops, name)(*args)
    finally:
        sys.setprofile(None)
    assert len(calls) <= 6, calls


def test_numpy_scalars_and_huge_numbers():
    two, x = np.int64(2), np.ones((4, 4, 4), "float32")
    assert [ops.shape(part) for part in ops.split(x, two, two)] == [(4, 4, 2)] * 2
    assert ops.shape(ops.max_pool(x, two)) == (4, 2, 4)
    assert ops.shape(ops.expand_dims(x, two)) == (4, 4, 1, 4)
    assert ops.shape(ops.sum(x, (two, np.int64(0)))) == (4,)
    assert ops.dtype(ops.multiply(np.float32(2), 3)) == "float32"
    assert math.isinf(float(ops.max(np.array([1.0, np.inf]))))
    assert context.backend.is_tensor(ops.convert_to_tensor(np.float64(1.5)))
