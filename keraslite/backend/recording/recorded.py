"""Tensors that note what is done with them."""

import operator
from typing import Any


class Unrecordable(Exception):
    """The step does something that a recording would get wrong: it must run as it is."""


class Recorded:
    """A tensor of the engine, and its name in the recording. It lives while a step is recorded.

    Shapes and dtypes may be looked at; whatever else would let values decide what the step does
    raises `Unrecordable`.
    """

    __slots__ = ("__weakref__", "block", "name", "recorder", "value")
    __array_ufunc__ = None
    __array_priority__ = 400

    def __init__(self, recorder, block, name, value):
        self.recorder, self.block, self.name, self.value = recorder, block, name, value

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    ndim = property(lambda self: self.value.ndim)

    def __len__(self):
        return self.value.shape[0]

    def __hash__(self):
        return id(self)

    def __getattr__(self, name):
        self.recorder.refuse(f"the attribute {name!r} of a tensor is read")

    def _look(self, *_) -> Any:
        self.recorder.refuse("a value is looked at")

    __bool__ = __float__ = __int__ = __index__ = __complex__ = __array__ = _look
    __contains__ = __setitem__ = __repr__ = __format__ = __iter__ = _look


def _binary(function):
    def forward(self, other):
        return self.recorder.call(function, (self, other))

    def reflected(self, other):
        return self.recorder.call(function, (other, self))

    return forward, reflected


def _unary(function):
    return lambda self: self.recorder.call(function, (self,))


for _name in (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor",
    "lshift", "rshift", "lt", "le", "gt", "ge", "eq", "ne", "getitem",
):  # fmt: skip
    _function = getattr(operator, f"__{_name}__")
    _forward, _reflected = _binary(_function)
    setattr(Recorded, f"__{_name}__", _forward)
    if hasattr(int, f"__r{_name}__"):
        setattr(Recorded, f"__r{_name}__", _reflected)
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Recorded, f"__{_name}__", _unary(getattr(operator, f"__{_name}__")))
