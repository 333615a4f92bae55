"""`.keras`: a zip of metadata.json, config.json and model.weights.h5."""

import datetime
import io
import json
import zipfile
import zlib

from keraslite.saving.budget import limited
from keraslite.saving.h5_files import count_elements, open_h5
from keraslite.saving.models import made_model
from keraslite.saving.serialization import serialize_keras_object
from keraslite.saving.weights_file import read_weights, write_weights
from keraslite.version import __version__

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MAX_CONFIG = 256 * 2**20  # bytes
_MOST_COMPRESSED = 100  # how much larger than its place in the archive a member may be
_COMPATIBLE = "3.15.1"  # the Keras version whose format this is
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


def write_keras(model, path):
    """Write a model to a new zip file."""
    config = serialize_keras_object(model)
    weights = io.BytesIO()
    write_weights(model, weights)
    metadata = {
        "keras_version": _COMPATIBLE,
        "keraslite_version": __version__,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr(_CONFIG, json.dumps(config))
        archive.writestr(_WEIGHTS, weights.getbuffer())


def read_keras(path, custom_objects=None, compile=True):
    """The model in a `.keras` file."""
    with _opened(path) as archive:
        config = _read_json(archive, path)
        weights = io.BytesIO(_read_member(archive, _WEIGHTS, path))
    with open_h5(weights, path) as file:
        elements = count_elements(file)
    with limited(elements):
        model = made_model(config, path, custom_objects, compile)
    read_weights(model, weights, source=path)
    return model


def read_keras_weights(model, path, skip_mismatch=False):
    """Only the weights of a `.keras` file, into a model."""
    with _opened(path) as archive:
        weights = io.BytesIO(_read_member(archive, _WEIGHTS, path))
    read_weights(model, weights, skip_mismatch, path)


def _opened(path):
    try:
        return zipfile.ZipFile(path)
    except (*_DAMAGE, ValueError) as error:
        if isinstance(error, (PermissionError, IsADirectoryError)):
            raise
        raise ValueError(
            f"{path} cannot be read as a .keras file: it is damaged, cut off, or of another kind"
            f" ({error})."
        ) from None


def _read_member(archive, name, path, limit=None):
    """The bytes of a member; a compressed one must not be far larger than the archive."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"{path} is no .keras file: it has no {name}.") from None
    most = _MOST_COMPRESSED * max(info.compress_size, 2**10)
    if info.file_size > min(most, limit or most):
        raise ValueError(f"{name} in {path} claims {info.file_size} bytes, more than is plausible.")
    try:
        return archive.read(info)
    except _DAMAGE as error:
        raise ValueError(f"{path} is damaged: {name} cannot be read ({error}).") from None


def _read_json(archive, path):
    try:
        return json.loads(_read_member(archive, _CONFIG, path, _MAX_CONFIG))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {_CONFIG} is no JSON ({error}).") from None
