"""Finding the file of a data set: a path of the user's, the caches, or its origin."""

import os
import warnings
from pathlib import Path

from keraslite import config
from keraslite.utils.files import download, has_digest

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def dataset_file(path, name, digest):
    """The file of a data set, downloaded if it is nowhere on this machine.

    Args:
        path: what the user passed: a file of their own, taken as it is, or a name in the cache.
        name: the canonical file's name, and the default of `path`.
        digest: the canonical file's SHA-256 or MD5.

    Returns:
        A Path. A file in `$KERASLITE_HOME/datasets` with another digest was put there by the user
        (downloads are verified first), and is used with a warning.

    Raises:
        FileNotFoundError: it is not here and cannot be downloaded; says what to do.
        ValueError: the downloaded file has another digest.
    """
    own = Path(path).expanduser()
    if os.fspath(path) != name and own.is_file():
        return own
    cached = config.home() / "datasets" / own
    if cached.is_file():
        if not has_digest(cached, digest):
            warnings.warn(
                f"{cached} is not the canonical {name} (digest {digest}); using it as it is."
                " Delete it to download the canonical file.",
                stacklevel=3,
            )
        return cached
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    keras_file = keras_home / "datasets" / own
    if keras_file.is_file() and has_digest(keras_file, digest):
        return keras_file
    try:
        download(ORIGIN + name, cached, digest)
    except ConnectionError as error:
        raise FileNotFoundError(
            f"{name} is neither {cached} nor {keras_file}, and it cannot be downloaded: {error}."
            f" Put a copy of {ORIGIN}{name} at {cached}, or pass its place:"
            f' load_data(path="/folder/{name}").'
        ) from error
    return cached
