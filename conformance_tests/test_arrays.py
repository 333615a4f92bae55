"""Making tensors and asking them what they are; shape inference; the device."""

import ml_dtypes
import numpy as np
import pytest

from keraslite.backend import Backend, get_backend
from keraslite.backend.context import context


def test_the_engine_is_a_backend_with_a_name(backend):
    assert isinstance(backend, Backend)
    assert not type(backend).__abstractmethods__
    assert get_backend(backend.name) is backend


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        (1.5, "float32", ()), (3, "int32", ()), (True, "bool", ()), (2, "float64", ()),
        ([1, 2], "float16", (2,)), ([[1.0], [2.0]], "bfloat16", (2, 1)), ([], "float32", (0,)),
        (np.float32(1.5), "float64", ()), (np.arange(3), "int32", (3,)),
        (np.zeros((2, 0)), "float32", (2, 0)),
    ],
)  # fmt: skip
def test_asarray_with_a_dtype(value, dtype, shape, backend):
    tensor = backend.asarray(value, dtype)
    assert backend.is_tensor(tensor)
    assert backend.dtype(tensor) == dtype
    assert tuple(backend.shape(tensor)) == tuple(tensor.shape) == shape
    assert backend.ndim(tensor) == len(shape)
    found = backend.to_numpy(tensor).astype("float64")
    np.testing.assert_array_equal(found, np.asarray(value, "float64"))


def test_asarray_keeps_a_tensor_that_needs_no_change(backend):
    tensor = backend.asarray(np.ones(3, "float32"))
    assert backend.asarray(tensor) is tensor
    assert backend.asarray(tensor, "float32") is tensor
    assert backend.dtype(backend.asarray(tensor, "float64")) == "float64"


def test_asarray_reads_any_memory_layout(backend):
    array = np.arange(24, dtype="float32").reshape(4, 6)
    read_only = array.copy()
    read_only.flags.writeable = False
    for view in (array.T, array[::-1], array[:, ::2], array[1:, 3], read_only):
        np.testing.assert_array_equal(backend.to_numpy(backend.asarray(view)), view)


def test_to_numpy_of_bfloat16_is_ml_dtypes(backend):
    tensor = backend.full((2,), 1.5, "bfloat16")
    array = backend.to_numpy(tensor)
    assert type(array) is np.ndarray
    assert array.dtype == ml_dtypes.bfloat16


def test_is_tensor(backend):
    assert backend.is_tensor(backend.zeros((2,), "float32"))
    assert not any(backend.is_tensor(x) for x in (1.0, 2, [1.0], (1,), None, "x", {}))


def test_tensors_stay_tensors_under_a_trace(backend):
    seen = []

    def loss(variables):
        y = variables[0] * 2
        seen.append((backend.is_tensor(y), tuple(backend.shape(y)), backend.dtype(y)))
        return backend.sum(y)

    backend.value_and_grad(loss)([backend.ones((2, 3), "float32")])
    assert seen == [(True, (2, 3), "float32")]


def test_tensors_are_on_the_device_under_test(backend, request):
    assert backend.device_names()
    device = context.device
    if device is not None:
        assert device in backend.device_names()
        tensor = backend.zeros((2,), "float32")
        assert device.partition(":")[0] in str(getattr(tensor, "device", device)).lower()


def test_the_engines_own_operations_run_in_a_device_scope(backend):
    device = backend.device_names()[-1]
    with backend.device_scope(device):
        total = backend.ones((2,), "float32") + 1
    assert backend.to_numpy(total).tolist() == [2, 2]


def test_matmul_precision_can_be_set_and_the_default_is_exact(backend):
    backend.set_matmul_precision("highest")
    x = np.full((1, 64), 1 + 2.0**-12, "float32")
    exact = 64 * (1 + 2.0**-12) ** 2  # TF32 keeps 10 bits of the factors
    for value in ("high", "default", "highest"):
        backend.set_matmul_precision(value)
    found = backend.to_numpy(backend.matmul(backend.asarray(x), backend.asarray(x.T)))
    np.testing.assert_allclose(found, [[exact]], rtol=1e-6)


def test_synchronize_waits_and_returns_nothing(backend):
    assert backend.synchronize() is None


def test_seed_seeds_the_engines_own_generator_and_moves_no_bits(backend):
    key = backend.asarray(np.array([1, 2], "int32"))
    backend.seed(7)
    first = backend.to_numpy(backend.random_bits(key, 4))
    backend.seed(8)
    np.testing.assert_array_equal(backend.to_numpy(backend.random_bits(key, 4)), first)


@pytest.mark.parametrize(
    ("axis", "size"), [(None, 24), (0, 2), (-1, 4), ((0, 2), 8), ((), 1), ((1, -1), 12)]
)
def test_reduced_size(axis, size, backend):
    assert backend.reduced_size(backend.zeros((2, 3, 4), "float32"), axis) == size


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("valid", ((0, 0), (0, 0))),
        ("same", ((1, 1), (1, 2))),  # the odd one after
        (((1, 2), (0, 3)), ((1, 2), (0, 3))),
    ],
)
def test_spatial_padding(padding, expected, backend):
    x = backend.zeros((1, 5, 8, 2), "float32")
    found = backend.spatial_padding(x, (3, 3), (2, 1), (1, 1), padding)
    if padding == "same":
        found = backend.spatial_padding(x, (3, 2), (2, 1), (1, 3), padding)
    assert tuple(map(tuple, found)) == expected


def test_abstract_eval_finds_unknown_sizes(backend):
    def function(x, y):
        return {"z": backend.matmul(x, y), "n": (backend.argmax(x, 0), backend.sum(x))}

    specs = [((None, 3), "float32"), ((3, 4), "float32")]
    found = backend.abstract_eval(function, specs)
    assert found == {
        "z": ((None, 4), "float32"),
        "n": (((3,), "int32"), ((), "float32")),
    }


def test_abstract_eval_of_known_sizes(backend):
    found = backend.abstract_eval(lambda x: backend.concatenate([x, x], 1), [((2, 3), "int32")])
    assert found == ((2, 6), "int32")
