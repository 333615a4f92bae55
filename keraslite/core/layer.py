"""Layer: state and a computation, callable on tensors of its engine and on KerasTensors."""

import inspect

import numpy as np

from keraslite import dtype_policies
from keraslite.backend.context import context, inferring, real_backend, temporarily
from keraslite.backend.dtypes import FLOATS
from keraslite.core import masks
from keraslite.core.call_spec import call_spec
from keraslite.core.input_spec import check_inputs
from keraslite.core.keras_tensor import KerasTensor, any_symbolic
from keraslite.core.layer_building import LayerBuilding, recorded, shapes_of
from keraslite.core.layer_state import LayerState
from keraslite.core.naming import auto_name, suggestion, to_snake_case
from keraslite.core.operation import Node, map_tensors


class Layer(LayerBuilding, LayerState):
    """The base class of all layers and models.

    A subclass makes its weights in `build(input_shape)` (or in `__init__`) with `add_weight`, and
    computes in `call(inputs)` with `keraslite.ops`; it then runs on every engine.

    Args:
        activity_regularizer: regularizer of the outputs.
        trainable: whether the layer's weights are trained.
        dtype: dtype name or DTypePolicy; default: the global policy.
        autocast: whether float inputs are cast to the compute dtype.
        name: name; default: the class name in snake case, numbered.

    >>> import keraslite as keras
    >>> class Scale(keras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> tuple(Scale()(keras.ops.ones((2, 3))).shape)
    (2, 3)
    """

    supports_masking = False
    _produces_mask = False  # True for layers that make masks where there were none

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = recorded(cls.build)
        if "compute_mask" in vars(cls):
            cls.supports_masking = True
            cls._produces_mask = bool(cls.compute_mask.__defaults__)  # it can do without a mask

    def __new__(cls, *args, **kwargs):
        """Keep the arguments: they are the config of a class that writes no `get_config`."""
        layer = super().__new__(cls)
        if cls.__init__ is not Layer.__init__:
            try:
                bound = inspect.signature(cls.__init__).bind(layer, *args, **kwargs)
                given = dict(list(bound.arguments.items())[1:])
                given.update(given.pop("kwargs", {}))
                layer.__dict__["_auto_config"] = given
            except TypeError:  # __init__ will say what is wrong
                pass
        layer.__dict__["_tracked"] = None
        return layer

    def __init__(
        self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True,
        name=None, **kwargs,
    ):  # fmt: skip
        from keraslite import regularizers

        if name is not None and not isinstance(name, str):
            raise ValueError(f"A layer's name must be a string, found {name!r}.")
        self.backend = real_backend()
        self.name = name or auto_name(type(self).__name__)
        self._seed_name = name or to_snake_case(type(self).__name__)
        self._path = self.name
        self._seed_path = self._seed_name
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._input_shape_arg = self._legacy_input_shape(kwargs)
        if kwargs:
            raise ValueError(
                f"Unknown argument(s) for layer {self.name!r} ({type(self).__name__}):"
                f" {', '.join(map(repr, kwargs))}."
                f"{suggestion(next(iter(kwargs)), inspect.signature(type(self)).parameters)}"
            )
        self.dtype_policy = dtype_policies.get(dtype)
        self.autocast = autocast
        self._trainable = bool(trainable)
        self.built = False
        self.input_spec = None
        self._losses = []
        self._inbound_nodes = []
        self._init_state()

    @staticmethod
    def _legacy_input_shape(kwargs):
        """`input_shape=` or `input_dim=`, which a Sequential reads from its first layer."""
        if "input_dim" in kwargs:
            return (kwargs.pop("input_dim"),)
        shape = kwargs.pop("input_shape", None)
        return shape if shape is None else tuple(shape)

    # ---- dtype ----

    @property
    def dtype_policy(self):
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value):
        self._dtype_policy = dtype_policies.get(value)
        self.compute_dtype = self._dtype_policy.compute_dtype
        self.variable_dtype = self.dtype = self._dtype_policy.variable_dtype
        self.input_dtype = self.compute_dtype

    @property
    def path(self):
        return self._path

    @property
    def input(self):
        """KerasTensor (or list of them) that the layer was first called on.

        AttributeError if it was called on none yet.
        """
        tensors = self._first_node("input").parents
        return tensors[0] if len(tensors) == 1 else tensors

    @property
    def output(self):
        """KerasTensor (or nest of them) that the first call on KerasTensors gave.

        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> model.layers[0].output.shape
        (None, 2)
        """
        return self._first_node("output").outputs

    def _first_node(self, what):
        if not self._inbound_nodes:
            raise AttributeError(
                f"Layer {self.name!r} has no {what!r}: it was not called on a KerasTensor yet."
            )
        return self._inbound_nodes[0]

    # ---- calling ----

    def compute_mask(self, inputs, previous_mask):
        """The mask of the outputs, given that of the inputs.

        An override is asked whenever an input has a mask; one whose second argument has a default,
        always.
        """
        return previous_mask

    def __call__(self, *args, **kwargs):
        """Build on first use, check and cast the inputs, and run `call`.

        Raises:
            ValueError: the inputs do not fit the layer; names it, the expected and the found.
        """
        backend = context.backend
        if backend is not self.backend and not backend.is_abstract:
            with temporarily(backend=self.backend):
                return self.__call__(*args, **kwargs)
        if any_symbolic(args, kwargs) and not backend.is_abstract:
            return self._symbolic_call(args, kwargs)
        spec = call_spec(type(self))
        if not args and not kwargs and spec.names:
            raise TypeError(f"Layer {self.name!r} ({type(self).__name__}) was called on nothing.")
        args = tuple(map(self._as_input, args))
        if kwargs:
            kwargs = {k: v if k == "training" else self._as_input(v) for k, v in kwargs.items()}
        previous = self._masks_of(spec, args, kwargs) if masks.any_masks() else None
        if not self.built:
            self._check_input_spec(args)
            self._maybe_build(args, kwargs)
        self._check_input_spec(args)
        return self._run_call(spec, args, kwargs, previous)

    def _check_input_spec(self, args):
        if self.input_spec is not None and args:
            check_inputs(self, self.input_spec, args[0])

    def _run_call(self, spec, args, kwargs, previous_mask):
        """`call` inside this layer's call context: training flag, autocast dtype, depth."""
        outer_training, outer_cast = context.training, context.autocast_dtype
        depth = context.call_depth
        if spec.takes_training:
            training = kwargs.get("training")
            if training is None and len(args) > spec.training_position:
                training = args[spec.training_position]
            elif training is None:
                training = outer_training
                if training is None:
                    training = spec.training_default
                if training is not None:
                    kwargs = {**kwargs, "training": training}
        else:
            training = kwargs.pop("training", None) if not spec.takes_anything else None
            if training is None:
                training = outer_training
        if depth == 0 and LayerState.any_losses:
            self._clear_losses()
        cast = self.compute_dtype if self.compute_dtype != self.variable_dtype else None
        context.training, context.autocast_dtype = training, cast
        context.call_depth = depth + 1
        try:
            outputs = self.call(*args, **kwargs)
        except Exception as error:
            self._explain(error, args)
            raise
        finally:
            context.training, context.autocast_dtype = outer_training, outer_cast
            context.call_depth = depth
        if self.activity_regularizer is not None and not context.backend.is_abstract:
            self._regularize(outputs)
        if previous_mask is not None or self._produces_mask:
            self._set_output_mask(args, outputs, previous_mask)
        return outputs

    def _regularize(self, outputs):
        """Add the penalty on outputs, as a mean over the batch."""
        from keraslite import ops

        for output in outputs if isinstance(outputs, (list, tuple)) else [outputs]:
            loss = self.activity_regularizer(output)
            if len(output.shape):
                loss = loss / ops.cast(ops.shape(output)[0], context.backend.dtype(loss))
            self.add_loss(loss)

    def _explain(self, error, args):
        """Add the innermost layer and its inputs to an error, once."""
        if any(note.startswith("In layer ") for note in getattr(error, "__notes__", ())):
            return
        shapes = ", ".join(str(shapes_of(a)) for a in args)
        error.add_note(f"In layer {self.name!r} ({type(self).__name__}), called with {shapes}.")

    def _as_input(self, x):
        """An argument as this engine's tensor, floats in the compute dtype; nests likewise."""
        backend = context.backend
        if backend.is_tensor(x):
            dtype = backend.dtype(x)
            if dtype != self.input_dtype and self.autocast and dtype in FLOATS:
                mask = masks.get_mask(x)
                x = backend.cast(x, self.input_dtype)
                masks.set_mask(x, mask)
            return x
        kind = type(x)
        if x is None or kind is bool or kind is str or kind is KerasTensor:
            return x
        if kind is list or kind is tuple:
            if kind is list and x and all(isinstance(v, (int, float, list)) for v in x):
                return self._as_input(backend.asarray(np.asarray(x), None))
            return kind(map(self._as_input, x))
        if kind is dict:
            return {key: self._as_input(value) for key, value in x.items()}
        if hasattr(x, "__array__") or hasattr(x, "__dlpack__"):
            return self._as_input(backend.asarray(getattr(x, "value", x), None))
        return x

    def _masks_of(self, spec, args, kwargs):
        """The mask (or nest of masks) of the first argument; fills in `mask` parameters."""
        first = args[0] if args else None
        previous = _map_masks(first)
        for name, of in spec.mask_names.items():
            if kwargs.get(name) is None and spec.names.index(name) >= len(args):
                value = first if of == spec.first else kwargs.get(of)
                position = spec.names.index(of)
                if value is None and position < len(args):
                    value = args[position]
                found = _map_masks(value)
                if found is not None:
                    kwargs[name] = found
        return previous

    def _set_output_mask(self, args, outputs, previous):
        if not self.supports_masking and not self._produces_mask:
            return
        mask = self.compute_mask(args[0], previous)
        if mask is None:
            return
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        mask = mask if isinstance(mask, (list, tuple)) else [mask] * len(outputs)
        for output, one in zip(outputs, mask):
            if one is not None and output is not one:
                masks.set_mask(output, one)

    # ---- symbolic calls and building ----

    def _symbolic_call(self, args, kwargs):
        with inferring():
            inputs = tuple(map(self._as_input, args))
            given = dict(kwargs)
            previous = self._masks_of(call_spec(type(self)), inputs, given)
            if not self.built:
                self._check_input_spec(inputs)
                self._maybe_build(inputs, given)
            self._check_input_spec(inputs)
            outputs = self.compute_output_spec(*inputs, **given)
            if previous is not None or self._produces_mask:
                self._set_output_mask(inputs, outputs, previous)
        outputs = map_tensors(masks.renewed, outputs)
        return Node(self, args, kwargs, outputs).outputs

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _map_masks(value):
    if isinstance(value, (list, tuple)):
        found = [_map_masks(v) for v in value]
        return None if all(m is None for m in found) else found
    if isinstance(value, dict) or value is None:
        return None
    return masks.get_mask(value)
