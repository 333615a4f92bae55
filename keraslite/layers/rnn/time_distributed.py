"""TimeDistributed."""

from keraslite import ops
from keraslite.core.layer import Layer


class TimeDistributed(Layer):
    """A layer applied to each time step of (batch, time, ...), as one batch of all time steps.

    Args:
        layer: a layer with one input and one output.

    >>> import keraslite as keras
    >>> layer = keras.layers.TimeDistributed(keras.layers.Conv2D(4, 3))
    >>> tuple(layer(keras.ops.ones((2, 5, 8, 8, 3))).shape)
    (2, 5, 6, 6, 4)
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"TimeDistributed takes a layer, found {layer!r}.")
        super().__init__(**kwargs)
        self.layer = layer
        self.supports_masking = True

    def _step_shape(self, input_shape):
        """The shape of a batch of single time steps."""
        if len(input_shape) < 3:
            raise ValueError(
                f"TimeDistributed {self.name!r} takes inputs (batch, time, ...) of rank 3 at least,"
                f" found shape {tuple(input_shape)}."
            )
        return (None, *input_shape[2:])

    def build(self, input_shape):
        shape = self._step_shape(input_shape)
        if not self.layer.built:
            self.layer._maybe_build_for(shape)

    def call(self, inputs, training=None):
        self._step_shape(inputs.shape)
        shape = ops.shape(inputs)
        outputs = self.layer(ops.reshape(inputs, (-1, *shape[2:])), training=training)
        return ops.reshape(outputs, (*shape[:2], *ops.shape(outputs)[1:]))

    def compute_output_shape(self, input_shape):
        shape = self.layer.compute_output_shape(self._step_shape(input_shape))
        return (*input_shape[:2], *shape[1:])

    def get_config(self):
        from keraslite.saving import serialize_keras_object

        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from keraslite.saving import deserialize_keras_object

        layer = deserialize_keras_object(config["layer"], custom_objects=custom_objects)
        return cls(**{**config, "layer": layer})
