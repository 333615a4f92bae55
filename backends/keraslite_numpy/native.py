"""NumPy's own operators, functions and methods on traced arrays.

Each is routed to the backend's function, so that code written in plain NumPy is differentiated.
What has no route raises a TypeError: a gradient is never silently zero.
"""

from typing import Any

import numpy as np

from keraslite_numpy.tape import Traced, strip


def words(text):
    return text.split()


_UFUNCS = {
    getattr(np, name): name
    for name in words(
        "negative absolute sign floor ceil sqrt exp expm1 log log1p sin cos tan tanh arcsin arccos"
        " arctan isfinite isnan isinf logical_not add subtract multiply divide floor_divide"
        " remainder power maximum minimum arctan2 equal not_equal less less_equal greater"
        " greater_equal logical_and logical_or logical_xor square reciprocal log2 log10 exp2"
        " logaddexp sinh cosh arcsinh arccosh arctanh matmul"
    )
} | {np.rint: "round", np.float_power: "power"}
_REDUCED = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}


def _meet(backend, x, y):
    """Two operands in one dtype, by NumPy's own promotion."""
    x_array, y_array = (
        isinstance(x, (np.ndarray, np.generic)),
        isinstance(y, (np.ndarray, np.generic)),
    )
    if x_array and y_array:
        if x.dtype is not y.dtype:
            dtype = np.result_type(x, y).name
            return backend.cast(x, dtype), backend.cast(y, dtype)
    elif not x_array and not isinstance(x, (bool, int, float)):
        return _meet(backend, backend.asarray(x), y)
    elif not y_array and not isinstance(y, (bool, int, float)):
        return _meet(backend, x, backend.asarray(y))
    return x, y


def _refuse(name):
    raise TypeError(
        f"numpy.{name} has no gradient in the NumPy engine of keraslite. Use the function of that"
        " kind from keraslite.ops while a gradient is taken, or keraslite.ops.stop_gradient(x)"
        " if none is wanted."
    )


def _axis_function(name):
    def call(B, x, axis=None, keepdims=False):
        return getattr(B, name)(B.asarray(x), axis, keepdims)

    return call


def _shape_args(shape):
    return tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape


def _transpose(B, x, *axes):
    axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return B.transpose(x, tuple(axes) if axes else tuple(reversed(range(x.ndim))))


def _dot(B, x, y):
    x, y = _meet(B, x, y)
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return B.multiply(x, y)
    if y.ndim <= 2:
        return B.matmul(x, y)
    return B.tensordot(x, y, ((x.ndim - 1,), (y.ndim - 2,)))


def _norm(B, x, ord=None, axis=None, keepdims=False):
    if ord not in (None, 2, "fro") or (ord == 2 and axis is None and x.ndim != 1):
        _refuse("linalg.norm with ord=" + repr(ord))
    return B.norm(x, axis, keepdims)


def _flat(fn):
    """A function of an axis for axis=None: of the flattened array."""

    def call(B, x, axis=None, **options):
        return fn(B, B.reshape(x, (-1,)), 0) if axis is None else fn(B, x, axis, **options)

    return call


def _variance(B, x, axis=None, keepdims=False):
    return B.variance(x, axis, keepdims)


def _where(B, condition, x, y):
    return B.where(np.asarray(strip(condition)), *_meet(B, x, y))


def _clip(B, x, low=None, high=None):
    x = x if low is None else B.maximum(*_meet(B, x, low))
    return x if high is None else B.minimum(*_meet(B, x, high))


def _squeeze(B, x, axis=None):
    return B.squeeze(x, axis)


def _argument(name):
    def call(B, x, axis=None, keepdims=False):
        return getattr(np, name)(strip(x), axis, keepdims=keepdims)

    return call


