"""Functional models: a graph of symbolic calls, drawn once and run in order."""

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS
from keraslite.core.call_spec import call_spec
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.layer import Layer
from keraslite.core.masks import any_masks, get_mask, set_mask
from keraslite.core.operation import flat_tensors, map_tensors
from keraslite.models.graph_order import ordered_operations
from keraslite.models.model import Model
from keraslite.ops.dispatch import dtype_of


class Functional(Model):
    """A model from symbolic inputs to symbolic outputs; `Model(inputs, outputs)` makes one.

    Args:
        inputs: KerasTensor of `keraslite.Input`, or a nest (list, tuple, dict) of them; also
            intermediate tensors of another model. A list of one counts as the one.
        outputs: KerasTensor or nest of them, computed from the inputs; likewise.
        name: name.

    Raises:
        ValueError: the outputs depend on an input that is not listed; names it.
    """

    _any_sizes = False  # True: the input shapes are those of some first data, not a promise

    def __init__(self, inputs, outputs, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        for what, nest in (("inputs", inputs), ("outputs", outputs)):
            if not flat_tensors(nest):
                raise ValueError(
                    f"The {what} of a functional model must be KerasTensors (from keraslite.Input"
                    f" and layers called on it), found {nest!r}."
                )
        self._setup(inputs, outputs)
        self.built = True

    _hidden = (
        *Model._hidden,
        "_inputs_nest",
        "_outputs_nest",
        "inputs",
        "outputs",
        "_plan",
        "_nodes",
    )

    def _setup(self, inputs, outputs):
        inputs, outputs = _without_list(inputs), _without_list(outputs)
        self._inputs_nest, self._outputs_nest = inputs, outputs
        self.inputs, self.outputs = flat_tensors(inputs), flat_tensors(outputs)
        self._nodes = sorted_nodes(self.inputs, self.outputs, self.name)
        self._input_names = [_input_name(t, i) for i, t in enumerate(self.inputs)]
        operations = ordered_operations(self.inputs, self.outputs, self._nodes)
        self._layers = [op for op in operations if isinstance(op, Layer)]
        self._refuse_equal_names()
        self._plan = [_Step(node) for node in self._nodes]
        self._single = self.inputs[0] if inputs is self.inputs[0] else None
        self._result = id(outputs) if type(outputs) is KerasTensor else None

    def _refuse_equal_names(self):
        names = [layer.name for layer in self._layers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"Model {self.name!r} has {names.count(name)} layers named {name!r}. Give every"
                    " layer a name of its own."
                )

    def _sublayers(self):
        return self._layers

    @property
    def layers(self):
        return list(self._layers)

    @property
    def input_names(self):
        return list(self._input_names)

    @property
    def output_names(self):
        """Names of the layers that compute the outputs (dict outputs: their keys)."""
        if isinstance(self._outputs_nest, dict):
            return list(self._outputs_nest)
        return [t._node.operation.name if t._node.operation else t.name for t in self.outputs]

    @property
    def input(self):
        return self._inputs_nest

    @property
    def output(self):
        return self._outputs_nest

    @property
    def input_shape(self):
        return map_tensors(lambda t: t.shape, self._inputs_nest)

    @property
    def output_shape(self):
        return map_tensors(lambda t: t.shape, self._outputs_nest)

    def compute_output_spec(self, inputs, training=None, mask=None):
        return self._infer_outputs(inputs)

    def call(self, inputs, training=None, mask=None):
        """Run the graph on tensors in the structure of the model's inputs."""
        given = self._matched(inputs)
        values = dict(zip(map(id, self.inputs), given))
        if mask is not None:
            for one, tensor in zip(_as_list(mask), self.inputs):
                set_mask(values[id(tensor)], one)
        plain = context.autocast_dtype is None and not any_masks()
        for x, tensor in zip(given, self.inputs):
            plain = plain and dtype_of(x) == tensor.dtype
            if self._any_sizes:  # other sizes than drawn: the layers' own checks are needed
                plain = plain and _sizes_fit(tensor.shape, context.backend.shape(x))
        for step in self._plan:
            if plain and step.is_plain and _is_bare(step.operation):
                step.run_plain(values)
            else:
                step.run(values)
                plain = plain and not any_masks()
        if self._result is not None:
            return values[self._result]
        return map_tensors(lambda t: values[id(t)], self._outputs_nest)

    def _matched(self, inputs):
        """The given tensors in the order of `self.inputs`, checked for number, rank and sizes."""
        nest, wanted = self._inputs_nest, self.inputs
        if self._single is not None and not isinstance(inputs, (dict, list, tuple)):
            return [self._fit(inputs, self._single, self._input_names[0])]
        if isinstance(inputs, dict):
            names = sorted(nest) if isinstance(nest, dict) else self._input_names
            missing = [n for n in names if n not in inputs]
            if missing:
                raise ValueError(
                    f"Model {self.name!r} needs inputs named {names}; missing: {missing};"
                    f" found: {list(inputs)}."
                )
            given = [inputs[n] for n in names]
        else:
            given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(given) != len(wanted):
            raise ValueError(
                f"Model {self.name!r} takes {len(wanted)} input(s),"
                f" {', '.join(self._input_names)}; found {len(given)}."
            )
        return [self._fit(x, t, n) for x, t, n in zip(given, wanted, self._input_names)]

    def _check_data(self, x):
        """Let layers that the inputs go into, such as Embedding, refuse NumPy arrays of data."""
        if isinstance(x, dict):
            arrays = {id(t): x.get(n) for t, n in zip(self.inputs, self._input_names)}
        else:
            given = x if isinstance(x, (list, tuple)) else [x]
            arrays = dict(zip(map(id, self.inputs), given))
        for node in self._nodes:
            check = getattr(node.operation, "_check_data", None)
            if check is not None and node.parents:
                check(arrays.get(id(node.parents[0])))

    def _fit(self, x, wanted, name):
        """One input, a last axis of size 1 added or dropped if that makes it fit."""
        backend = context.backend
        shape = backend.shape(x)
        if len(shape) != len(wanted.shape):
            if len(shape) == len(wanted.shape) - 1 and wanted.shape[-1] == 1:
                x = backend.expand_dims(x, -1)
            elif len(shape) == len(wanted.shape) + 1 and shape[-1] == 1:
                x = backend.squeeze(x, -1)
            else:
                self._refuse(name, wanted, shape)
        elif not self._any_sizes and not _sizes_fit(wanted.shape, shape):
            self._refuse(name, wanted, shape)
        dtype = backend.dtype(x)
        if dtype != wanted.dtype and not (dtype in FLOATS and wanted.dtype in FLOATS):
            mask = get_mask(x)
            x = backend.cast(x, wanted.dtype)
            set_mask(x, mask)
        return x

    def _refuse(self, name, wanted, shape):
        shape = tuple(n if isinstance(n, int) else None for n in shape)
        one = len(shape) == len(wanted.shape) - 1
        hint = " For a single sample, add the batch axis: x[None]." if one else ""
        raise ValueError(
            f"Input {name!r} of model {self.name!r} must have shape {wanted.shape}, found"
            f" {shape}.{hint}"
        )

    def get_config(self):
        from keraslite.models.graph_config import functional_config

        return functional_config(self)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from keraslite.models.graph_config import functional_from_config

        return functional_from_config(cls, config, custom_objects)


class _Step:
    """One node of the plan, its arguments laid out for speed in the usual case of one tensor.

    Most layers of most models need nothing of what `Layer.__call__` does around `call`: their
    inputs were checked when the graph was drawn, and no mask, cast or penalty is involved. Where
    `is_plain` says so, and no mask is about, `run_plain` goes to `call` directly.
    """

    __slots__ = ("is_plain", "node", "operation", "results", "single", "training")

    def __init__(self, node):
        self.operation = node.operation
        self.node = node
        one = len(node.args) == 1 and not node.kwargs and type(node.args[0]) is KerasTensor
        self.single = id(node.args[0]) if one else None
        self.results = [id(t) for t in flat_tensors(node.outputs)]
        self.is_plain = (
            one and type(node.outputs) is KerasTensor and _is_plain(self.operation, node)
        )
        self.training = self.is_plain and call_spec(type(self.operation)).takes_training

    def run_plain(self, values):
        layer, x = self.operation, values[self.single]
        try:
            if self.training and context.training is not None:
                values[self.results[0]] = layer.call(x, training=context.training)
            else:
                values[self.results[0]] = layer.call(x)
        except Exception as error:
            layer._explain(error, (x,))
            raise

    def run(self, values):
        if self.single is not None:
            result = self.operation(values[self.single])
        else:
            args, kwargs = self.node.arguments(values)
            result = self.operation(*args, **kwargs)
        if type(self.node.outputs) is KerasTensor:
            values[self.results[0]] = result
        else:
            import optree

            values.update(zip(self.results, optree.tree_leaves(result)))


def _sizes_fit(wanted, found):
    """Whether the sizes that are known in both shapes are equal."""
    for expected, size in zip(wanted, found):
        if expected is not None and isinstance(size, int) and expected != size:
            return False
    return True


def _is_plain(layer, node):
    """True for a layer that can be called on this node's tensor without `Layer.__call__`."""
    return (
        isinstance(layer, Layer)
        and not isinstance(layer, Model)
        and type(layer).__call__ is Layer.__call__
        and not layer._produces_mask
        and not layer._sublayers()
        and (node.args[0].dtype == layer.input_dtype or node.args[0].dtype not in FLOATS)
    )


def sorted_nodes(inputs, outputs, name):
    """The calls between inputs and outputs, each after those that it depends on."""
    known = {id(t) for t in inputs}
    order, seen = [], set()
    stack = [(t, False) for t in reversed(outputs)]
    while stack:
        tensor, ready = stack.pop()
        node = tensor._node
        if id(tensor) in known or (node is not None and id(node) in seen):
            continue
        if node is None or node.operation is None or not node.parents:
            raise ValueError(
                f"The outputs of model {name!r} depend on {tensor!r}, which is not one of its"
                " inputs. Add it to `inputs`, or start from tensors made of these inputs."
            )
        if ready:
            seen.add(id(node))
            order.append(node)
        else:
            stack.append((tensor, True))
            stack.extend((parent, False) for parent in reversed(node.parents))
    return order


def _is_bare(layer):
    """True if a layer casts nothing and adds no penalty, which users may change at any time."""
    return layer.activity_regularizer is None and layer.compute_dtype == layer.variable_dtype


def _without_list(nest):
    """The only item of a list; all else as it is."""
    return nest[0] if isinstance(nest, list) and len(nest) == 1 else nest


def _input_name(tensor, index):
    node = tensor._node
    if node is not None and node.operation is not None:
        return node.operation.name
    return tensor.name or f"input_{index}"


def _as_list(mask):
    return mask if isinstance(mask, (list, tuple)) else [] if mask is None else [mask]
