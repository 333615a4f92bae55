"""How a public operation reaches an engine: symbolic check, conversion, promotion, call.

The usual case, float tensors of the active engine, is decided by looking types and dtypes up in
the two tables below, without a Python call; everything else goes the careful way, which fills them.
"""

import functools
import inspect
from typing import Any

import numpy as np

from keraslite import config
from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, INTEGERS, float_type, result_type
from keraslite.core.keras_tensor import KerasTensor, any_symbolic
from keraslite.core.operation import record_op
from keraslite.core.variable import Variable

_owner = {}  # type of a tensor -> the backend that has it as its own
_names = {}  # engines' own dtype objects -> the dtypes' names
float_dtypes = set()  # those of them that are floating
_MAY_HOLD_SYMBOLS = frozenset((KerasTensor, list, tuple, dict))
_NUMBERS = (int, float)
INTS = (int, np.integer)


class ArgumentError(ValueError):
    """A wrong argument to a public operation; `op` adds the function's and the argument's name."""

    def __init__(self, message, value=inspect.Parameter.empty):
        super().__init__(message)
        self.value = value

    def add_names(self, fn, args, kwargs):
        """Put "name of the function, name of the argument" in front of the message, once."""
        if hasattr(self, "function"):
            return
        self.function = fn.__name__
        where = f"ops.{fn.__name__}"
        if self.value is not inspect.Parameter.empty:
            arguments = inspect.signature(fn).bind(*args, **kwargs).arguments
            name = next((n for n, v in arguments.items() if v is self.value), None)
            where += f", argument `{name}`" if name else ""
        self.args = (f"{where}: {self.args[0]}",)


def op(fn) -> Any:
    """Make `fn` a public operation: on KerasTensors it draws a node instead of computing.

    While the abstract backend is active (shape inference), it computes on them as on any tensor.
    Errors name the function, and as a note the shapes that it was called with.
    """

    @functools.wraps(fn)
    def operation(*args, **kwargs):
        for x in (*args, *kwargs.values()):
            kind = type(x)
            if kind in _MAY_HOLD_SYMBOLS and (
                kind is KerasTensor or any_symbolic(x.values() if kind is dict else x)
            ):
                if context.backend.is_abstract:
                    break
                return record_op(operation, args, kwargs)
        try:
            return fn(*args, **kwargs)
        except ArgumentError as error:
            error.add_names(fn, args, kwargs)
            raise
        except Exception as error:
            _add_note(error, fn, args, kwargs)
            raise

    return operation


def _add_note(error, fn, args, kwargs):
    """Say in a note of an engine's error which operation it came from, on which shapes."""
    if not any(note.startswith("In keraslite.ops.") for note in getattr(error, "__notes__", ())):
        given = [_described(x) for x in args] + [f"{k}={_described(x)}" for k, x in kwargs.items()]
        error.add_note(f"In keraslite.ops.{fn.__name__}({', '.join(given)})")


def _described(x):
    if isinstance(x, (list, tuple)) and len(x) < 8:
        return f"[{', '.join(map(_described, x))}]"
    shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{dtype}{tuple(shape)}"
    return repr(x) if isinstance(x, (int, float, str, type(None))) else type(x).__name__


# ---- conversion ----


def dtype_of(x):
    """The name of a tensor's dtype."""
    dtype = x.dtype
    name = _names.get(dtype)
    if name is None:
        name = _names[dtype] = context.backend.dtype(x)
    return name


def tensor(x, dtype=None):
    """`x` as a tensor of the active engine: Variables are read, arrays and numbers converted.

    Without `dtype`, Python floats become `floatx()`, Python ints int32; arrays keep their dtype.
    """
    backend = context.backend
    if _owner.get(type(x)) is not backend:
        x = _converted(x, dtype)
    if dtype is not None and dtype_of(x) != dtype:
        return backend.cast(x, dtype)
    return x


def _converted(x, dtype=None):
    """The careful way of `tensor`; learns the engine's types."""
    backend = context.backend
    if isinstance(x, Variable):
        x = x.value
    if backend.is_tensor(x):
        _owner[type(x)] = backend
        if dtype_of(x) in FLOATS:
            float_dtypes.add(x.dtype)
        return x
    if x is None or isinstance(x, (str, bytes)) or callable(x):
        raise ArgumentError(f"expected a tensor, an array or a number, found {x!r}.", x)
    if isinstance(x, np.generic):  # some of them are Python floats too
        x = np.asarray(x)
    own = _python_dtype(x)
    if dtype is None or own is None or (dtype in FLOATS and own != "bool"):
        return backend.asarray(x, dtype or own)
    if own in INTEGERS and dtype in INTEGERS:
        return backend.asarray(x, dtype)
    return backend.cast(backend.asarray(x, own), dtype)


def _python_dtype(x):
    """dtype that a Python number or nested list gets; None (as it is) for arrays."""
    while isinstance(x, (list, tuple)) and x:
        kinds = {type(v) for v in x}
        if float in kinds:
            return config.floatx()
        x = x[0]
    if isinstance(x, bool):
        return "bool"
    if type(x) is int:
        return "int32" if -(2**31) <= x < 2**31 else "int64"
    if type(x) is float or (isinstance(x, (list, tuple)) and not x):
        return config.floatx()
    return None


