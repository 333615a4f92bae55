"""save_model, load_model, save_weights, load_weights: a format for each ending."""

import os

from keraslite.saving import keras_file, weights_file
from keraslite.saving.atomic import atomic_path


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Write a whole model: architecture, weights, how it was compiled, optimizer state.

    Args:
        model: the model.
        filepath: path that ends in ".keras" (recommended) or ".h5" (the legacy format).
        overwrite: whether an existing file is replaced.
        zipped: accepted for compatibility; `.keras` files are zip files.

    A crash while writing leaves an existing file whole.
    """
    path = os.fspath(filepath)
    if path.endswith(".weights.h5"):
        raise ValueError(
            f"{path!r} names a weights file: use model.save_weights, or end the path in .keras."
        )
    if not path.endswith((".keras", ".h5", ".hdf5")):
        raise ValueError(f"A model is saved to a path that ends in .keras or .h5; found {path!r}.")
    if zipped is False:
        raise ValueError("keraslite writes .keras files as zip files only (zipped=True).")
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so there is nothing to save yet. Call it on data,"
            " or build(input_shape) it, first."
        )
    with atomic_path(path, overwrite) as temporary:
        if path.endswith(".keras"):
            keras_file.write_keras(model, temporary)
        else:
            from keraslite.saving import legacy_h5

            legacy_h5.write_model(model, temporary, **kwargs)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model in a `.keras` or legacy `.h5` file, ready to go on training.

    Args:
        filepath: the file.
        custom_objects: {name: class or function} for what is not keraslite's own.
        compile: whether to compile it as it was when saved.
        safe_mode: accepted for compatibility; code in files is never run.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, unknown classes, or code in the file.
    """
    path = _existing(filepath)
    if path.endswith(".weights.h5"):
        raise ValueError(
            f"{path!r} holds weights only: make the model and call model.load_weights on it."
        )
    if path.endswith(".keras") or not path.endswith((".h5", ".hdf5")):
        return keras_file.read_keras(path, custom_objects, compile)
    from keraslite.saving import legacy_h5

    return legacy_h5.read_model(path, custom_objects, compile)


def save_weights(model, filepath, overwrite=True, max_shard_size=None, **kwargs):
    """Write a model's weights to a file that ends in ".weights.h5"."""
    path = os.fspath(filepath)
    if not path.endswith(".weights.h5"):
        raise ValueError(f"Weights are saved to a path that ends in .weights.h5; found {path!r}.")
    if max_shard_size is not None:
        raise ValueError("keraslite does not split weights files (max_shard_size).")
    if not model.built:
        raise ValueError(f"Model {model.name!r} is not built, so it has no weights to save yet.")
    with atomic_path(path, overwrite) as temporary:
        weights_file.write_weights(model, temporary)


def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Read weights into a model from a `.weights.h5`, `.keras` or legacy `.h5` file.

    Args:
        model: the model, built.
        filepath: the file.
        skip_mismatch: load what fits and warn about the rest, instead of refusing it all.

    Raises ValueError if the weights are of another model; nothing has been loaded then.
    """
    path = _existing(filepath)
    if path.endswith(".keras"):
        keras_file.read_keras_weights(model, path, skip_mismatch)
    elif path.endswith(".weights.h5"):
        weights_file.read_weights(model, path, skip_mismatch)
    elif path.endswith((".h5", ".hdf5")):
        from keraslite.saving import legacy_h5

        legacy_h5.read_weights(model, path, skip_mismatch, **kwargs)
    else:
        raise ValueError(f"Weights are read from .weights.h5, .keras or .h5 files; found {path!r}.")


def _existing(filepath):
    path = os.fspath(filepath)
    if not os.path.exists(path):
        folder = os.path.dirname(path) or "."
        near = [n for n in sorted(os.listdir(folder)) if n.endswith((".keras", ".h5"))][:5] if (
            os.path.isdir(folder)
        ) else []  # fmt: skip
        found = f" Model files in that folder: {', '.join(near)}." if near else ""
        raise FileNotFoundError(f"There is no file {path!r} (looked in {os.getcwd()!r}).{found}")
    return path
