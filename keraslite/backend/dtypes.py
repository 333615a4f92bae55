"""Names of dtypes and the one table by which they promote (JAX's lattice, as in Keras 3).

Adapters never promote: `keraslite.ops` brings operands to one dtype with `result_type` first.
Python's own bool, int and float are weak: they take the dtype of the tensor that they meet.
"""

import functools

FLOATS = ("float16", "bfloat16", "float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
COMPLEX = ("complex64", "complex128")
ALLOWED = ("bool", *INTEGERS, *FLOATS, *COMPLEX)

# The lattice: each dtype and the ones directly above it. "int" and "float" are the weak kinds.
_ABOVE = {
    "bool": ("weak_int",),
    "weak_int": ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "int8": ("int16",),
    "uint16": ("int32", "uint32"),
    "int16": ("int32",),
    "uint32": ("int64", "uint64"),
    "int32": ("int64",),
    "uint64": ("weak_float",),
    "int64": ("weak_float",),
    "weak_float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}

_PYTHON = {bool: "bool", int: "weak_int", float: "weak_float", complex: "complex64"}
_PYTHON_NAMES = {"bool": "bool", "int": "int32", "float": None}


def standardize_dtype(dtype):
    """Return the dtype's name: "float32" for None (the default float), np.float32, torch.float32...

    Raises ValueError for what names no dtype that tensors can have.
    """
    if type(dtype) is str and dtype in _ALLOWED_SET:
        return dtype
    if type(dtype) is str:  # np.dtype("float64") == "float" holds, so only strings are compared
        dtype = {"float": float, "int": int}.get(dtype, dtype)
    if dtype is None or dtype is float:
        from keraslite.config import floatx

        return floatx()
    if dtype is int:
        return "int32"
    if dtype is bool:
        return "bool"
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    name = name.rpartition(".")[2]  # torch.float32, tf.float32
    name = {"bool_": "bool", "half": "float16", "double": "float64"}.get(name, name)
    if name in _ALLOWED_SET:
        return name
    import difflib

    near = difflib.get_close_matches(str(dtype), ALLOWED, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"Unknown dtype {dtype!r}.{hint} Known dtypes: {', '.join(ALLOWED)}.")


_ALLOWED_SET = frozenset(ALLOWED)


def is_float(dtype):
    """True for the four real floating dtypes, given by name."""
    return dtype in FLOATS


def is_int(dtype):
    """True for signed and unsigned integers (not bool), given by name."""
    return dtype in INTEGERS


@functools.cache
def _up_set(dtype):
    reached = {dtype}
    for above in _ABOVE[dtype]:
        reached |= _up_set(above)
    return frozenset(reached)


@functools.cache
def _join(*names):
    """The least dtype that lies above all of `names` in the lattice."""
    common = frozenset.intersection(*(_up_set(n) for n in names))
    return max(common, key=lambda n: len(_up_set(n) & common))


def result_type(*dtypes):
    """The dtype that operands of these dtypes are brought to.

    Args:
        *dtypes: dtype names, or the Python types bool, int and float, which are weak.

    >>> result_type("int32", "float16")
    'float16'
    >>> result_type("int8", float)
    'float32'
    """
    from keraslite.config import floatx

    joined = _join(*(_PYTHON.get(d) or standardize_dtype(d) for d in dtypes))
    return {"weak_int": "int32", "weak_float": floatx()}.get(joined, joined)


@functools.cache
def float_type(dtype, floatx):
    """The dtype in which a float-valued function of a `dtype` argument computes."""
    return dtype if dtype in FLOATS or dtype in COMPLEX else floatx
