"""`.h5`: the whole model in one HDF5 file, as Keras wrote it before `.keras`.

Attributes hold the config and the arguments of `compile` as JSON; `model_weights` has a group for
each layer, `optimizer_weights` the optimizer's state, each with its weights in order.
"""

import json
import warnings

from keraslite.saving.budget import limited
from keraslite.saving.h5_files import (
    Mismatch,
    checked_dataset,
    count_elements,
    create_h5,
    open_h5,
    read_json,
    write_array,
)
from keraslite.saving.layout import is_seed_generator, saved_objects
from keraslite.saving.legacy_config import modern_config, modern_training
from keraslite.saving.legacy_weights import (
    datasets_of,
    read_names,
    values_for,
    write_names,
    write_weight_list,
)
from keraslite.saving.models import made_model
from keraslite.saving.serialization import serialize_keras_object

_VERSION = "3.15.1"  # the Keras version whose format this is
_STATES = "random_states"
_TOP_LEVEL = "top_level_model_weights"


def write_model(model, path, include_optimizer=True):
    """Write a Sequential or functional model to a new file.

    Raises ValueError for a subclassed model, whose layers the format cannot name.
    """
    config = serialize_keras_object(model)
    if not isinstance(config.get("config", {}).get("layers"), list):
        raise ValueError(
            f"Model {model.name!r} is a subclassed model; the .h5 format holds Sequential and"
            " functional models only. Save it to a path that ends in .keras."
        )
    training = config.pop("compile_config", None)
    with create_h5(path) as file:
        file.attrs["keras_version"] = _VERSION
        file.attrs["backend"] = model.backend.name
        file.attrs["model_config"] = json.dumps(config)
        _write_layers(file.create_group("model_weights"), model)
        states = file.create_group(_STATES)
        for number, state in enumerate(_random_states(model)):
            write_array(states, str(number), state.numpy())
        optimizer = model.optimizer
        if training and include_optimizer and optimizer is not None:
            training["optimizer_config"] = training.pop("optimizer")
            file.attrs["training_config"] = json.dumps(training)
            write_weight_list(file.create_group("optimizer_weights"), optimizer.variables)


def _write_layers(group, model):
    group.attrs["keras_version"] = _VERSION
    group.attrs["backend"] = model.backend.name
    write_names(group, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        write_weight_list(group.create_group(layer.name), _weights(layer))
    write_weight_list(group.create_group(_TOP_LEVEL), _top_level(model))


def _weights(layer):
    return layer.trainable_weights + layer.non_trainable_weights


def _top_level(model):
    """Weights of the model itself, in none of its layers."""
    below = {id(v) for layer in model.layers for v in layer.weights}
    return [v for v in _weights(model) if id(v) not in below]


def _random_states(model):
    """States of the random generators; Keras does not save them, nor mind them."""
    return [thing.state for _, thing in saved_objects(model) if is_seed_generator(thing)]


def read_model(path, custom_objects=None, compile=True):
    """The model in a file."""
    with open_h5(path) as file:
        if "model_config" not in file.attrs:
            raise ValueError(
                f"{path} has no model in it, only weights perhaps: make the model and call"
                " model.load_weights on it."
            )
        config = modern_config(read_json(file, "model_config", path))
        training = None
        if compile and "training_config" in file.attrs:
            training = modern_training(read_json(file, "training_config", path))
        with limited(count_elements(file)):
            config = {**config, "compile_config": training}
            model = made_model(config, path, custom_objects, compile)
        if not model.built:
            raise ValueError(f"{path} does not say the input shape of its model.")
        assignments = _matched_by_order(model, _layers_group(file), path, False)
        assignments += _matched_optimizer(model, file, path) + _matched_states(model, file)
    for variable, value in assignments:
        variable.assign(value)
    return model


def read_weights(model, path, skip_mismatch=False, by_name=False):
    """Read the weights of a file into a model: all of them, or, if one does not fit, none.

    Args:
        model: the model, built.
        path: a legacy file with a whole model or with weights only.
        skip_mismatch: read what fits, and warn about the rest.
        by_name: read layers whose names are in the file, and leave the others as they are.

    Raises ValueError if the weights do not fit.
    """
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so weights cannot be loaded into it. Call it on"
            " data, or build(input_shape) it, first."
        )
    match = _matched_by_name if by_name else _matched_by_order
    with open_h5(path) as file:
        assignments = match(model, _layers_group(file), path, skip_mismatch)
    for variable, value in assignments:
        variable.assign(value)


def _layers_group(file):
    return file.get("model_weights", file)


def _matched_by_order(model, group, path, skip_mismatch):
    """[(variable, value)], the layers with weights taken one after the other."""
    layers = [layer for layer in model.layers if layer.weights]
    names = [name for name in read_names(group, "layer_names") if datasets_of(group[name])]
    if len(names) != len(layers):
        raise ValueError(
            f"The weights in {path} do not fit model {model.name!r}: expected {len(layers)} layers"
            f" with weights ({_listed(layer.name for layer in layers)}), found {len(names)}"
            f" ({_listed(names)})."
        )
    return _matched(model, group, list(zip(layers, names)), path, skip_mismatch)


def _matched_by_name(model, group, path, skip_mismatch):
    names = set(read_names(group, "layer_names"))
    pairs = [(layer, layer.name) for layer in model.layers if layer.name in names]
    return _matched(model, group, pairs, path, skip_mismatch)


def _matched(model, group, pairs, path, skip_mismatch):
    """[(variable, value)] of layers and the groups that are theirs."""
    parts = [(f"layer {layer.name!r}", _weights(layer), group[name]) for layer, name in pairs]
    if _TOP_LEVEL in group:
        parts.append(("the model itself", _top_level(model), group[_TOP_LEVEL]))
    found, problems = [], []
    for what, variables, weights in parts:
        try:
            found += zip(variables, values_for(variables, datasets_of(weights)))
        except Mismatch as error:
            problems.append(f"{what}: {error}")
    if problems and not skip_mismatch:
        shown = "\n  ".join(problems[:6])
        raise ValueError(f"The weights in {path} do not fit model {model.name!r}:\n  {shown}")
    if problems:
        warnings.warn(f"Not loaded from {path}: {'; '.join(problems)}", stacklevel=6)
    return found


def _matched_optimizer(model, file, path):
    """[(variable, value)] of the optimizer's state, if the file has one that fits."""
    if model.optimizer is None or "optimizer_weights" not in file:
        return []
    variables = model.optimizer.variables
    datasets = datasets_of(file["optimizer_weights"])
    if len(datasets) <= 2:  # saved before its first step: no slots yet
        variables = variables[: len(datasets)]
    try:
        values = values_for(variables, datasets)
    except Mismatch as error:
        warnings.warn(f"The optimizer state in {path} is not restored: {error}", stacklevel=5)
        return []
    return list(zip(variables, values))


def _matched_states(model, file):
    """[(variable, value)] of the random generators, if the file has them."""
    variables, group = _random_states(model), file.get(_STATES, {})
    if len(group) != len(variables):
        return []
    datasets = [checked_dataset(group, str(number)) for number in range(len(variables))]
    return list(zip(variables, values_for(variables, datasets)))


def _listed(names):
    names = list(names)
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
