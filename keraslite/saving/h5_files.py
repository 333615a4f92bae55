"""HDF5 files that a stranger may have made: opening them, arrays and configs in them."""

import contextlib
import json
import os
import zlib

import numpy as np

_SEAL = b"keraslite-crc32:"
_DIGITS = 8
_MOST_COMPRESSED = 1100  # deflate makes 1032 bytes of one at best


@contextlib.contextmanager
def create_h5(file):
    """A new HDF5 file open for writing, given as path or binary file object.

    A file on disk is sealed when it is closed: a checksum of all bytes follows the last one that
    HDF5 minds. Whatever changes the file by way of HDF5 drops the seal.
    """
    import h5py

    with h5py.File(file, "w") as opened:
        yield opened
    if isinstance(file, (str, os.PathLike)):
        with open(file, "rb+") as sealed:
            seal = _SEAL + b"%0*x" % (_DIGITS, _checksum(sealed, None))
            sealed.seek(0, os.SEEK_END)
            sealed.write(seal)


def _checksum(file, size):
    """CRC-32 of the first `size` bytes of a binary file, None for all."""
    checksum, left = 0, float("inf") if size is None else size
    file.seek(0)
    while left and (block := file.read(int(min(left, 2**20)))):
        checksum = zlib.crc32(block, checksum)
        left -= len(block)
    return checksum


def _check_seal(path, source):
    """Refuse a file whose bytes are not those that were sealed: HDF5 can crash on such."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END) - len(_SEAL) - _DIGITS
        if size < 0:
            return
        file.seek(size)
        seal = file.read()
        if seal.startswith(_SEAL) and seal != _SEAL + b"%0*x" % (_DIGITS, _checksum(file, size)):
            raise ValueError(
                f"{source} is damaged: its bytes are not those that were written (the checksum"
                " differs)."
            )


class Mismatch(Exception):
    """Values in a file are sound, but not those of the object that they are read for."""


@contextlib.contextmanager
def open_h5(file, source=None):
    """An HDF5 file open for reading, after a check of its seal and that it points nowhere outside.

    Args:
        file: path, or a binary file object.
        source: what messages call it, default the path.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or no HDF5 file, or has links out of itself.
    """
    import h5py

    is_path = isinstance(file, (str, os.PathLike))
    source = source or (os.fspath(file) if is_path else "The file")
    if is_path and not os.path.exists(file):
        raise FileNotFoundError(f"There is no file {source!r}.")
    if is_path:
        _check_seal(file, source)
    try:
        opened = h5py.File(file, "r")
    except OSError as error:
        raise ValueError(
            f"{source} cannot be read as an HDF5 file: it is damaged, cut off, or of another kind"
            f" ({error})."
        ) from None
    with opened:
        try:
            _check_structure(opened, source)
            yield opened
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, ValueError) and source in str(error):
                raise
            raise ValueError(f"{source} is damaged: {error}") from error


def _check_structure(file, source):
    """Refuse links and cycles: a file shall be read from itself alone, each group once."""
    import h5py

    seen, stack = set(), [file]
    while stack:
        group = stack.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            raise ValueError(f"{source} is damaged: its group {group.name} stands in it twice.")
        seen.add(address)
        for name in group:
            link = group.get(name, getlink=True)
            if link is None:
                raise ValueError(f"{source} is damaged: {group.name}/{name} cannot be found.")
            if not isinstance(link, h5py.HardLink):
                raise ValueError(
                    f"{source} has a link at {group.name}/{name} ({type(link).__name__}); files"
                    " with links are not read, since a link can lead to other files of this"
                    " machine."
                )
            if group.get(name, getclass=True) is h5py.Group:
                stack.append(group[name])


def checked_dataset(group, key):
    """A dataset of numbers that keeps its values in the file and is as large as it says.

    Raises ValueError otherwise; no values are read.
    """
    import h5py

    dataset = group[key]
    where = f"{group.name}/{key}"
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{where} in the file is a group, expected an array.")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{where} keeps its values in another file, which is refused.")
    kind = dataset.dtype
    if not (kind.kind in "biuf" or (kind.kind == "V" and kind.itemsize == 2 and not kind.names)):
        raise ValueError(f"{where} in the file has dtype {kind}, expected numbers.")
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > max(_MOST_COMPRESSED * stored, 4096):
        raise ValueError(
            f"{where} in the file claims {dataset.nbytes} bytes, but has {stored} bytes of values."
        )
    return dataset


def read_array(dataset):
    """The values of a checked dataset."""
    array = np.asarray(dataset[()])
    if array.dtype.kind == "V":
        import ml_dtypes

        array = array.view(ml_dtypes.bfloat16)
    return array


def write_array(group, key, value):
    """Write an array as a dataset, in the layout of Keras."""
    value = np.asarray(value)
    dataset = group.create_dataset(key, data=value)
    if value.dtype.name == "bfloat16":
        dataset.attrs["dtype"] = "bfloat16"


def read_json(file, name, source):
    """A config from an attribute that holds JSON. ValueError if it is damaged."""
    import h5py

    attribute = h5py.h5a.open(file.id, name.encode())
    if not isinstance(attribute.get_type(), h5py.h5t.TypeStringID) or attribute.shape != ():
        raise ValueError(f"{source} is damaged: its {name} is no text.")
    text = file.attrs[name]
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{source} is damaged: its {name} is no JSON ({error}).") from None


def count_elements(file):
    """Number of elements of all arrays in a file, none of which are read."""
    import h5py

    counts = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            counts.append(checked_dataset(file, name).size)

    file.visititems(visit)
    return sum(counts)
