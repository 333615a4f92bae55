"""save_model, load_model, save_weights, load_weights: a format for each ending.

What reads and writes the formats is imported on first use, so that `import keraslite` is quick.
"""

import os

_LEGACY = (".h5", ".hdf5")


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Write a whole model: architecture, weights, how it was compiled, optimizer state.

    A crash while writing leaves an existing file whole.

    Args:
        model: the model, built.
        filepath: path that ends in ".keras" (recommended) or ".h5" (the legacy format).
        overwrite: whether an existing file is replaced.
        zipped: accepted for compatibility; `.keras` files are zip files.
        include_optimizer: of `.h5` files, whether the optimizer is saved too.

    Raises:
        ValueError: another ending, a model that is not built, or one that cannot be saved so.
        FileExistsError: the file exists and `overwrite` is False.
    """
    path = os.fspath(filepath)
    if path.endswith(".weights.h5"):
        raise ValueError(
            f"{path!r} names a weights file: use model.save_weights, or end the path in .keras."
        )
    if not path.endswith((".keras", *_LEGACY)):
        raise ValueError(f"A model is saved to a path that ends in .keras or .h5; found {path!r}.")
    if zipped is False:
        raise ValueError("keraslite writes .keras files as zip files only (zipped=True).")
    legacy = not path.endswith(".keras")
    _refuse_unknown(kwargs, {"include_optimizer"} if legacy else set(), "save_model", path)
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so there is nothing to save yet. Call it on data,"
            " or build(input_shape) it, first."
        )
    from keraslite.backend.context import temporarily
    from keraslite.saving import keras_file, legacy_h5
    from keraslite.saving.atomic import atomic_path

    write = legacy_h5.write_model if legacy else keras_file.write_keras
    with atomic_path(path, overwrite) as temporary, temporarily(backend=model.backend):
        write(model, temporary, **kwargs)


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
    if not path.endswith((".keras", *_LEGACY)):
        raise ValueError(f"Models are read from .keras and .h5 files; found {path!r}.")
    from keraslite.saving import keras_file, legacy_h5

    read = keras_file.read_keras if path.endswith(".keras") else legacy_h5.read_model
    return read(path, custom_objects, compile)


def save_weights(model, filepath, overwrite=True, max_shard_size=None, **kwargs):
    """Write a model's weights, and its optimizer's state, to a file that ends in ".weights.h5".

    Args:
        model: the model, built.
        filepath: the path.
        overwrite: whether an existing file is replaced.
        max_shard_size: not supported; None.

    Raises:
        ValueError: another ending, or a model that is not built.
        FileExistsError: the file exists and `overwrite` is False.
    """
    path = os.fspath(filepath)
    if not path.endswith(".weights.h5"):
        raise ValueError(f"Weights are saved to a path that ends in .weights.h5; found {path!r}.")
    if max_shard_size is not None:
        raise ValueError("keraslite does not split weights files (max_shard_size).")
    _refuse_unknown(kwargs, set(), "save_weights", path)
    if not model.built:
        raise ValueError(f"Model {model.name!r} is not built, so it has no weights to save yet.")
    from keraslite.saving import weights_file
    from keraslite.saving.atomic import atomic_path

    with atomic_path(path, overwrite) as temporary:
        weights_file.write_weights(model, temporary)


def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Read weights into a model from a `.weights.h5`, `.keras` or legacy `.h5` file.

    Args:
        model: the model, built.
        filepath: the file.
        skip_mismatch: load what fits and warn about the rest, instead of refusing it all.
        by_name: of legacy `.h5` files, whether layers are found by their names.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, or weights of another model; nothing has been loaded then.
    """
    from keraslite.saving import keras_file, legacy_h5, weights_file

    path = _existing(filepath)
    if path.endswith(_LEGACY) and not path.endswith(".weights.h5"):
        _refuse_unknown(kwargs, {"by_name"}, "load_weights", path)
        legacy_h5.read_weights(model, path, skip_mismatch, **kwargs)
        return
    _refuse_unknown(kwargs, set(), "load_weights", path)
    if path.endswith(".keras"):
        keras_file.read_keras_weights(model, path, skip_mismatch)
    elif path.endswith(".weights.h5"):
        weights_file.read_weights(model, path, skip_mismatch)
    else:
        raise ValueError(f"Weights are read from .weights.h5, .keras or .h5 files; found {path!r}.")


def _refuse_unknown(kwargs, known, function, path):
    unknown = sorted(set(kwargs) - known)
    if unknown:
        raise ValueError(f"{function} to or from {path!r} takes no {', '.join(unknown)}.")


def _existing(filepath):
    """The path as a string; FileNotFoundError lists the model files that are there instead."""
    path = os.fspath(filepath)
    if not os.path.exists(path):
        folder = os.path.dirname(path) or "."
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        near = [name for name in names if name.endswith((".keras", *_LEGACY))][:5]
        found = f" Model files in that folder: {', '.join(near)}." if near else ""
        raise FileNotFoundError(f"There is no file {path!r} (looked in {os.getcwd()!r}).{found}")
    return path
