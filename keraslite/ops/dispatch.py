"""How a public operation reaches an engine: symbolic check, conversion, promotion, call."""

import functools

from keraslite import config
from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, float_type, result_type
from keraslite.core.keras_tensor import KerasTensor, any_symbolic
from keraslite.core.operation import record_op
from keraslite.core.variable import Variable

_NUMBERS = (int, float)


def op(fn):
    """Make `fn` a public operation: on KerasTensors it draws a node instead of computing.

    While the abstract backend is active (shape inference), it computes on them as on any tensor.
    """

    @functools.wraps(fn)
    def operation(*args, **kwargs):
        if any_symbolic(args, kwargs) and not context.backend.is_abstract:
            return record_op(operation, args, kwargs)
        return fn(*args, **kwargs)

    return operation


def tensor(x, dtype=None):
    """`x` as a tensor of the active engine: Variables are read, arrays and numbers converted.

    Without `dtype`, Python floats become `floatx()`, Python ints int32; arrays keep their dtype.
    """
    backend = context.backend
    if isinstance(x, Variable):
        x = x.value
    elif not backend.is_tensor(x):
        return backend.asarray(x, dtype or _python_dtype(x))
    if dtype is not None and backend.dtype(x) != dtype:
        return backend.cast(x, dtype)
    return x


def _python_dtype(x):
    """dtype that a Python number or nested list gets; None (as it is) for arrays."""
    while isinstance(x, (list, tuple)) and x:
        kinds = {type(v) for v in x}
        if float in kinds:
            return config.floatx()
        x = x[0]
    if isinstance(x, bool):
        return "bool"
    if isinstance(x, int):
        return "int32"
    if isinstance(x, float) or (isinstance(x, (list, tuple)) and not x):
        return config.floatx()
    return None


def floating(x):
    """`x` as a float tensor: integers and bools are cast to `floatx()`."""
    x = tensor(x)
    dtype = context.backend.dtype(x)
    if dtype in FLOATS:
        return x
    return context.backend.cast(x, float_type(dtype, config.floatx()))


def promoted(x, y, to_float=False):
    """Two operands in one dtype; a Python number as the second one stays a number.

    With `to_float` the dtype is a floating one.
    """
    backend = context.backend
    if type(y) in _NUMBERS:
        x = tensor(x)
        found = backend.dtype(x)
        wanted = result_type(found, type(y))
        if to_float:
            wanted = float_type(wanted, config.floatx())
        return (x if wanted == found else backend.cast(x, wanted)), y
    if type(x) in _NUMBERS:
        y = tensor(y)
        wanted = result_type(type(x), backend.dtype(y))
        if to_float:
            wanted = float_type(wanted, config.floatx())
        return backend.asarray(x, wanted), tensor(y, wanted)
    x, y = tensor(x), tensor(y)
    dtype_x, dtype_y = backend.dtype(x), backend.dtype(y)
    if dtype_x == dtype_y and not (to_float and dtype_x not in FLOATS):
        return x, y
    wanted = result_type(dtype_x, dtype_y)
    if to_float:
        wanted = float_type(wanted, config.floatx())
    return tensor(x, wanted), tensor(y, wanted)


def promoted_list(xs):
    """Tensors in one dtype."""
    xs = [tensor(x) for x in xs]
    dtypes = [context.backend.dtype(x) for x in xs]
    wanted = dtypes[0] if len(set(dtypes)) == 1 else result_type(*dtypes)
    return [tensor(x, wanted) for x in xs]


def is_tensor(x):
    """True for tensors of the active engine and for KerasTensors."""
    return context.backend.is_tensor(x) or type(x) is KerasTensor
