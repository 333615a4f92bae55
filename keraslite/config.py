"""Settings of the process: default float, epsilon, image layout, matmul precision, and the file
`$KERASLITE_HOME/keraslite.json` that they start from."""

import json
import os
import warnings
from pathlib import Path

from keraslite.backend.dtypes import FLOATS

_IMAGE_DATA_FORMATS = ("channels_last", "channels_first")


def home():
    """Folder of the config file and of cached data: `$KERASLITE_HOME`, else `~/.keraslite`."""
    return Path(os.environ.get("KERASLITE_HOME") or Path.home() / ".keraslite")


def _read_file():
    path = home() / "keraslite.json"
    try:
        settings = json.loads(path.read_text("utf8"))
        if not isinstance(settings, dict):
            raise ValueError("the file must hold one JSON object")
        return settings
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        warnings.warn(f"Ignoring the config file {path}: {error}", stacklevel=2)
        return {}


_file = _read_file()
_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"
_matmul_precision = "highest"


def configured_backend():
    """Name of the engine to start with: `KERASLITE_BACKEND`, else the config file, else "numpy"."""
    return os.environ.get("KERASLITE_BACKEND") or _file.get("backend") or "numpy"


def floatx():
    """Default float dtype of weights and computations, "float32" until changed."""
    return _floatx


def set_floatx(value):
    """Set the default float dtype: "float16", "bfloat16", "float32" or "float64"."""
    global _floatx
    if value not in FLOATS:
        raise ValueError(f"floatx must be one of {FLOATS}, found {value!r}.")
    _floatx = str(value)


def epsilon():
    """Small number that keeps divisions and logarithms finite, 1e-7 until changed."""
    return _epsilon


def set_epsilon(value):
    """Set the fuzz factor that `epsilon()` returns."""
    global _epsilon
    _epsilon = float(value)


def image_data_format():
    """Default layout of images, "channels_last" until changed."""
    return _image_data_format


def set_image_data_format(data_format):
    """Set the default layout of images: "channels_last" or "channels_first"."""
    global _image_data_format
    _image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format):
    """Return `data_format`, or the configured one for None; ValueError for anything else."""
    if data_format is None:
        return _image_data_format
    if data_format not in _IMAGE_DATA_FORMATS:
        raise ValueError(
            f"data_format must be one of {_IMAGE_DATA_FORMATS}, found {data_format!r}."
        )
    return data_format


def matmul_precision():
    """ "highest" (full float32, the default), "high" or "default" (TF32 and the like allowed)."""
    return _matmul_precision


def set_matmul_precision(value):
    """Allow faster, less exact float32 matrix products on hardware that has them."""
    global _matmul_precision
    if value not in ("highest", "high", "default"):
        raise ValueError(f"precision must be 'highest', 'high' or 'default', found {value!r}.")
    _matmul_precision = value
    from keraslite.backend.registry import loaded_backends

    for backend in loaded_backends():
        backend.set_matmul_precision(value)


def backend():
    """Name of the active backend, for example "numpy"."""
    from keraslite.backend.registry import active_backend

    return active_backend().name


def set_backend(name):
    """Make `name` the active backend of this process (as `keraslite.use_backend(name)`)."""
    from keraslite.backend.registry import use_backend

    use_backend(name)


for _key, _setter in (
    ("floatx", set_floatx),
    ("epsilon", set_epsilon),
    ("image_data_format", set_image_data_format),
):
    if _key in _file:
        _setter(_file[_key])


def dtype_policy():
    """The global DTypePolicy."""
    from keraslite import dtype_policies

    return dtype_policies.dtype_policy()


def set_dtype_policy(policy):
    """Set the global DTypePolicy, for example "mixed_bfloat16"."""
    from keraslite import dtype_policies

    dtype_policies.set_dtype_policy(policy)
