"""`.keras`: a zip of metadata.json, config.json and model.weights.h5."""

import datetime
import io
import json
import zipfile

from keraslite.saving.serialization import deserialize_keras_object, serialize_keras_object
from keraslite.saving.weights_file import read_weights, write_weights
from keraslite.version import __version__

_MAX_CONFIG = 256 * 2**20  # bytes
_COMPATIBLE = "3.15.1"  # the Keras version whose format this is


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
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getbuffer())


def read_keras(path, custom_objects=None, compile=True):
    """The model in a `.keras` file."""
    with _opened(path) as archive:
        config = _read_json(archive, "config.json", path)
        weights = io.BytesIO(_read_member(archive, "model.weights.h5", path))
    if not compile:
        config.pop("compile_config", None)
    model = deserialize_keras_object(config, custom_objects=custom_objects)
    read_weights(model, weights)
    return model


def read_keras_weights(model, path, skip_mismatch=False):
    """Only the weights of a `.keras` file, into a model."""
    with _opened(path) as archive:
        weights = io.BytesIO(_read_member(archive, "model.weights.h5", path))
    read_weights(model, weights, skip_mismatch)


def _opened(path):
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise ValueError(
            f"{path} cannot be read as a .keras file: it is damaged, cut off, or of another kind."
        ) from None


def _read_member(archive, name, path, limit=None):
    """The bytes of a member; a compressed one must not be far larger than the archive."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"{path} is no .keras file: it has no {name}.") from None
    if limit is None:
        limit = 1000 * max(info.compress_size, 2**20)
    if info.file_size > limit:
        raise ValueError(f"{name} in {path} claims {info.file_size} bytes, more than is plausible.")
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise ValueError(f"{path} is damaged: {name} cannot be read ({error}).") from None


def _read_json(archive, name, path):
    try:
        return json.loads(_read_member(archive, name, path, _MAX_CONFIG))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged: {name} is no JSON ({error}).") from None