# Functions of the numpy module, and methods of the same names, as functions of the backend first.
_FUNCTIONS = {
    "sum": _axis_function("sum"),
    "prod": _axis_function("prod"),
    "mean": _axis_function("mean"),
    "max": _axis_function("max"),
    "min": _axis_function("min"),
    "amax": _axis_function("max"),
    "amin": _axis_function("min"),
    "var": _variance,
    "std": lambda B, x, axis=None, keepdims=False: B.std(x, axis, keepdims),
    "argmax": _argument("argmax"),
    "argmin": _argument("argmin"),
    "any": _argument("any"),
    "all": _argument("all"),
    "cumsum": _flat(lambda B, x, axis: B.cumsum(x, axis)),
    "cumprod": _flat(lambda B, x, axis: B.cumprod(x, axis)),
    "reshape": lambda B, x, *shape: B.reshape(x, _shape_args(shape)),
    "ravel": lambda B, x: B.reshape(x, (-1,)),
    "transpose": _transpose,
    "squeeze": _squeeze,
    "swapaxes": lambda B, x, axis1, axis2: B.swapaxes(x, axis1, axis2),
    "clip": _clip,
    "round": lambda B, x, decimals=0: np.round(strip(x), decimals),
    "take": _flat(lambda B, x, axis, indices: B.take(x, np.asarray(indices), axis)),
    "repeat": lambda B, x, repeats, axis: B.repeat(x, repeats, axis),
    "dot": _dot,
}
_MODULE_ONLY = {
    np.expand_dims: lambda B, x, axis: B.expand_dims(x, axis),
    np.moveaxis: lambda B, x, source, destination: B.moveaxis(x, source, destination),
    np.broadcast_to: lambda B, x, shape: B.broadcast_to(x, shape),
    np.concatenate: lambda B, xs, axis=0: B.concatenate([B.asarray(x) for x in xs], axis),
    np.stack: lambda B, xs, axis=0: B.stack([B.asarray(x) for x in xs], axis),
    np.split: lambda B, x, sections, axis=0: B.split(x, sections, axis),
    np.where: _where,
    np.flip: lambda B, x, axis=None: B.flip(x, range(x.ndim) if axis is None else axis),
    np.roll: lambda B, x, shift, axis: B.roll(x, shift, axis),
    np.tile: lambda B, x, reps: B.tile(x, (reps,) if isinstance(reps, int) else tuple(reps)),
    np.sort: lambda B, x, axis=-1: B.sort(x, axis),
    np.take_along_axis: lambda B, x, indices, axis: B.take_along_axis(x, indices, axis),
    np.einsum: lambda B, subscripts, *operands: B.einsum(subscripts, *operands),
    np.linalg.norm: _norm,
    np.linalg.inv: lambda B, x: B.inv(x),
    np.linalg.solve: lambda B, a, b: B.solve(a, b),
}
# What only reads values: runs on the plain arrays.
_READING = {
    getattr(np, name)
    for name in words(
        "shape ndim size argsort zeros_like ones_like full_like empty_like isclose allclose"
        " array_equal array_repr array_str array2string result_type can_cast count_nonzero nonzero"
        " iscomplexobj isrealobj shares_memory may_share_memory copyto digitize searchsorted"
    )
}
_READING_METHODS = words(
    "argsort tolist item tobytes nonzero searchsorted dump dumps getfield tofile to_device"
)


def install(backend):
    """Give `Traced` its operators, functions and methods, on one backend."""
    functions = {
        getattr(np, name): fn for name, fn in _FUNCTIONS.items() if hasattr(np, name)
    } | _MODULE_ONLY

    def array_ufunc(self, ufunc, method, *inputs, **options):
        if method == "__call__" and ufunc in _UFUNCS and not options:
            if len(inputs) == 2:
                inputs = _meet(backend, *inputs)
            return getattr(backend, _UFUNCS[ufunc])(*inputs)
        if method == "reduce" and ufunc in _REDUCED and set(options) <= {"axis", "keepdims"}:
            return getattr(backend, _REDUCED[ufunc])(
                inputs[0], options.get("axis", 0), options.get("keepdims", False)
            )
        _refuse(f"{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
                + (f" with {', '.join(options)}=" if options else ""))  # fmt: skip

    def array_function(self, func, types, args, kwargs):
        if func in functions:
            return functions[func](backend, *args, **kwargs)
        if func in _READING:
            return func(*map(strip, args), **{k: strip(v) for k, v in kwargs.items()})
        name = f"{func.__module__}.{func.__name__}".removeprefix("numpy.")
        _refuse(name)

    Traced.__array_ufunc__ = array_ufunc
    Traced.__array_function__ = array_function
    _install_operators(backend)
    _install_methods(backend)


