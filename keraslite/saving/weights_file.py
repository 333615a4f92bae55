"""`.weights.h5`: variables in groups, by `layout`.

States of random generators are saved too, in groups that Keras does not look at, so that a loaded
model draws on where the saved one stopped.
"""

import warnings

import numpy as np

from keraslite.core.layer import Layer
from keraslite.core.layer_state import LayerState
from keraslite.optimizers import Optimizer
from keraslite.saving.h5_files import (
    Mismatch,
    checked_dataset,
    create_h5,
    open_h5,
    read_array,
    write_array,
)
from keraslite.saving.layout import is_seed_generator, saved_objects

_STATE_OF = "state_of"  # attribute of groups that hold no weights: what has the state


def write_weights(model, file):
    """Write all variables of a model to a new HDF5 file (path or binary file object)."""
    with create_h5(file) as opened:
        for path, thing in saved_objects(model):
            group = opened.create_group(_group_name(path))
            group.attrs["name"] = thing.name
            if not isinstance(thing, Layer):
                group.attrs[_STATE_OF] = np.bytes_(type(thing).__name__)
            for key, value in _own_values(thing).items():
                write_array(group, key, value)


def read_weights(model, file, skip_mismatch=False, source=None):
    """Read variables of a model; everything is read and checked before anything is assigned.

    An optimizer that is built gets its state too, if the file has one that fits.

    Args:
        model: the model, built.
        file: path or binary file object.
        skip_mismatch: read what fits, and warn about the rest.
        source: what messages call the file.

    Raises:
        ValueError: the file is of another model or damaged; says which layers differ and how.
    """
    source = source or str(file)
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so weights cannot be loaded into it. Call it on"
            " data, or build(input_shape) it, first."
        )
    with open_h5(file, source) as opened:
        parts, problems, notes = _matched(model, opened)
    if problems and not skip_mismatch:
        raise ValueError(_explained(problems, source, model))
    if problems or notes:
        warnings.warn(f"Not loaded from {source}: {'; '.join(problems + notes)}.", stacklevel=4)
    _assign_all(parts)


def _explained(problems, source, model):
    shown = "\n  ".join(problems[:6])
    more = f"\n  ... and {len(problems) - 6} more" if len(problems) > 6 else ""
    return (
        f"The weights in {source} do not fit model {model.name!r}:\n  {shown}{more}\nThe model must"
        " have the layers that the weights were saved from. skip_mismatch=True loads what fits."
    )


def _assign_all(parts):
    """Load [(object, its values, function that puts the old ones back)]: all or none."""
    undo = []
    try:
        for thing, values, put_back in parts:
            undo.append(put_back)
            _load_own_values(thing, values)
    except BaseException:
        for put_back in reversed(undo):
            put_back()
        raise


def _matched(model, file):
    """(parts for `_assign_all`, what does not fit, what is left out for that reason)."""
    parts, problems, notes = [], [], []
    expected = saved_objects(model)
    for path, thing in expected:
        before = _own_values(thing)
        try:
            values = _read_group(file, path, thing, before)
        except Mismatch as error:
            if isinstance(thing, Layer):
                where = path or "the model itself"
                problems.append(f"layer {thing.name!r} ({type(thing).__name__}, {where}): {error}")
            elif isinstance(thing, Optimizer):
                notes.append(f"the state of optimizer {thing.name!r}: {error}")
            continue
        if values:
            if isinstance(thing, Optimizer):
                values = {**before, **values}
            parts.append((thing, values, _undo(thing, before)))
    extra = _unused_groups(file, {_group_name(path) for path, _ in expected})
    if extra:
        shown = ", ".join(extra[:5]) + (", ..." if len(extra) > 5 else "")
        problems.append(f"the file has variables that the model lacks: {shown}")
    return parts, problems, notes


def _undo(thing, before):
    """A function that puts an object's values back, without code of the user's."""
    if _is_standard(thing):
        return lambda: _load_own_values(thing, before)
    kept = [(variable, variable.numpy()) for variable in thing.weights]
    return lambda: [variable.assign(value) for variable, value in kept]


def _read_group(file, path, thing, wanted):
    """{key: array} of one object; sizes are compared before values are read."""
    name = _group_name(path)
    group = file.get(name, {})
    if not group and (isinstance(thing, Optimizer) or is_seed_generator(thing)):
        return {}
    if isinstance(thing, Optimizer):
        own = type(thing).__name__
        saved = bytes(group.attrs.get(_STATE_OF, own.encode())).decode()  # Keras does not say
        if saved != own:
            raise Mismatch(f"expected that of {own}, found that of {saved}")
        if set(group) <= {"0", "1"}:  # saved before its first step
            wanted = {key: wanted[key] for key in group if key in wanted}
    if group and not _is_standard(thing):
        return {key: read_array(checked_dataset(group, key)) for key in group}
    if set(group) != set(wanted):
        hint = "" if getattr(thing, "built", True) else " (the layer is not built)"
        raise Mismatch(f"expected {_counted(wanted)}{hint}, found {_counted(group)}")
    datasets = {key: checked_dataset(group, key) for key in wanted}
    for key, dataset in datasets.items():
        shape = np.shape(wanted[key])
        if dataset.shape != shape:  # None for an empty dataset
            raise Mismatch(f"expected shape {shape}, found {dataset.shape}")
    return {key: read_array(dataset) for key, dataset in datasets.items()}


def _counted(keys):
    return f"{len(keys) or 'no'} variable{'' if len(keys) == 1 else 's'}"


def _unused_groups(file, known):
    """Groups with weights that no object of the model has."""
    found = []

    def visit(name, item):
        if name.split("/")[-1] != "vars" or name in known or not len(item):
            return
        if _STATE_OF not in item.attrs and "optimizer" not in name.split("/"):
            found.append(name.removesuffix("/vars"))

    file.visititems(visit)
    return found


def _group_name(path):
    return f"{path}/vars" if path else "vars"


# ---- the variables of one object ----


def _is_standard(thing):
    """True unless a user's class loads its variables in a way of its own."""
    if is_seed_generator(thing):
        return True
    load = type(thing).load_own_variables
    return load.__module__.startswith("keraslite.") or load is LayerState.load_own_variables


def _own_values(thing):
    """{key: array} of the variables that an object holds itself."""
    if is_seed_generator(thing):
        return {"0": thing.state.numpy()}
    store = {}
    thing.save_own_variables(store)
    return {key: np.asarray(value) for key, value in store.items()}


def _load_own_values(thing, values):
    """Assign what `_own_values` gave."""
    if is_seed_generator(thing):
        thing.state.assign(values["0"])
    elif values:
        thing.load_own_variables(values)
