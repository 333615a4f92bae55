"""Matching what `compile` was given to the outputs of a model.

`y`, `y_pred`, losses and metrics may each be one thing, a list, or a dict by output name. Here
they all become lists in the order of the model's outputs.
"""

import difflib


def output_names(y_pred, names=None):
    """A name for each output: a dict's keys in order, the given ones, or output_0, output_1, ..."""
    if isinstance(y_pred, dict):
        return sorted(y_pred)
    count = len(y_pred) if isinstance(y_pred, (list, tuple)) else 1
    if names and len(names) == count and len(set(names)) == count:
        return list(names)
    return [f"output_{i}" for i in range(count)] if count > 1 else ["output"]


def as_list(values, names, what, fill=None, allow_missing=True):
    """`values` (one, list or dict) as a list with an entry for each of `names`.

    Raises ValueError if a dict has an unknown key or a list the wrong length; `what` names it.
    """
    if isinstance(values, dict):
        unknown = [key for key in values if key not in names]
        if unknown:
            near = difflib.get_close_matches(str(unknown[0]), names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"{what} has the key {unknown[0]!r}, but the model's outputs are {names}.{hint}"
            )
        missing = [name for name in names if name not in values]
        if missing and not allow_missing:
            raise ValueError(f"{what} has no entry for the output(s) {missing}.")
        return [values.get(name, fill) for name in names]
    if isinstance(values, (list, tuple)):
        if len(values) != len(names):
            raise ValueError(
                f"{what} has {len(values)} entries, but the model has {len(names)} output(s):"
                f" {names}."
            )
        return list(values)
    return [values] * len(names)


def outputs_list(y_pred):
    """Model outputs as a list."""
    if isinstance(y_pred, dict):
        return [y_pred[name] for name in sorted(y_pred)]
    return list(y_pred) if isinstance(y_pred, (list, tuple)) else [y_pred]


def targets_list(y, names, what="y"):
    """Targets, or their weights, as a list by output; a single tensor for a single output."""
    if len(names) == 1 and not isinstance(y, (dict, list, tuple)):
        return [y]
    if y is None:
        return [None] * len(names)
    if len(names) > 1 and not isinstance(y, (dict, list, tuple)):
        raise ValueError(
            f"{what} must be a list or dict with an entry for each of the outputs {names};"
            f" found one {type(y).__name__}."
        )
    return as_list(y, names, what)