def _install_operators(backend):
    def operator(name, swapped):
        run = getattr(backend, name)

        def method(self, other):
            kind = type(other)
            if kind is Traced or kind is np.ndarray:
                other_dtype = other.dtype
                if other_dtype is not self.dtype:
                    self, other = _meet(backend, self, other)
            elif kind is not float and kind is not int:
                if not isinstance(other, (np.ndarray, np.generic, bool, int, float, list, tuple)):
                    return NotImplemented  # a Variable, a symbolic tensor: theirs to answer
                self, other = _meet(backend, self, other)
            if swapped:
                return run(other, self)
            return run(self, other)

        return method

    binary = {
        "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
        "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "matmul": "matmul",
    }  # fmt: skip
    for short, name in binary.items():
        setattr(Traced, f"__{short}__", operator(name, False))
        setattr(Traced, f"__r{short}__", operator(name, True))
        setattr(Traced, f"__i{short}__", operator(name, False))  # a new array: `x += y` rebinds x
    for short, name in {
        "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
        "eq": "equal", "ne": "not_equal",
    }.items():  # fmt: skip
        setattr(Traced, f"__{short}__", operator(name, False))
    Traced.__hash__ = None
    Traced.__neg__ = lambda self: backend.negative(self)
    Traced.__pos__ = lambda self: self
    Traced.__abs__ = lambda self: backend.absolute(self)
    Traced.__getitem__ = lambda self, key: backend.getitem(self, key)
    Traced.__setitem__ = _no_setitem
    Traced.__iter__ = lambda self: iter(backend.unstack(self, 0))
    Traced.__repr__ = lambda self: f"Traced({self.raw!r})"
    Traced.__reduce_ex__ = lambda self, protocol: self.raw.__reduce_ex__(protocol)
    Traced.__copy__ = Traced.__deepcopy__ = lambda self, memo=None: self


def _no_setitem(self, key, value):
    raise TypeError(
        "An array that a gradient is taken through cannot be written to. Build a new one, for"
        " example with keraslite.ops.where, scatter_update or concatenate."
    )


def _install_methods(backend):
    def routed(fn):
        return lambda self, *args, **kwargs: fn(backend, self, *args, **kwargs)

    def refused(name):
        return lambda self, *args, **kwargs: _refuse("ndarray." + name)

    def reading(name):
        return lambda self, *args, **kwargs: getattr(self.raw, name)(*args, **kwargs)

    for name in dir(np.ndarray):
        if name.startswith("_") or not callable(getattr(np.ndarray, name)):
            continue
        if name in _FUNCTIONS:
            setattr(Traced, name, routed(_FUNCTIONS[name]))
        elif name in _READING_METHODS:
            setattr(Traced, name, reading(name))
        elif name != "view":  # used to make traced arrays
            setattr(Traced, name, refused(name))
    kind: Any = Traced
    kind.astype = lambda self, dtype, **kwargs: backend.cast(self, np.dtype(dtype).name)
    kind.flatten = routed(_FUNCTIONS["ravel"])
    kind.copy = lambda self, *args: self
    kind.T = property(lambda self: _transpose(backend, self))
    kind.mT = property(lambda self: backend.swapaxes(self, -1, -2))
    kind.real = property(lambda self: self)
    kind.flat = property(lambda self: self.raw.flat)
