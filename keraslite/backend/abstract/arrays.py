"""Making abstract tensors: arrays, random numbers, and control flow that runs its bodies once."""

import math

import numpy as np

from keraslite import config
from keraslite.backend.abstract.shapes import UNKNOWN, Unknown, axis_of, dims, tensor, unify
from keraslite.backend.base import Backend
from keraslite.backend.dtypes import standardize_dtype
from keraslite.core.keras_tensor import KerasTensor


class AbstractArrays(Backend):
    """See `Arrays`."""

    def asarray(self, x, dtype=None):
        if type(x) is KerasTensor:
            return x if dtype is None else self.cast(x, dtype)
        shape, found = getattr(x, "shape", None), getattr(x, "dtype", None)
        if found is None:
            array = np.asarray(UNKNOWN if type(x) is Unknown else x)
            shape, found = (
                array.shape,
                {"f": config.floatx(), "b": "bool"}.get(array.dtype.kind, "int32"),
            )
        return tensor(dims(shape), standardize_dtype(dtype or found))

    def to_numpy(self, x):
        raise ValueError(
            f"{x!r} has no values: only shapes and dtypes are known while a model is being built."
        )

    def is_tensor(self, x):
        return type(x) is KerasTensor

    def dtype(self, x):
        return x.dtype

    def shape(self, x):
        shape = x.shape
        if None not in shape:
            return shape
        return tuple(Unknown(x, i) if n is None else n for i, n in enumerate(shape))

    def ndim(self, x):
        return len(x.shape)

    def cast(self, x, dtype):
        return x if x.dtype == dtype else tensor(x.shape, dtype)

    def full(self, shape, value, dtype):
        return tensor(dims(shape), dtype)

    def arange(self, start, stop, step, dtype):
        if any(isinstance(n, (Unknown, KerasTensor)) for n in (start, stop, step)):
            return tensor((None,), dtype)
        return tensor((max(0, math.ceil((stop - start) / step)),), dtype)

    def eye(self, rows, columns, k, dtype):
        return tensor(dims((rows, columns)), dtype)

    def tri_mask(self, rows, columns, k):
        return tensor(dims((rows, columns)), "bool")

    def linspace(self, start, stop, num, endpoint, dtype):
        return tensor(dims((num,)), dtype)

    def one_hot(self, indices, depth, axis, dtype):
        shape = indices.shape
        axis = axis_of((*shape, depth), axis)
        return tensor((*shape[:axis], *dims((depth,)), *shape[axis:]), dtype)


class AbstractRandomness(Backend):
    """See `Randomness`."""

    def random_bits(self, key, count):
        return tensor(dims((count,)), "int32")

    random_permutation = random_bits

    def fold_in(self, key, number):
        return key

    def random_uniform(self, key, shape, dtype):
        return tensor(dims(shape), dtype)

    random_normal = random_uniform

    def random_int(self, key, shape, low, high, dtype):
        return tensor(dims(shape), dtype)

    def random_keep(self, key, shape, keep_probability):
        return tensor(dims(shape), "bool")

    def dropout(self, x, rate, key, noise_shape):
        return tensor(x.shape, x.dtype)


class AbstractState(Backend):
    """See `State`. Nothing is stored."""

    def make_variable(self, value, trainable):
        raise RuntimeError("A Variable cannot be made while shapes are inferred.")

    def value_and_grad(self, fn, has_aux=False):
        def differentiated(inputs, *rest):
            return fn(inputs, *rest), [tensor(x.shape, x.dtype) for x in inputs]

        return differentiated

    def stop_gradient(self, x):
        return x

    def custom_gradient(self, fn):
        return lambda *tensors: fn(*tensors)[0]


def _slice(x):
    return tensor(x.shape[1:], x.dtype)


class AbstractControl(Backend):
    """See `Control`. Bodies of loops run once at most."""

    def scan(self, step, carry, xs, length, reverse=False):
        for x in xs:
            if not x.shape:
                raise ValueError("Cannot scan over a scalar.")
        length = xs[0].shape[0] if length is None else dims((length,))[0]
        new, ys = step(tuple(carry), tuple(map(_slice, xs)))
        last = tuple(
            tensor(unify(old.shape, n.shape, "The carry of a scan changed"), old.dtype)
            for old, n in zip(carry, new)
        )
        return last, tuple(tensor((length, *y.shape), y.dtype) for y in ys)

    def while_loop(self, condition, body, carry, limit=None):
        return tuple(carry)

    def cond(self, predicate, true_fn, false_fn, *operands):
        return true_fn(*operands)

    def vectorized_map(self, fn, xs):
        size = xs[0].shape[:1]
        for x in xs:
            size = unify(size, x.shape[:1], "Cannot map over axes of different sizes")
        return tuple(tensor((*size, *y.shape), y.dtype) for y in fn(*map(_slice, xs)))
