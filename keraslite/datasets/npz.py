"""Reading `.npz` files that may come from a stranger: no pickle, except lists of ints, safely.

Sizes are checked against the archive's directory before memory is taken.
"""

import io
import itertools
import math
import pickle
import zipfile
import zlib

import numpy as np

_LARGEST = 1 << 30  # bytes in one member; MNIST has 47 MB
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(path, names) -> list:
    """The named members of an `.npz` file.

    Returns:
        For each name an array; for an object array of lists of ints, a list of int64 vectors.

    Raises:
        ValueError: the file is damaged, lacks a member, is too large, or holds anything else.
    """
    damage = (ValueError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError)
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return [_read_member(archive, name) for name in names]
        except damage as error:
            raise ValueError(f"Cannot read {path}: {error}") from error


def _read_member(archive, name):
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        found = ", ".join(n.removesuffix(".npy") for n in archive.namelist())
        raise ValueError(f"it has no array {name!r}; found: {found}.") from None
    if info.file_size > _LARGEST:
        raise ValueError(f"array {name!r} takes {info.file_size} bytes, more than {_LARGEST}.")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"array {name!r} has .npy version {version}, expected 1.0 or 2.0.")
        shape, fortran_order, dtype = _HEADERS[version](file)
        if dtype.char == "O":
            return _read_lists(file.read(), name, shape)
        size = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or file.tell() + size != info.file_size:
            raise ValueError(f"array {name!r} of {shape} {dtype} does not match its size.")
        order = "F" if fortran_order else "C"
        return np.frombuffer(file.read(), dtype).reshape(shape, order=order).copy()


class _Inert:
    """Stands in for `numpy.ndarray` and `numpy.dtype` in a pickle: takes anything, does nothing."""

    def __init__(self, *args):
        pass

    def __setstate__(self, state):
        pass


class _Lists(_Inert):
    """Stands in for the array that a pickle rebuilds: keeps the list of its elements."""

    def __setstate__(self, state):
        self.items = state[-1]


class _ListUnpickler(pickle.Unpickler):
    """Unpickles an object array without NumPy's code and without any other callable.

    The pickle machine can reach nothing but the two classes above: what a hostile stream can make
    is numbers, strings, containers and inert objects.
    """

    _CLASSES = {
        ("numpy", "ndarray"): _Inert,
        ("numpy", "dtype"): _Inert,
        ("numpy.core.multiarray", "_reconstruct"): _Lists,
        ("numpy._core.multiarray", "_reconstruct"): _Lists,
    }

    def find_class(self, module, name):
        if (module, name) not in self._CLASSES:
            raise pickle.UnpicklingError(f"refusing to load {module}.{name} from it")
        return self._CLASSES[module, name]


def _read_lists(data, name, shape):
    try:
        lists = _ListUnpickler(io.BytesIO(data), encoding="latin1").load().items
        lengths = np.fromiter(map(len, lists), np.int64)
        values = np.fromiter(itertools.chain.from_iterable(lists), np.int64)
    except Exception as error:  # a broken stream can raise nearly anything
        raise ValueError(f"array {name!r} is not one of lists of ints: {error}.") from error
    if shape != lengths.shape:
        raise ValueError(f"array {name!r} has {len(lengths)} lists, its header says {shape}.")
    return np.split(values, np.cumsum(lengths)[:-1])
