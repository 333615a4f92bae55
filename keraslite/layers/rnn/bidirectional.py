"""Bidirectional."""

from typing import Any

from keraslite import ops
from keraslite.core.layer import Layer

_MODES = ("concat", "sum", "mul", "ave", None)


class Bidirectional(Layer):
    """A recurrent layer run forwards and backwards, the outputs merged. Schuster and Paliwal, 1997.

    Args:
        layer: RNN, LSTM, GRU or SimpleRNN to run forwards.
        merge_mode: "concat", "sum", "mul", "ave", or None (a list of both).
        weights: initial weights of both layers.
        backward_layer: layer to run backwards; default: like `layer`.

    >>> import keraslite as keras
    >>> layer = keras.layers.Bidirectional(keras.layers.LSTM(4))
    >>> tuple(layer(keras.ops.ones((2, 3, 5))).shape)
    (2, 8)
    """

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        if not isinstance(layer, Layer) or not hasattr(layer, "go_backwards"):
            raise ValueError(f"Bidirectional takes a recurrent layer, found {layer!r}.")
        if merge_mode not in _MODES:
            raise ValueError(f"Bidirectional: merge_mode must be one of {_MODES}, found"
                             f" {merge_mode!r}.")  # fmt: skip
        kwargs.setdefault("name", None)
        super().__init__(**kwargs)
        config = layer.get_config()
        self.forward_layer = _made(layer, config, "forward")
        if backward_layer is None:
            turned = {**config, "go_backwards": not layer.go_backwards}
            self.backward_layer = _made(layer, turned, "backward")
        else:
            self.backward_layer = backward_layer
            if backward_layer.go_backwards == layer.go_backwards:
                raise ValueError("Bidirectional: one of the layers must have go_backwards=True.")
        for one in (self.forward_layer, self.backward_layer):  # the two meet at masked steps
            one.zero_output_for_mask = one.return_sequences
        self._given_backward = backward_layer is not None
        self.merge_mode = merge_mode
        self.layer = None
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.stateful = layer.stateful
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._initial_weights = weights

    def build(self, sequences_shape, initial_state_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer._maybe_build_for(sequences_shape)
        self.input_spec = self.forward_layer.input_spec
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)

    def call(self, sequences, initial_state=None, mask=None, training=None):
        forward_state = backward_state = None
        if initial_state is not None:
            half = len(initial_state) // 2
            forward_state, backward_state = initial_state[:half], initial_state[half:]
        y = self.forward_layer(sequences, initial_state=forward_state, mask=mask, training=training)
        z = self.backward_layer(
            sequences, initial_state=backward_state, mask=mask, training=training
        )
        states = []
        if self.return_state:
            states = [*y[1:], *z[1:]]
            y, z = y[0], z[0]
        if self.return_sequences:
            z = ops.flip(z, axis=1)
        merged = self._merge(y, z)
        if not self.return_state:
            return merged
        return (*merged, *states) if self.merge_mode is None else (merged, *states)

    def _merge(self, y, z):
        if self.merge_mode is None:
            return (y, z)
        if self.merge_mode == "concat":
            return ops.concatenate([y, z], axis=-1)
        if self.merge_mode == "mul":
            return y * z
        return (y + z) / 2 if self.merge_mode == "ave" else y + z

    def reset_state(self):
        """Set the states of both layers to zeros."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        shape: Any = self.forward_layer.compute_output_shape(sequences_shape)
        states = ()
        if self.return_state:
            shape, *states = shape
            states = (*states, *states)
        if self.merge_mode is None:
            return (shape, shape, *states)
        if self.merge_mode == "concat":
            other: Any = self.backward_layer.compute_output_shape(sequences_shape)
            other = other[0] if self.return_state else other
            shape = (*shape[:-1], shape[-1] + other[-1])
        return (shape, *states) if states else shape

    def compute_mask(self, inputs, previous_mask):
        mask = previous_mask if self.return_sequences else None
        count = 2 if self.merge_mode is None else 1
        states = len(self.forward_layer.compute_output_shape((None, None, 1))) - 1
        return [mask] * count + ([None] * 2 * states if self.return_state else [])

    def get_config(self):
        from keraslite.saving import serialize_keras_object

        forward = serialize_keras_object(self.forward_layer)
        forward["config"]["name"] = self.forward_layer.name.removeprefix("forward_")
        config = {**super().get_config(), "merge_mode": self.merge_mode, "layer": forward}
        if self._given_backward:
            config["backward_layer"] = serialize_keras_object(self.backward_layer)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from keraslite.saving import deserialize_keras_object

        config = dict(config)
        for key in ("layer", "backward_layer"):
            if isinstance(config.get(key), dict):
                config[key] = deserialize_keras_object(config[key], custom_objects=custom_objects)
        return cls(**config)


def _made(layer, config, direction):
    """A layer like another one, named for its direction."""
    made = type(layer).from_config({**config, "name": f"{direction}_{layer.name}"})
    # First weights follow the seed, whatever number an automatic name carries.
    made._seed_name = f"{direction}_{layer._seed_name}"
    return made
