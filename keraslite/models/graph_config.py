"""The config of functional models: their graph as JSON-ready values in Keras's format, and back."""

import inspect
from typing import Any

import optree

from keraslite.core.call_spec import call_spec
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.layer import Layer
from keraslite.core.layer_state import LayerState
from keraslite.core.operation import flat_tensors
from keraslite.layers.core.input_layer import InputLayer
from keraslite.models.graph_order import ordered_operations
from keraslite.saving import operations
from keraslite.saving.registration import CustomObjectScope
from keraslite.saving.serialization import deserialize_keras_object, serialize_keras_object

_TENSOR = "__keras_tensor__"


def functional_config(model):
    """The config of a functional model.

    For a subclass with an `__init__` of its own it is the arguments of that, not the graph.
    """
    from keraslite.models.functional import Functional

    own = type(model).__init__
    if own is not Functional.__init__ and _names(own) != _names(Functional.__init__):
        base = LayerState.get_config(model)
        given = {k: v for k, v in vars(model).get("_auto_config", {}).items() if k not in base}
        return {**base, **serialize_keras_object(given)}
    return _Writer(model).config()


def _names(function):
    return list(inspect.signature(function).parameters)


class _Writer:
    """Gives each tensor of a model's graph its address: [operation name, call, output]."""

    def __init__(self, model):
        self.model = model
        self.operations = ordered_operations(model.inputs, model.outputs, model._nodes)
        self.names = self._unique_names()
        self.calls = {op: [n for n in model._nodes if n.operation is op] for op in self.operations}
        self.addresses = {}
        self.cut = []  # inputs that are no `Input`: the model begins in the midst of another
        for op, nodes in self.calls.items():
            for number, node in enumerate(nodes):
                for index, tensor in enumerate(flat_tensors(node.outputs)):
                    self.addresses[id(tensor)] = [self.names[op], number, index]
        for number, tensor in enumerate(model.inputs):
            name = self.names.get(tensor._node.operation) if tensor._node else None
            if name is None or tensor._node.parents:
                name = f"{model.name}_input_{number}"
                self.cut.append(InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=name))
            self.addresses[id(tensor)] = [name, 0, 0]

    def _unique_names(self):
        names = {}
        for operation in sorted(self.operations, key=lambda op: not isinstance(op, Layer)):
            name, count = operation.name, 0
            while name in names.values():
                if isinstance(operation, Layer):
                    raise ValueError(
                        f"Model {self.model.name!r} has two layers named {name!r}; to be saved,"
                        " each needs a name of its own."
                    )
                count += 1
                name = f"{operation.name}_{count}"
            names[operation] = name
        return names

    def config(self):
        model = self.model
        entries = [self._layer_entry(layer, layer.name, []) for layer in self.cut]
        entries += [
            self._layer_entry(op, self.names[op], self.calls[op])
            if isinstance(op, Layer)
            else self._function_entry(op, self.names[op], self.calls[op])
            for op in self.operations
        ]
        return {
            "name": model.name,
            "trainable": model.trainable,
            "layers": entries,
            "input_layers": self._addressed(model._inputs_nest),
            "output_layers": self._addressed(model._outputs_nest),
        }

    def _addressed(self, nest):
        return optree.tree_map(lambda t: self.addresses[id(t)], nest)

    def _layer_entry(self, layer, name, nodes):
        calls = [
            {"args": self._written(list(node.args)), "kwargs": self._written(node.kwargs)}
            for node in nodes
        ]
        return {**serialize_keras_object(layer), "name": name, "inbound_nodes": calls}

    def _function_entry(self, operation, name, nodes):
        (node,) = nodes
        module, class_name, config, args = operations.describe(operation.fn, node.args, node.kwargs)
        return {
            "module": module,
            "class_name": class_name,
            "config": {"name": name, **self._written(config)},
            "registered_name": class_name,
            "name": name,
            "inbound_nodes": [{"args": self._written(args), "kwargs": {}}],
        }

    def _written(self, value) -> Any:
        if type(value) is KerasTensor:
            config = {
                "shape": list(value.shape),
                "dtype": value.dtype,
                "keras_history": self.addresses[id(value)],
            }
            return {"class_name": _TENSOR, "config": config}
        if isinstance(value, (list, tuple)):
            return [self._written(item) for item in value]
        if isinstance(value, dict):
            return {str(key): self._written(item) for key, item in value.items()}
        return serialize_keras_object(value)


