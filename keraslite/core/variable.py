"""Variable: state with a name, kept by one engine."""

from typing import Any

import numpy as np

from keraslite.backend.context import context, real_backend, temporarily
from keraslite.backend.dtypes import FLOATS, standardize_dtype
from keraslite.core.keras_tensor import KerasTensor, add_operators
from keraslite.core.naming import auto_name


class Variable:
    """A tensor that lasts: weights, moving statistics, optimizer slots, counters.

    Args:
        initializer: array or number for the first value, or a callable `(shape, dtype)`.
        shape: tuple of int, needed with a callable.
        dtype: dtype name; default: the initializer array's, or `floatx()`.
        trainable: whether training changes it by gradients.
        autocast: whether a layer in mixed precision reads it in its compute dtype.
        aggregation: kept for compatibility with Keras; used by distributed training.
        name: name; a path is made of the names of the layers that it belongs to.

    Raises:
        ValueError: the shape has an unknown or negative dimension, or none is given.

    >>> import keraslite
    >>> v = keraslite.Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0]).numpy().tolist()
    [2.0, 3.0]
    """

    __slots__ = (
        "__weakref__",
        "_is_float",
        "_made_trainable",
        "_value",
        "aggregation",
        "autocast",
        "backend",
        "constraint",
        "dtype",
        "name",
        "overwrite_with_gradient",
        "path",
        "regularizer",
        "shape",
        "trainable",
    )  # fmt: skip
    __array_ufunc__ = None
    __array_priority__ = 300
    _should_act_as_resource_variable = True  # so `tf.GradientTape.gradient` asks for `handle`

    def __init__(
        self, initializer, shape=None, dtype=None, trainable=True, autocast=True,
        aggregation="none", name=None, path=None, backend=None,
    ):  # fmt: skip
        self.backend = backend or real_backend()
        self.name = name or auto_name("variable")
        self.path = path or self.name
        self.trainable = bool(trainable)
        self.autocast = autocast
        self.aggregation = aggregation
        self.regularizer = None
        self.constraint = None
        self.overwrite_with_gradient = False
        self._made_trainable = self.trainable
        if context.compiled_step is not None:
            raise RuntimeError(
                f"Variable {self.path!r} is made inside a compiled step of model"
                f" {context.compiled_step!r}, which cannot keep it. Make it before: build layers in"
                " `build`, optimizers with `optimizer.build(variables)`, metrics in `__init__`; or"
                " compile the model with run_eagerly=True."
            )
        with temporarily(backend=self.backend, autocast_dtype=None):
            value, self.dtype = self._first_value(initializer, shape, dtype)
        self.shape = tuple(int(n) for n in value.shape)
        self._is_float = self.dtype in FLOATS
        self._value = self.backend.make_variable(value, self.trainable and self._is_float)

    def _first_value(self, initializer, shape, dtype):
        if callable(initializer):
            if shape is None:
                raise ValueError(f"Variable {self.name!r} needs a shape for its initializer.")
            shape = checked_shape(shape, self.name)
            if context.budget is not None:
                context.budget.take(shape, self.path)
            dtype = standardize_dtype(dtype)
            value = initializer(shape, dtype=dtype)
        else:
            value = initializer
            if dtype is None:
                given = getattr(value, "dtype", None)
                kind = np.asarray(value).dtype if given is None else given
                dtype = None if given is None and kind.kind == "f" else kind
            dtype = standardize_dtype(dtype)
        if not self.backend.is_tensor(value):
            value = self.backend.asarray(value, dtype)
        return self.backend.cast(value, dtype), dtype

    @property
    def value(self) -> Any:
        """The engine's tensor; in a mixed precision layer, in the layer's compute dtype."""
        backend = context.backend
        if backend is not self.backend:
            return self._foreign_value(backend)
        value = backend.read(self._value)
        dtype = context.autocast_dtype
        if dtype is not None and self._is_float and self.autocast and dtype != self.dtype:
            return backend.cast(value, dtype)
        return value

    def _foreign_value(self, backend) -> Any:
        if backend.is_abstract:
            cast = context.autocast_dtype if self._is_float and self.autocast else None
            return KerasTensor(self.shape, cast or self.dtype)
        if backend.name == self.backend.name:  # the proxy of an engine not loaded yet
            return self.backend.read(self._value)
        raise ValueError(
            f"Variable {self.path!r} belongs to the {self.backend.name} backend, but"
            f" {backend.name} is active. Models activate their own backend when called; around"
            f" your own code write `with keraslite.use_backend({self.backend.name!r}):`."
        )

    def assign(self, value):
        """Replace the value by one of the same shape; cast to the variable's dtype. Returns self.

        Raises ValueError when the shapes differ.
        """
        return self._assign(value, self.backend.assign)

    def _assign(self, value, store):
        """`assign`, by a function of the backend that stores a tensor in a handle."""
        if context.backend.is_abstract:  # shape inference changes nothing
            return self
        backend = self.backend
        if isinstance(value, Variable):
            value = backend.read(value._value)
        if not backend.is_tensor(value):
            value = backend.asarray(value, self.dtype)
        if value.shape != self.shape and tuple(backend.shape(value)) != self.shape:
            raise ValueError(
                f"Cannot assign a value of shape {tuple(backend.shape(value))} to variable"
                f" {self.path!r} of shape {self.shape}."
            )
        if backend.dtype(value) != self.dtype:
            value = backend.cast(value, self.dtype)
        log = context.assignments
        if log is not None:  # in `value_and_grad`: what is assigned carries no gradient
            value = backend.stop_gradient(value)
            if id(self) not in log:
                log[id(self)] = (self, self._value)
        self._value = store(self._value, value)
        return self

    def assign_add(self, value):
        """Add to the value in place. Returns self."""
        return self._update(lambda old, new: old + new, value)

    def assign_sub(self, value):
        """Subtract from the value in place. Returns self."""
        return self._update(lambda old, new: old - new, value)

    def _update(self, rule, change):
        if context.backend.is_abstract:
            return self
        backend = self.backend
        if isinstance(change, Variable):
            change = backend.read(change._value)
        if not isinstance(change, (int, float)):
            if not backend.is_tensor(change):
                change = backend.asarray(change, self.dtype)
            change = backend.cast(change, self.dtype)
        return self._assign(rule(backend.read(self._value), change), backend.assign_new)

    @property
    def handle(self):
        """What the engine's own tools differentiate by: its tensor, or its variable's handle."""
        return getattr(self._value, "handle", self._value)

    def numpy(self):
        """A NumPy copy of the value."""
        return np.array(self.backend.to_numpy(self.backend.read(self._value)))

    @property
    def ndim(self):
        return len(self.shape)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __tf_tensor__(self, dtype=None, name=None):
        """What TensorFlow takes for `tensor * variable`; by `__array__` it would lose gradients."""
        return self.value

    def __repr__(self):
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}>"

    def __len__(self):
        if not self.shape:
            raise TypeError(f"Variable {self.path!r} is a scalar and has no length.")
        return self.shape[0]

    def __hash__(self):
        return id(self)

    def __float__(self):
        return float(self.numpy())

    def __int__(self):
        return int(self.numpy())

    def __bool__(self):
        return bool(self.numpy())


add_operators(Variable)


def checked_shape(shape, name):
    """`shape` as a tuple of non-negative ints; ValueError names the variable."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in shape:
        if size is None or int(size) < 0:
            raise ValueError(
                f"Variable {name!r} needs a shape of known, non-negative sizes, found {shape}."
                " Give the layer's input a known size on this axis."
            )
    return tuple(int(size) for size in shape)
