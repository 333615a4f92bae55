"""clone_model: the same architecture once more, with weights of its own."""

from keraslite.core.layer import Layer
from keraslite.core.operation import flat_tensors, map_tensors
from keraslite.layers.core.input_layer import InputLayer
from keraslite.models.functional import Functional
from keraslite.models.graph_order import ordered_operations
from keraslite.models.sequential import Sequential


def clone_model(
    model, input_tensors=None, clone_function=None, call_function=None, recursive=False, **kwargs
):
    """A new model with layers made from the configs of the old ones, and new weights.

    Args:
        model: Sequential, functional, or subclassed (made again from its config).
        input_tensors: KerasTensors to begin the new model at, default new inputs like the old.
        clone_function: `(layer) -> new layer`, default `layer.from_config(layer.get_config())`.
        call_function: `(layer, *args, **kwargs) -> tensors` in place of calling the new layers;
            functional models only.
        recursive: whether clone_function is used inside nested models too.

    Raises:
        ValueError: an argument that this kind of model does not take, or `input_tensors` that are
            not as many as the model's inputs.

    >>> import keraslite as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> keras.models.clone_model(model).count_params()
    8
    """
    if kwargs:
        raise ValueError(f"Unknown argument(s) for clone_model: {', '.join(kwargs)}.")
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError("clone_model: call_function is for functional models only.")
        return _clone_sequential(model, input_tensors, _Cloner(clone_function, recursive))
    if isinstance(model, Functional):
        cloner = _Cloner(clone_function, recursive, call_function)
        return _clone_functional(model, input_tensors, cloner)
    if input_tensors is not None or clone_function is not None or call_function is not None:
        raise ValueError(
            f"clone_model: {type(model).__name__} is a subclassed model, which is made again from"
            " its config; input_tensors, clone_function and call_function cannot be used."
        )
    return type(model).from_config(model.get_config())


class _Cloner:
    """Makes each layer once."""

    def __init__(self, clone_function, recursive, call_function=None):
        self.function = clone_function or _clone_layer
        self.call = call_function or (lambda layer, *args, **kwargs: layer(*args, **kwargs))
        self.recursive = recursive
        self.made = {}

    def __call__(self, operation):
        if id(operation) not in self.made:
            self.made[id(operation)] = self._new(operation)
        return self.made[id(operation)]

    def _new(self, operation):
        if not isinstance(operation, Layer):
            return operation.fn  # a function of keraslite.ops: calling it draws a new node
        if self.recursive and isinstance(operation, Sequential):
            return _clone_sequential(operation, None, self)
        if self.recursive and isinstance(operation, Functional):
            return _clone_functional(operation, None, self)
        new = self.function(operation)
        if not isinstance(new, Layer):
            raise ValueError(f"clone_model: clone_function must return a layer, found {new!r}.")
        return new


def _clone_layer(layer):
    return type(layer).from_config(layer.get_config())


def _clone_sequential(model, input_tensors, clone):
    layers = [clone(layer) for layer in model.layers]
    first = model._layers[0] if model._layers else None
    if input_tensors is not None:
        (start,) = _checked(input_tensors, 1, model)
        layers.insert(0, start)
    elif isinstance(first, InputLayer):
        layers.insert(0, _clone_layer(first))
    return Sequential(layers, name=model.name, trainable=model.trainable)


def _clone_functional(model, input_tensors, clone):
    if input_tensors is None:
        inputs = [_new_input(tensor) for tensor in model.inputs]
    else:
        inputs = _checked(input_tensors, len(model.inputs), model)
    values = dict(zip(map(id, model.inputs), inputs))
    for operation in ordered_operations(model.inputs, model.outputs, model._nodes):
        if not isinstance(operation, InputLayer):
            clone(operation)
    for node in model._nodes:
        args, kwargs = node.arguments(values)
        result = _call(clone, node.operation, args, kwargs)
        values.update(zip(map(id, flat_tensors(node.outputs)), flat_tensors(result)))
    own = type(model) if type(model).__init__ is Functional.__init__ else Functional
    return own(
        _filled(model._inputs_nest, values), _filled(model._outputs_nest, values),
        name=model.name, trainable=model.trainable,
    )  # fmt: skip


def _call(clone, operation, args, kwargs):
    new = clone(operation)
    return clone.call(new, *args, **kwargs) if isinstance(new, Layer) else new(*args, **kwargs)


def _filled(nest, values):
    return map_tensors(lambda t: values[id(t)], nest)


def _new_input(tensor):
    layer = tensor._node.operation if tensor._node is not None else None
    if isinstance(layer, InputLayer):
        return _clone_layer(layer).output
    return InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype).output


def _checked(input_tensors, count, model):
    tensors = flat_tensors(input_tensors)
    if len(tensors) != count:
        raise ValueError(
            f"clone_model: model {model.name!r} has {count} input(s), found {len(tensors)}"
            " KerasTensors in input_tensors."
        )
    return tensors
