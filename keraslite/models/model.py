"""Model: a layer that trains, saves and describes itself."""

from keraslite.core.keras_tensor import any_symbolic
from keraslite.core.layer import Layer
from keraslite.core.naming import find
from keraslite.training.trainer import Trainer


class Model(Trainer, Layer):
    """A model, made in one of three ways.

    1. `Model(inputs, outputs)` from symbolic tensors (functional).
    2. A subclass with a `call` method, which may train in its own way by `train_step`.
    3. `Sequential`, a stack of layers.

    Args:
        inputs, outputs: KerasTensors, or nests of them, for a functional model.
        name: name.

    >>> import keraslite as keras
    >>> x = keras.Input((3,))
    >>> model = keras.Model(inputs=x, outputs=keras.layers.Dense(1)(x))
    >>> model.count_params()
    4
    """

    def __new__(cls, *args, **kwargs):
        if cls is Model and _is_functional(args, kwargs):
            from keraslite.models.functional import Functional

            return super().__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        from keraslite.models.functional import Functional

        if _is_functional(args, kwargs) and not isinstance(self, Functional):
            _become_functional(
                type(self)
            )  # a subclass that calls super().__init__(inputs, outputs)
            Functional.__init__(self, *args, **kwargs)
            return
        if args:
            raise TypeError(f"Model takes (inputs, outputs) as KerasTensors, found {args!r}.")
        super().__init__(**kwargs)
        self._init_trainer()

    @property
    def layers(self):
        """The layers directly in this model."""
        return list(self._sublayers())

    def get_layer(self, name=None, index=None):
        """A layer by name or by number.

        Raises ValueError for an unknown name (with the nearest match) or number.
        """
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError("get_layer takes either a name or an index.")
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    f"Model {self.name!r} has {len(layers)} layers; index {index} is out of range."
                )
            return layers[index]
        return find(name, {layer.name: layer for layer in layers}, f"layer of {self.name!r}")

    # ---- description ----

    def summary(
        self, line_length=None, positions=None, print_fn=None, expand_nested=False,
        show_trainable=False, layer_range=None,
    ):  # fmt: skip
        """Print a table of the layers: output shapes and numbers of parameters.

        Args:
            line_length: width of the table.
            positions: accepted for compatibility.
            print_fn: function that gets the text, default `print`.
            expand_nested: whether layers of nested models are listed.
            show_trainable: whether a column says what is trainable.
            layer_range: (first, last) layer names to list.
        """
        from keraslite.utils.summary import summary_text

        text = summary_text(self, line_length, expand_nested, show_trainable, layer_range)
        (print_fn or print)(text)

    # ---- saving ----

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Write the whole model to a `.keras` (or legacy `.h5`) file; see `saving.save_model`."""
        from keraslite import saving

        return saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, max_shard_size=None):
        """Write the weights to a `.weights.h5` file."""
        from keraslite import saving

        return saving.save_weights(
            self, filepath, overwrite=overwrite, max_shard_size=max_shard_size
        )

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Read weights from a `.weights.h5`, `.keras` or legacy `.h5` file; all of them, or, if
        something does not fit, none."""
        from keraslite import saving

        return saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs):
        """The architecture as JSON, for `keraslite.models.model_from_json`."""
        import json

        from keraslite.saving import serialize_keras_object

        return json.dumps(serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The inverse of `get_config`."""
        if {"name", "layers", "input_layers", "output_layers"} <= set(config):
            from keraslite.models.functional import Functional
            from keraslite.models.graph_config import functional_from_config

            return functional_from_config(
                Functional if cls is Model else cls, config, custom_objects
            )
        return cls(**config)

    def get_compile_config(self):
        """The arguments of `compile` as JSON-ready values; None before compile."""
        from keraslite.saving import serialize_keras_object

        if not self.compiled:
            return None
        return serialize_keras_object(self._compile_arguments)

    def compile_from_config(self, config):
        """Compile as a saved model was compiled, and build the optimizer's state."""
        from keraslite.saving import deserialize_keras_object

        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    _hidden = Trainer._hidden_training


def _is_functional(args, kwargs):
    """True for Model(inputs, outputs, ...)."""
    if "inputs" in kwargs or "outputs" in kwargs:
        return True
    return len(args) >= 2 and any_symbolic(args[:2])


def _become_functional(cls):
    """Put Functional in place of Model among a subclass's bases."""
    from keraslite.models.functional import Functional

    if cls is Model or issubclass(cls, Functional):
        return
    for base in cls.__bases__:
        if base is not Model and issubclass(base, Model):
            _become_functional(base)
    cls.__bases__ = tuple(Functional if base is Model else base for base in cls.__bases__)
