"""`.weights.h5`: variables in groups, by `layout`."""

import numpy as np

from keraslite.saving.h5_safety import checked_dataset, open_h5
from keraslite.saving.layout import saved_objects


class _Store(dict):
    """What `load_own_variables` gets: {"0": array, ...}."""


def write_weights(model, path):
    """Write all variables of a model to a new HDF5 file."""
    import h5py

    with h5py.File(path, "w") as file:
        for inner, thing in saved_objects(model):
            store = _Store()
            _save(thing, store)
            group = file.create_group(f"{inner}/vars" if inner else "vars")
            group.attrs["name"] = thing.name
            for key, value in store.items():
                _write_array(group, key, np.asarray(value))


def _save(thing, store):
    if getattr(thing, "_is_seed_generator", False):
        store["0"] = thing.state.numpy()
    else:
        thing.save_own_variables(store)


def _write_array(group, key, value):
    if value.dtype.name == "bfloat16":
        group.create_dataset(key, data=value.view(np.uint16)).attrs["dtype"] = "bfloat16"
    else:
        group.create_dataset(key, data=value)


def read_weights(model, path, skip_mismatch=False, with_optimizer=True):
    """Read variables of a model; everything is read and checked before anything is assigned.

    Raises ValueError if the file is of another model; says which layers differ and how.
    """
    with open_h5(path) as file:
        plan = _plan(model, file, path, skip_mismatch, with_optimizer)
    before = []
    try:
        for thing, store in plan:
            before.append((thing, _snapshot(thing)))
            _load(thing, store)
    except Exception:
        for thing, store in before:
            _load(thing, store)
        raise


def _plan(model, file, path, skip_mismatch, with_optimizer):
    """[(object, store)] of all objects whose variables are in the file and fit."""
    plan, problems = [], []
    expected = saved_objects(model)
    if not expected[1:] and not model.weights and not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so weights cannot be loaded into it. Call it on"
            " data, or build(input_shape) it, first."
        )
    for inner, thing in expected:
        if thing is getattr(model, "optimizer", None):
            continue
        wanted = _snapshot(thing)
        store, problem = _read_group(file, inner, wanted, thing)
        if problem:
            problems.append(f"{_described(inner, thing)}: {problem}")
        elif store:
            plan.append((thing, store))
    extra = _unused_groups(file, [inner for inner, _ in expected])
    if extra and not skip_mismatch:
        problems.append(f"the file has variables that the model lacks: {', '.join(extra[:5])}")
    if problems and not skip_mismatch:
        shown = "\n  ".join(problems[:6])
        more = f"\n  ... and {len(problems) - 6} more" if len(problems) > 6 else ""
        raise ValueError(
            f"The weights in {path} do not fit model {model.name!r}:\n  {shown}{more}\nThe model"
            " must have the layers that the weights were saved from. skip_mismatch=True loads"
            " what fits."
        )
    if problems:
        import warnings

        warnings.warn(f"Not loaded from {path}: {'; '.join(problems)}", stacklevel=3)
    optimizer = getattr(model, "optimizer", None)
    if with_optimizer and optimizer is not None and optimizer.built and "optimizer/vars" in file:
        store, problem = _read_group(file, "optimizer", _snapshot(optimizer), optimizer)
        if problem is None:
            plan.append((optimizer, store))
        elif not skip_mismatch:
            raise ValueError(f"The optimizer state in {path} does not fit: {problem}.")
    return plan


def _read_group(file, inner, wanted, thing):
    """(store, problem) of one object; sizes are compared before values are read."""
    name = f"{inner}/vars" if inner else "vars"
    if name not in file:
        if not wanted or getattr(thing, "_is_seed_generator", False):
            return {}, None
        return {}, f"expected {len(wanted)} variable(s), found none in the file"
    group = file[name]
    if len(group) != len(wanted):
        return {}, f"expected {len(wanted)} variable(s), found {len(group)}"
    store = _Store()
    for key, value in wanted.items():
        if key not in group:
            return {}, f"expected a variable {key!r}, found {list(group)}"
        dataset = checked_dataset(group, key)
        if tuple(dataset.shape) != tuple(np.shape(value)):
            return {}, f"expected shape {tuple(np.shape(value))}, found {tuple(dataset.shape)}"
        array = dataset[()]
        if dataset.attrs.get("dtype") == "bfloat16":
            import ml_dtypes

            array = np.asarray(array).view(ml_dtypes.bfloat16)
        store[key] = np.asarray(array)
    return store, None


def _unused_groups(file, expected):
    """Groups with variables that no object of the model has."""
    known = {f"{inner}/vars" if inner else "vars" for inner in expected} | {"optimizer/vars"}
    found = []

    def visit(name, item):
        if name.endswith("vars") and len(item) and name not in known:
            ignored = name.startswith("optimizer/") or "seed_generator" in name
            if not ignored and not name.startswith(("metrics/", "_compile")):
                found.append(name.removesuffix("/vars"))

    file.visititems(visit)
    return found


def _snapshot(thing):
    store = _Store()
    _save(thing, store)
    return store


def _load(thing, store):
    if getattr(thing, "_is_seed_generator", False):
        value = np.asarray(store["0"])
        thing.state.assign(
            value.astype(np.uint32).view(np.int32) if value.dtype.kind == "u" else value
        )
    elif store:
        thing.load_own_variables(store)


def _described(inner, thing):
    return f"layer {thing.name!r} ({type(thing).__name__}, {inner or 'the model itself'})"
