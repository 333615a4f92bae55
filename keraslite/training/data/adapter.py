"""Choosing an adapter for what was passed as data, and the checks that all share."""

import inspect

import numpy as np
import optree

from keraslite import config
from keraslite.training.data.arrays import ArrayAdapter
from keraslite.training.data.generators import GeneratorAdapter, IterableAdapter
from keraslite.training.data.py_dataset import PyDataset, PyDatasetAdapter


def make_adapter(
    x, y=None, sample_weight=None, batch_size=None, steps=None, shuffle=False, class_weight=None
):
    """The adapter for data given to fit, evaluate or predict.

    An adapter is iterable; each pass gives batches `(x, y, sample_weight)` of NumPy arrays or
    engine tensors. `num_batches` is None where it is not known before the pass.

    Raises:
        ValueError, TypeError: data that do not fit together; says which argument, and how.
    """
    if isinstance(x, PyDataset):
        _refuse_extra("a PyDataset", y=y, sample_weight=sample_weight, batch_size=batch_size)
        return PyDatasetAdapter(x, shuffle, class_weight)
    if inspect.isgenerator(x) or (hasattr(x, "__next__") and not _is_array(x)):
        _refuse_extra("a generator", y=y, sample_weight=sample_weight, batch_size=batch_size)
        return GeneratorAdapter(x, steps, class_weight)
    if _is_batch_stream(x):
        _refuse_extra(
            f"a {type(x).__name__}", y=y, sample_weight=sample_weight, batch_size=batch_size
        )
        return IterableAdapter(x, class_weight)
    if batch_size is not None and (not isinstance(batch_size, (int, np.integer)) or batch_size < 1):
        raise ValueError(f"batch_size must be a positive int, found {batch_size!r}.")
    arrays = as_arrays(x, "x"), as_arrays(y, "y"), as_arrays(sample_weight, "sample_weight")
    return ArrayAdapter(*arrays, batch_size or 32, shuffle, class_weight)


def _refuse_extra(what, **arguments):
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"`{name}` must not be given when x is {what}: it yields its own.")


def _is_array(x):
    return hasattr(x, "__array__") or hasattr(x, "__dlpack__")


def _is_batch_stream(x):
    """True for re-iterable streams of batches (data loaders, datasets of other libraries)."""
    if _is_array(x) or isinstance(x, (list, tuple, dict, str)) or hasattr(x, "iloc"):
        return False
    return hasattr(x, "__iter__")


def as_arrays(nest, name):
    """A nest of arrays, tensors, lists or data frames as a nest of NumPy arrays.

    float64 becomes `floatx()`; strings and ragged lists raise a ValueError.
    """
    if nest is None:
        return None
    if isinstance(nest, (list, tuple)) and _is_nest(nest):
        return type(nest)(as_arrays(item, f"{name}[{i}]") for i, item in enumerate(nest))
    if isinstance(nest, dict):
        return {key: as_arrays(item, f"{name}[{key!r}]") for key, item in nest.items()}
    return as_array(nest, name)


def _is_nest(items):
    """True for a list of arrays (several inputs); False for a list of numbers or of rows."""
    return any(_is_array(item) or isinstance(item, dict) for item in items)


def as_array(value, name):
    """One NumPy array, checked."""
    from keraslite.backend.context import context

    backend = context.backend
    if backend.is_tensor(value):
        value = backend.to_numpy(value)
    elif hasattr(value, "detach"):  # a tensor of another engine that may need leaving its graph
        value = value.detach().cpu()
    if hasattr(value, "to_numpy") and hasattr(value, "index"):  # pandas, without importing it
        value = value.to_numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty((), object)
    if array.dtype.kind not in "biufcV":
        raise ValueError(
            f"`{name}` must be numeric with rows of equal length, found {type(value).__name__} of"
            f" dtype {array.dtype}. Pad sequences with keraslite.utils.pad_sequences; turn text"
            " or labels into numbers first."
        )
    if array.ndim == 0:
        raise ValueError(f"`{name}` must have a batch axis, found the scalar {value!r}.")
    if array.dtype == np.float64 and config.floatx() != "float64":
        array = array.astype(np.float32 if config.floatx() != "float16" else np.float16)
    return array


def split_arrays(x, y, sample_weight, fraction):
    """Training and validation parts: the last `fraction` of the rows validates.

    Returns ((x, y, sample_weight), (x, y, sample_weight)).
    """
    if not 0 < fraction < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, found {fraction!r}.")
    if isinstance(x, PyDataset) or not (_is_array(x) or isinstance(x, (list, tuple, dict))):
        raise ValueError(
            "validation_split needs arrays, since it takes the last rows; found"
            f" {type(x).__name__}. Pass validation_data instead."
        )
    whole = as_arrays(x, "x"), as_arrays(y, "y"), as_arrays(sample_weight, "sample_weight")
    rows = len(optree.tree_leaves(whole)[0])
    cut = int(rows * (1 - fraction))
    if cut == 0 or cut == rows:
        raise ValueError(
            f"validation_split={fraction} of {rows} rows leaves none to"
            f" {'train on' if cut == 0 else 'validate with'}."
        )
    first = optree.tree_map(lambda a: a[:cut], whole)
    return first, optree.tree_map(lambda a: a[cut:], whole)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) from what a data source yields; missing ones are None.

    >>> unpack_x_y_sample_weight(([1], [2]))
    ([1], [2], None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if len(data) > 3 or not data:
        raise ValueError(
            "Data must be x, (x, y) or (x, y, sample_weight); found a tuple of"
            f" {len(data)}. Several inputs go into a list or dict as x."
        )
    return (*data, None, None)[:3]


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """The shortest of x, (x, y) and (x, y, sample_weight) that holds all that is given.

    An x that is a list or tuple is never left bare, since it would look like the others.

    >>> pack_x_y_sample_weight([1], [2])
    ([1], [2])
    """
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (list, tuple)) else x
