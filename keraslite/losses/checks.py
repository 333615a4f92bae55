"""Do targets fit a loss? Asked once, before training changes anything.

Unknown sizes (None) fit everything.
"""

import numpy as np


def check_same_shape(loss, y_shape, pred_shape, which):
    """Targets must have the predictions' shape; a last axis of size 1 may be missing in either."""
    if _same(_trimmed(y_shape, pred_shape), _trimmed(pred_shape, y_shape)):
        return
    hint = ""
    if len(y_shape) == len(pred_shape) and _same(y_shape[:-1], pred_shape[:-1]):
        columns = f"{y_shape[-1]} column{'s' if y_shape[-1] != 1 else ''}"
        hint = f" The model's last layer has {_units(pred_shape[-1])}, y has {columns}."
    wanted = f"targets of shape {_shown(pred_shape)}"
    raise _misfit(loss, y_shape, pred_shape, which, wanted, hint)


def check_one_hot(loss, y_shape, pred_shape, which, axis=-1):
    """Targets must be one-hot (or probabilities): the predictions' shape."""
    if _same(_trimmed(y_shape, pred_shape), _trimmed(pred_shape, y_shape)):
        return
    wanted = f"one-hot targets of shape {_shown(pred_shape)}"
    hint = ""
    if _is_labels(y_shape, _without(pred_shape, axis)):
        hint = (
            " These look like integer labels: use the loss sparse_categorical_crossentropy, or"
            f" convert them with keraslite.utils.to_categorical(y, {pred_shape[axis]})."
        )
    raise _misfit(loss, y_shape, pred_shape, which, wanted, hint)


def check_labels(loss, y_shape, pred_shape, which, axis=-1):
    """Targets must be integer labels: the predictions' shape without the axis of the classes."""
    wanted = _without(pred_shape, axis)
    if _is_labels(y_shape, wanted):
        return
    hint = ""
    if len(y_shape) == len(pred_shape) and _same(y_shape, pred_shape):
        hint = (
            " These look like one-hot targets: use the loss categorical_crossentropy, or convert"
            " them with y.argmax(axis=-1)."
        )
    expected = f"integer labels of shape {_shown(wanted)}"
    raise _misfit(loss, y_shape, pred_shape, which, expected, hint)


def check_label_range(loss, y, pred_shape, axis=-1, ignored=None):
    """Raise a ValueError if integer labels in a NumPy array are not in [0, classes)."""
    if not isinstance(y, np.ndarray) or y.size == 0 or y.dtype.kind not in "iufb":
        return
    if ignored is not None:
        y = y[y != ignored]
        if y.size == 0:
            return
    classes = pred_shape[axis] if pred_shape else None
    low, high = y.min().item(), y.max().item()
    if np.isnan(low) or np.isnan(high):
        raise ValueError(f"{loss.name} needs integer labels, but y contains NaN.")
    if low < 0 or (classes is not None and high >= classes):
        found = low if low < 0 else high
        top = "classes" if classes is None else classes
        reason = f"the model's last layer has {_units(classes)}, one for each class"
        raise ValueError(
            f"{loss.name} needs labels in [0, {top}), but y contains the label {found:g}"
            + (f": {reason}." if classes is not None else ".")
            + _label_hint(int(low), int(high), classes)
        )
    if y.dtype.kind == "f" and np.any(y != np.floor(y)):
        raise ValueError(
            f"{loss.name} needs integer labels, but y contains {y[y != np.floor(y)][0]:g}."
            " For probabilities as targets use categorical_crossentropy."
        )


def _label_hint(low, high, classes):
    """What to do about labels that are not in [0, classes)."""
    if classes == 1:
        return " For two classes and one unit use binary_crossentropy."
    if low < 0 or (low == 1 and high == classes):
        return f" Number the classes from 0{' (y - 1)' if low == 1 else ''}."
    return f" For labels up to {high} it needs {_units(high + 1)}."


def check_probabilities(loss, y):
    """Raise a ValueError if targets in a NumPy array are not in [0, 1]."""
    if not isinstance(y, np.ndarray) or y.size == 0 or y.dtype.kind not in "iuf":
        return
    low, high = y.min().item(), y.max().item()
    if np.isnan(low) or np.isnan(high):
        raise ValueError(f"{loss.name} needs targets in [0, 1], but y contains NaN.")
    if low < 0 or high > 1:
        hint = (
            " For targets -1 and 1 use the hinge loss, or replace -1 by 0."
            if low == -1
            else " For more than two classes use sparse_categorical_crossentropy."
            if low >= 0 and high == np.floor(high)
            else ""
        )
        raise ValueError(
            f"{loss.name} needs targets in [0, 1], but y contains"
            f" {low if low < 0 else high:g}.{hint}"
        )


def _misfit(loss, y_shape, pred_shape, which, wanted, hint=""):
    return ValueError(
        f"The loss {loss.name} needs {wanted} for {which} of shape {_shown(pred_shape)}, but y has"
        f" shape {_shown(y_shape)}.{hint}"
    )


def _units(count):
    return f"{count} unit{'s' if count != 1 else ''}"


def _shown(shape):
    """A shape for a message; the batch size is not the matter."""
    return f"({', '.join(['batch', *map(str, shape[1:])])}{',' if len(shape) == 1 else ''})"


def _same(shape, other):
    return len(shape) == len(other) and all(
        m == n or m is None or n is None for m, n in zip(shape, other)
    )


def _trimmed(shape, other):
    """`shape` without a last axis of size 1 that `other` does not have."""
    return shape[:-1] if len(shape) == len(other) + 1 and shape[-1] == 1 else shape


def _without(shape, axis):
    axis %= max(len(shape), 1)
    return (*shape[:axis], *shape[axis + 1 :])


def _is_labels(y_shape, wanted):
    return _same(_trimmed(y_shape, wanted), wanted)
