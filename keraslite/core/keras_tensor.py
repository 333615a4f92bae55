"""KerasTensor: a shape and a dtype in place of values.

Symbolic models are drawn with them, and they are the tensors of the abstract backend
(`keraslite.backend.abstract`), which infers shapes by running the same code on them.
"""

from keraslite.backend.dtypes import standardize_dtype


class KerasTensor:
    """A placeholder for a tensor.

    Args:
        shape: tuple of int; None for a dimension that is not known yet.
        dtype: dtype name.
        name: optional name.

    `_node` is the call that makes it (None for an intermediate of shape inference), `_index` its
    place among the call's results, `_mask` its mask, another KerasTensor (see `core.masks`).
    """

    __slots__ = ("__weakref__", "_index", "_mask", "_node", "dtype", "name", "shape")
    __array_ufunc__ = None  # NumPy arrays leave `array + tensor` to us
    __array_priority__ = 200

    def __init__(self, shape, dtype="float32", name=None, node=None, index=0):
        self.shape = tuple(None if n is None else int(n) for n in shape)
        self.dtype = standardize_dtype(dtype)
        self.name = name
        self._node = node
        self._index = index
        self._mask = None

    @property
    def ndim(self):
        return len(self.shape)

    def __repr__(self):
        name = f", name={self.name!r}" if self.name else ""
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}{name}>"

    def __array__(self, dtype=None, copy=None):
        raise ValueError(
            f"{self!r} is symbolic: it has no values yet, so NumPy functions cannot take it."
            " Use the functions of keraslite.ops, and call the finished model on data for values."
        )

    def __bool__(self):
        raise TypeError(
            f"{self!r} is symbolic and has no truth value. Use keraslite.ops.where or cond."
        )

    def __iter__(self):
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"Cannot iterate over {self!r}: the size of its first axis is unknown.")
        return (self[i] for i in range(self.shape[0]))  # pyright: ignore[reportIndexIssue]

    def __len__(self):
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"{self!r} has no known length.")
        return self.shape[0]

    def __hash__(self):
        return id(self)

    def reshape(self, *shape):
        from keraslite import ops

        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def squeeze(self, axis=None):
        from keraslite import ops

        return ops.squeeze(self, axis)


def add_operators(cls):
    """Give a class Python's operators by way of `keraslite.ops` (KerasTensor and Variable)."""

    def binary(name):
        def forward(self, other):
            from keraslite import ops

            return getattr(ops, name)(self, other)

        def reflected(self, other):
            from keraslite import ops

            return getattr(ops, name)(other, self)

        return forward, reflected

    def unary(name):
        def method(self):
            from keraslite import ops

            return getattr(ops, name)(self)

        return method

    for symbol, name in (
        ("add", "add"), ("sub", "subtract"), ("mul", "multiply"), ("truediv", "true_divide"),
        ("floordiv", "floor_divide"), ("mod", "mod"), ("pow", "power"), ("matmul", "matmul"),
        ("and", "bitwise_and"), ("or", "bitwise_or"), ("xor", "bitwise_xor"),
        ("lshift", "left_shift"), ("rshift", "right_shift"),
    ):  # fmt: skip
        forward, reflected = binary(name)
        setattr(cls, f"__{symbol}__", forward)
        setattr(cls, f"__r{symbol}__", reflected)
    for symbol, name in (
        ("lt", "less"), ("le", "less_equal"), ("gt", "greater"), ("ge", "greater_equal"),
    ):  # fmt: skip  # == stays identity, so that tensors can be found in lists and dicts
        setattr(cls, f"__{symbol}__", binary(name)[0])
    for symbol, name in (("neg", "negative"), ("abs", "absolute"), ("invert", "logical_not")):
        setattr(cls, f"__{symbol}__", unary(name))

    def getitem(self, key):
        from keraslite import ops

        return ops.get_item(self, key)

    cls.__getitem__ = getitem
    return cls


add_operators(KerasTensor)


def any_symbolic(args, kwargs=None):
    """True if a KerasTensor is among the arguments, also inside lists, tuples and dicts."""
    for x in args:
        kind = type(x)
        if kind is KerasTensor:
            return True
        if (kind is list or kind is tuple) and any_symbolic(x):
            return True
        if kind is dict and any_symbolic(x.values()):
            return True
    return bool(kwargs) and any_symbolic(kwargs.values())