def functional_from_config(cls, config, custom_objects=None):
    """A functional model of class `cls` from what `functional_config` or Keras wrote.

    Raises ValueError for a graph that refers to tensors that nothing makes.
    """
    if "layers" not in config:  # a subclass with an `__init__` of its own
        return cls(**config)
    with CustomObjectScope(custom_objects):
        tensors = _made_tensors(config["layers"])
        inputs = _looked_up(config["input_layers"], tensors)
        outputs = _looked_up(config["output_layers"], tensors)
    return cls(
        inputs=inputs, outputs=outputs, name=config.get("name"),
        trainable=config.get("trainable", True),
    )  # fmt: skip


def _made_tensors(entries):
    """{(name, call, output): KerasTensor}, by making all operations and repeating their calls."""
    tensors, waiting = {}, []
    for entry in entries:
        call = _maker(entry)
        if isinstance(call, InputLayer):
            tensors[(entry["name"], 0, 0)] = call.output
        else:
            waiting.append((entry["name"], call, list(enumerate(entry["inbound_nodes"]))))
    while waiting:
        before = len(tensors)
        for name, call, nodes in waiting:
            while nodes and _is_ready(nodes[0][1], tensors):
                number, node = nodes.pop(0)
                result = call(*_arguments(node, tensors))
                for index, tensor in enumerate(flat_tensors(result)):
                    tensors[(name, number, index)] = tensor
        waiting = [one for one in waiting if one[2]]
        if waiting and len(tensors) == before:
            raise ValueError(
                "The model's config is damaged: nothing makes the inputs of"
                f" {', '.join(repr(name) for name, _, _ in waiting[:5])}."
            )
    return tensors


def _maker(entry):
    """An InputLayer, or a function (args, kwargs) that draws a call of the entry's operation."""
    if operations.is_operation(entry.get("module")):
        fn = operations.function_of(entry["class_name"])
        config = {k: deserialize_keras_object(v) for k, v in entry["config"].items() if k != "name"}
        return lambda args, kwargs: _named(operations.call(fn, config, args, kwargs), entry["name"])
    layer = deserialize_keras_object(entry)
    if isinstance(layer, InputLayer):
        return layer
    if not isinstance(layer, Layer):
        raise ValueError(f"The model's config has {layer!r} where a layer is expected.")
    return lambda args, kwargs: layer(*args, **_told_apart(layer, kwargs))


def _named(outputs, name):
    """Give the call of a function that made tensors its saved name."""
    for tensor in flat_tensors(outputs):
        tensor._node.operation.name = name
    return outputs


def _told_apart(layer, kwargs):
    """Keyword arguments of a call without those that Keras wrote down on its own account.

    These are `training` at its default, which shall follow what the model is called with, and the
    masks that travel with the tensors.
    """
    spec = call_spec(type(layer))
    kept = {}
    for key, value in kwargs.items():
        if key == "training" and value in (None, spec.training_default):
            continue
        if key not in spec.names and not spec.takes_anything and (value is None or key == "mask"):
            continue
        kept[key] = value
    return kept


def _arguments(node, tensors):
    if isinstance(node, dict):
        return _read(node["args"], tensors), _read(node["kwargs"], tensors)
    return _read_legacy(node, tensors)


def _read_legacy(node, tensors):
    """A call as Keras 2 wrote it: [[name, call, output, kwargs], ...] for its input tensors."""
    given = [tensors[tuple(address[:3])] for address in node]
    kwargs = _read(node[0][3] if len(node[0]) > 3 else {}, tensors)
    return [given if len(given) > 1 else given[0]], kwargs


def _is_ready(node, tensors):
    if not isinstance(node, dict):
        return all(tuple(address[:3]) in tensors for address in node)
    return all(address in tensors for address in _addresses(node))


def _addresses(value):
    """The addresses of all tensors that are named in a config."""
    if isinstance(value, dict):
        if value.get("class_name") == _TENSOR:
            yield tuple(value["config"]["keras_history"])
        else:
            for item in value.values():
                yield from _addresses(item)
    elif isinstance(value, list):
        for item in value:
            yield from _addresses(item)


def _read(value, tensors):
    if isinstance(value, dict):
        if value.get("class_name") == _TENSOR:
            return tensors[tuple(value["config"]["keras_history"])]
        if "class_name" not in value:
            return {key: _read(item, tensors) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_read(item, tensors) for item in value]
    return deserialize_keras_object(value)


def _looked_up(nest, tensors):
    """A nest of addresses with the tensors in their places."""
    if isinstance(nest, dict):
        return {key: _looked_up(item, tensors) for key, item in nest.items()}
    if len(nest) == 3 and isinstance(nest[0], str):
        address = tuple(nest)
        if address not in tensors:
            raise ValueError(f"The model's config is damaged: nothing makes {list(nest)}.")
        return tensors[address]
    return [_looked_up(item, tensors) for item in nest]
