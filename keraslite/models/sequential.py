"""Sequential: a stack of layers."""

from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.layer import Layer
from keraslite.core.tracking import changed
from keraslite.layers.core.input_layer import InputLayer
from keraslite.models.functional import Functional
from keraslite.models.model import Model


class Sequential(Model):
    """Layers, each called on what the one before gave.

    Args:
        layers: list of layers; an `Input` may come first, then the model is built at once,
            otherwise on the first data.
        trainable: whether the layers are trained.
        name: name.

    >>> import keraslite as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    _hidden = (*Model._hidden, "_functional")

    def __init__(self, layers=None, trainable=True, name=None):
        if isinstance(trainable, Layer):
            raise TypeError("Sequential takes its layers as one list: Sequential([...]).")
        super().__init__(trainable=trainable, name=name)
        self._functional = None
        self._layers = []
        if isinstance(layers, Layer):
            layers = [layers]
        for layer in layers or ():
            self.add(layer, rebuild=False)
        self._maybe_rebuild()

    def add(self, layer, rebuild=True):
        """Append a layer. TypeError if it is none, ValueError if its name is taken."""
        if type(layer) is KerasTensor and layer._node is not None:
            layer = layer._node.operation
        if not isinstance(layer, Layer):
            raise TypeError(
                f"Sequential {self.name!r} takes layers, found {layer!r} ({type(layer).__name__})."
            )
        if any(layer.name == one.name for one in self._layers):
            raise ValueError(
                f"Sequential {self.name!r} has a layer named {layer.name!r} already. Give every"
                " layer a name of its own."
            )
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError("An Input can only be the first layer of a Sequential model.")
        if not self._layers and layer._input_shape_arg is not None:
            self._layers.append(InputLayer(layer._input_shape_arg))
        self._layers.append(layer)
        changed()
        drawn, self._functional = self._functional, None
        self.built = False
        if rebuild and drawn is not None and isinstance(self._layers[0], InputLayer):
            self._set_graph(drawn.inputs[0], layer(drawn.outputs[0]))
        elif rebuild:
            self._maybe_rebuild()

    def pop(self, rebuild=True):
        """Take off the last layer and return it."""
        layer = self._layers.pop()
        changed()
        self._functional = None
        self.built = False
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _maybe_rebuild(self):
        if len(self._layers) > 1 and isinstance(self._layers[0], InputLayer):
            self._draw(self._layers[0].output)

    def build(self, input_shape=None):
        """Build all layers for inputs of this shape (with the batch axis).

        Later inputs need the same rank; which sizes may change is for the layers to say. Start the
        model with an `Input` to fix them.
        """
        if self._functional is not None:
            return
        if not self._layers:
            raise ValueError(f"Sequential {self.name!r} has no layers: add one before it is used.")
        if isinstance(self._layers[0], InputLayer):
            self._draw(self._layers[0].output)
            return
        if input_shape is None:
            raise ValueError(f"Building Sequential {self.name!r} needs the shape of its input.")
        dtype = getattr(self._layers[0], "input_dtype", None) or self.compute_dtype
        shape = (None, *tuple(input_shape)[1:])
        self._draw(InputLayer(batch_shape=shape, dtype=dtype).output)
        self._graph()._any_sizes = True

    def _draw(self, x):
        first = x
        for layer in self._layers:
            if not isinstance(layer, InputLayer):
                x = layer(x)
        self._set_graph(first, x)

    def _set_graph(self, inputs, outputs):
        self._functional = Functional(inputs, outputs, name=self.name)
        self.built = True

    def _sublayers(self):
        return self._layers

    @property
    def layers(self):
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    def _graph(self):
        if self._functional is None:
            raise AttributeError(
                f"Sequential {self.name!r} is not built: start it with an Input, or call it on data"
                " first."
            )
        return self._functional

    @property
    def inputs(self):
        return self._graph().inputs

    @property
    def outputs(self):
        return self._graph().outputs

    @property
    def input(self):
        return self._graph().input

    @property
    def output(self):
        return self._graph().output

    @property
    def input_shape(self):
        return self._graph().input_shape

    @property
    def output_shape(self):
        return self._graph().output_shape

    @property
    def input_names(self):
        return self._graph().input_names

    @property
    def output_names(self):
        return self._graph().output_names

    def call(self, inputs, training=None, mask=None):
        return self._graph().call(inputs, mask=mask)

    def _check_data(self, x):
        if self._functional is not None:
            self._functional._check_data(x)

    def compute_output_spec(self, inputs, training=None, mask=None):
        return self._graph().compute_output_spec(inputs)

    def compute_output_shape(self, input_shape):
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self):
        from keraslite import dtype_policies
        from keraslite.saving import serialize_keras_object

        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
            "layers": [serialize_keras_object(layer) for layer in self._layers],
        }
        if self._functional is not None:
            config["build_input_shape"] = self.input_shape
        return config

    def get_build_config(self):
        return None if self._functional is None else {"input_shape": self.input_shape}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from keraslite.saving import deserialize_keras_object

        model = cls(name=config.get("name"), trainable=config.get("trainable", True))
        for layer in config["layers"]:
            model.add(deserialize_keras_object(layer, custom_objects), rebuild=False)
        model._maybe_rebuild()
        shape = config.get("build_input_shape")
        if model._functional is None and shape:
            model.build(tuple(shape))
        return model
