"""class_weight as sample weights."""

import numpy as np

INTS = (int, np.integer)
NUMBERS = (int, float, np.integer, np.floating)


def weigh(y, sample_weight, class_weight):
    """Sample weights of a batch (or of all rows): the class's weight, times the given ones.

    Args:
        y: int labels (N,) or (N, 1), or one-hot rows (N, classes).
        sample_weight: weights to multiply with, or None.
        class_weight: {class: weight}; classes that are not in it weigh 1.
    """
    if y is None or not hasattr(y, "shape"):
        raise ValueError("class_weight needs a model with one output and a y of class labels.")
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight must be a dict {{class: weight}}, found {class_weight!r}.")
    for label, weight in class_weight.items():
        if not isinstance(label, INTS) or label < 0 or not isinstance(weight, NUMBERS):
            raise ValueError(
                "class_weight must map classes (ints from 0) to numbers, found"
                f" {{{label!r}: {weight!r}}}."
            )
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] > 1 else labels[..., 0]
    labels = labels.astype("int64")
    table = np.ones(max(int(labels.max(initial=0)), *map(int, class_weight)) + 1, "float32")
    for label, weight in class_weight.items():
        table[int(label)] = weight
    weights = table[labels]
    return weights if sample_weight is None else weights * np.asarray(sample_weight)
