"""Rules of shapes in which None stands for a size that is not known yet."""

import math
import operator
from typing import Any

import numpy as np

from keraslite.core.keras_tensor import KerasTensor

_new = object.__new__


def tensor(shape, dtype) -> Any:
    """A KerasTensor of a checked shape (tuple of int and None) and a dtype name, made quickly."""
    made = _new(KerasTensor)
    made.shape = shape
    made.dtype = dtype
    made.name = made._node = made._mask = None
    made._index = 0
    return made


class Unknown:
    """A size that is not known yet, as `AbstractBackend.shape` hands it out.

    Arithmetic on it gives an unknown size again. In comparisons it is larger than every number, so
    that `max(size, 1)` stays unknown. Where a shape is passed, it becomes None.
    """

    __slots__ = ("axis", "tensor")
    __array_ufunc__ = None  # NumPy's numbers leave arithmetic to us

    def __init__(self, tensor=None, axis: Any = None):
        self.tensor = tensor  # whose size it is: `reshape` of that tensor knows what it equals
        self.axis = axis

    def _arithmetic(self, other):
        return UNKNOWN if isinstance(other, _OPERANDS) else NotImplemented

    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = _arithmetic
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = (
        _arithmetic
    )

    def __neg__(self):
        return UNKNOWN

    def __lt__(self, other):
        return False

    def __gt__(self, other):
        return True

    __le__, __ge__ = __lt__, __gt__

    def __index__(self):
        of = "" if self.tensor is None else f" (axis {self.axis} of shape {self.tensor.shape})"
        raise TypeError(
            f"A number is needed here, but this size{of} is not known before the model sees data."
            " Give `Input` a known size on this axis, or use functions that need none."
        )

    __int__ = __float__ = __index__

    def __repr__(self):
        return "UNKNOWN"


UNKNOWN = Unknown()
_OPERANDS = (int, float, np.number, Unknown)


def dims(shape):
    """A requested shape as a tuple of int and None."""
    return tuple(n if type(n) is int else _dim(n) for n in shape)


def _dim(n):
    return None if n is None or type(n) is Unknown else operator.index(n)


def broadcast(a, b):
    """The shape to which two shapes broadcast."""
    if a == b:
        return a
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    extra = len(longer) - len(shorter)
    out = list(longer)
    for i, n in enumerate(shorter, extra):
        m = out[i]
        if m == n or n == 1:
            continue
        if m == 1 or m is None:
            out[i] = n
        elif n is not None:
            raise ValueError(f"Cannot broadcast shapes {a} and {b}: sizes {m} and {n} differ.")
    return tuple(out)


def unify(a, b, what):
    """The shape that a and b both describe; `what` begins the message when they contradict."""
    if a == b:
        return a
    if len(a) != len(b) or any(m != n and None not in (m, n) for m, n in zip(a, b)):
        raise ValueError(f"{what}: shapes {a} and {b} differ.")
    return tuple(n if m is None else m for m, n in zip(a, b))


def axis_of(shape, axis):
    """A possibly negative axis as a place in `shape`."""
    rank = len(shape)
    if -rank <= axis < rank:
        return axis % rank
    raise ValueError(f"Axis {axis} is out of range for shape {shape}, which has {rank} axes.")


def axes_of(shape, axis):
    """None (all), an int or several ints as a set of places in `shape`."""
    if axis is None:
        return set(range(len(shape)))
    if isinstance(axis, int):
        return {axis_of(shape, axis)}
    return {axis_of(shape, a) for a in axis}


def reduced(shape, axis, keepdims):
    """The shape after a reduction along `axis`."""
    if axis is None:
        return (1,) * len(shape) if keepdims else ()
    axes = axes_of(shape, axis)
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def replaced(shape, axis, *sizes):
    """`shape` with the entry at a non-negative place replaced by `sizes`."""
    return (*shape[:axis], *sizes, *shape[axis + 1 :])


def reshaped(x, target):
    """The shape of x reshaped to `target`, whose entries may be -1 (once), None or `Unknown`.

    One unknown size on either side can be deduced where the counts of elements allow only one.
    """
    shape = x.shape
    given = list(shape)
    wanted = list(target)
    for entry in target:  # sizes of x itself cancel out
        if isinstance(entry, Unknown) and entry.tensor is x and given[entry.axis] is None:
            given[entry.axis] = 1
            wanted[wanted.index(entry)] = 1
    elements = math.prod(n for n in given if n is not None)
    wanted = dims(wanted)
    open_entries = [i for i, n in enumerate(wanted) if n is None or n == -1]
    if wanted.count(-1) > 1:
        raise ValueError(f"Cannot reshape {shape} to {tuple(target)}: only one size may be -1.")
    result = [None if n == -1 else n for n in dims(target)]
    known = math.prod(n for n in wanted if n is not None and n != -1)
    unknown = given.count(None)
    if not open_entries:
        fits = elements == known if not unknown else elements == 0 or known % elements == 0
    elif unknown:
        # Counts that do not divide one another fit for odd batch sizes only: a mistake.
        fits = unknown > 1 or len(open_entries) > 1 or _divide(elements, known)
    elif len(open_entries) > 1 or known == 0:
        fits = (known != 0 and elements % known == 0) or elements == 0
    else:
        fits = elements % known == 0
        result[open_entries[0]] = elements // known
    if not fits:
        raise ValueError(_cannot_reshape(shape, dims(target), elements, known))
    return tuple(result)


def _divide(a, b):
    return a == 0 or b == 0 or a % b == 0 or b % a == 0


def _cannot_reshape(shape, target, elements, known):
    return (
        f"Cannot reshape {shape} to {target}: the known sizes hold {elements} elements"
        f" and {known}, which do not fit."
    )