def floating(x):
    """`x` as a float tensor: integers and bools are cast to `floatx()`."""
    if _owner.get(type(x)) is not context.backend:
        x = _converted(x)
    elif x.dtype in float_dtypes:
        return x
    dtype = dtype_of(x)
    wanted = float_type(dtype, config.floatx())
    return x if dtype == wanted else context.backend.cast(x, wanted)


def boolean(x):
    """`x` as a bool tensor: True where it is not zero."""
    x = tensor(x)
    return x if dtype_of(x) == "bool" else context.backend.cast(x, "bool")


# ---- promotion ----


def promoted(x, y, to_float=False):
    """Two operands in one dtype; a Python number as the second one stays a number.

    With `to_float` the dtype is a floating one.
    """
    backend = context.backend
    if _owner.get(type(x)) is backend:
        dtype = x.dtype
        if dtype in float_dtypes:
            kind = type(y)
            if kind is float or kind is int:
                return x, y
            if _owner.get(kind) is backend and y.dtype is dtype:
                return x, y
    return _promoted(x, y, to_float)


def _promoted(x, y, to_float):
    """The careful way of `promoted`."""
    backend = context.backend
    if type(y) in _NUMBERS:
        x = tensor(x)
        return tensor(x, _common(dtype_of(x), type(y), config.floatx(), to_float)), y
    if type(x) in _NUMBERS:
        y = tensor(y)
        wanted = _common(type(x), dtype_of(y), config.floatx(), to_float)
        return backend.asarray(x, wanted), tensor(y, wanted)
    x, y = tensor(x), tensor(y)
    wanted = _common(dtype_of(x), dtype_of(y), config.floatx(), to_float)
    return tensor(x, wanted), tensor(y, wanted)


def counted(x, y):
    """`promoted`, and bools as int32: for functions that need numbers."""
    x, y = promoted(x, y)
    if x.dtype in float_dtypes or dtype_of(x) != "bool":
        return x, y
    return tensor(x, "int32"), tensor(y, "int32")


@functools.cache
def _common(a, b, floatx, to_float):
    """dtype for operands of dtypes (or Python types) a and b; `floatx` is part of the cache key."""
    wanted = a if a == b and isinstance(a, str) else result_type(a, b)
    return float_type(wanted, floatx) if to_float else wanted


def promoted_list(xs):
    """Tensors in one dtype, as a list."""
    backend = context.backend
    first = xs[0].dtype if _owner.get(type(xs[0])) is backend else None
    if not [x for x in xs if _owner.get(type(x)) is not backend or x.dtype is not first]:
        return list(xs)
    xs = [tensor(x) for x in xs]
    dtypes = [dtype_of(x) for x in xs]
    wanted = dtypes[0] if len(set(dtypes)) == 1 else result_type(*dtypes)
    return [tensor(x, wanted) for x in xs]


# ---- checks of arguments ----


def checked_axis(axis, rank, name="axis"):
    """One axis as an int in [0, rank)."""
    if not isinstance(axis, int):
        if not hasattr(axis, "__index__"):
            raise ArgumentError(f"`{name}` must be an int, found {axis!r}.")
        axis = axis.__index__()
    if not -rank <= axis < rank:
        raise ArgumentError(f"`{name}` {axis} is out of range for a tensor of rank {rank}.")
    return axis % rank


def checked_axes(axis, rank, name="axis") -> Any:
    """None (all axes), or an int or a tuple of different ints in [0, rank)."""
    if axis is None:
        return None
    if type(axis) is int and 0 <= axis + rank < 2 * rank:
        return axis % rank
    if not isinstance(axis, (tuple, list)):
        return checked_axis(axis, rank, name)
    axes = tuple([checked_axis(a, rank, name) for a in axis])
    if len(set(axes)) != len(axes):
        raise ArgumentError(f"`{name}` {tuple(axis)} names an axis twice.")
    return axes


def shapes_differ(shape, other):
    """True if two shapes differ in rank, or in a size that both know."""
    return len(shape) != len(other) or any(
        m != n for m, n in zip(shape, other) if isinstance(m, int) and isinstance(n, int)
    )


def as_shape(shape, name="shape"):
    """A shape, given as an int or a sequence, as a tuple."""
    if isinstance(shape, (tuple, list)):
        return tuple(shape)
    if isinstance(shape, int):
        return (shape,)
    if context.backend.is_tensor(shape) or hasattr(shape, "tolist"):
        shape = context.backend.to_numpy(tensor(shape)).tolist()
        return tuple(shape) if isinstance(shape, list) else (shape,)
    raise ArgumentError(f"`{name}` must be an int or a tuple of ints, found {shape!r}.")


def is_tensor(x):
    """True for tensors of the active engine and for KerasTensors."""
    return context.backend.is_tensor(x) or type(x) is KerasTensor
