"""Opening HDF5 files that a stranger may have made."""

import contextlib
import os


@contextlib.contextmanager
def open_h5(path):
    """An HDF5 file open for reading, after a check that nothing in it points outside.

    Args:
        path: path, or a binary file object.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or no HDF5 file, or has links out of itself.
    """
    import h5py

    is_path = isinstance(path, (str, os.PathLike))
    if is_path and not os.path.exists(path):
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}.")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(
            f"{path if is_path else 'The weights'} cannot be read as an HDF5 file: it is damaged,"
            f" cut off, or of another kind ({error})."
        ) from None
    with file:
        _refuse_links(file, path)
        try:
            yield file
        except (OSError, RuntimeError) as error:
            raise ValueError(f"{path} is damaged: {error}") from None


def _refuse_links(group, path):
    """Raise for soft and external links: a file shall be read from itself alone."""
    import h5py

    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise ValueError(
                f"{path} has a link at {group.name}/{name} ({type(link).__name__}); files with"
                " links are not read, since a link can lead to other files of this machine."
            )
        item = group.get(name)
        if isinstance(item, h5py.Group):
            _refuse_links(item, path)


def checked_dataset(group, key):
    """A dataset that keeps its values in the file itself and is no larger than it says."""
    import h5py

    dataset = group[key]
    where = f"{group.name}/{key}"
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{where} in the file is a group, expected an array.")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{where} keeps its values in another file, which is refused.")
    if dataset.dtype.kind not in "biufV" or dataset.dtype.hasobject:
        raise ValueError(f"{where} in the file has dtype {dataset.dtype}, expected numbers.")
    return dataset
