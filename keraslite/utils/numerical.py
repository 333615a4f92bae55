"""Small preparations of labels and features."""

import numpy as np

from keraslite.backend.registry import active_backend


def _is_engine_tensor(x):
    return not isinstance(x, (np.ndarray, list, tuple, int)) and active_backend().is_tensor(x)


def to_categorical(x, num_classes=None):
    """Class numbers as one-hot rows, for `categorical_crossentropy`.

    Args:
        x: integers from 0 to `num_classes - 1`, of any shape; a last axis of size 1 is dropped.
        num_classes: size of the new last axis; default: the largest class + 1.

    Returns:
        float64 array of shape (*x.shape, num_classes); for an engine's tensor, a tensor of it in
        `floatx()`.

    Raises:
        ValueError: a class is negative, or `num_classes` or more.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    values = active_backend().to_numpy(x) if _is_engine_tensor(x) else np.asarray(x)
    if values.ndim > 1 and values.shape[-1] == 1:
        values = values[..., 0]
    values = values.astype("int64")
    low, high = (int(values.min()), int(values.max())) if values.size else (0, -1)
    num_classes = int(num_classes or high + 1)
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"to_categorical: the classes must lie in 0..{num_classes - 1} (num_classes is"
            f" {num_classes}), found {low if low < 0 else high}."
        )
    if _is_engine_tensor(x):
        from keraslite import ops

        return ops.one_hot(ops.convert_to_tensor(values), num_classes)
    categorical = np.zeros((*values.shape, num_classes))
    np.put_along_axis(categorical, values[..., None], 1.0, axis=-1)
    return categorical


def normalize(x, axis=-1, order=2):
    """`x` divided by its norm along `axis`; where the norm is 0, x stays.

    Args:
        x: array or tensor.
        axis: axis along which the norm is taken.
        order: order of the norm, as in `numpy.linalg.norm`.

    >>> normalize([[3.0, 4.0]]).tolist()
    [[0.6, 0.8]]
    """
    if _is_engine_tensor(x):
        from keraslite import ops

        return ops.normalize(x, axis=axis, order=order)
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)
