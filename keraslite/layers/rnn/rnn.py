"""RNN: a cell over the steps of sequences."""

from typing import Any

from keraslite import ops
from keraslite.backend.context import context
from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer
from keraslite.core.variable import Variable
from keraslite.layers.rnn.cells import Cell


class RNN(Layer):
    """Runs a cell over time.

    Args:
        cell: a layer with `call(inputs, states)` -> (output, new states), `state_size` and, if
            states do not begin as zeros, `get_initial_state(batch_size)`.
        return_sequences: whether to return the outputs of all steps (N, T, units) or of the last.
        return_state: whether to return the last states too.
        go_backwards: whether to go from the last step to the first.
        stateful: whether the last states of a batch are the first ones of the next batch.
        unroll: accepted for compatibility; the engine decides.
        zero_output_for_mask: whether outputs of masked steps are zeros, not the output before.

    Inputs: (N, T, C), an optional mask (N, T), optional initial states.

    >>> import keraslite as keras
    >>> tuple(keras.layers.RNN(keras.layers.LSTMCell(4))(keras.ops.ones((2, 5, 3))).shape)
    (2, 4)
    """

    _hidden = ("states",)

    def __init__(
        self, cell, return_sequences=False, return_state=False, go_backwards=False,
        stateful=False, unroll=False, zero_output_for_mask=False, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        if not hasattr(cell, "call") or not hasattr(cell, "state_size"):
            raise ValueError(
                f"RNN {self.name!r}: cell must have `call` and `state_size`, found {cell!r}."
            )
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.input_spec = InputSpec(ndim=3)
        self.supports_masking = True
        self.states: Any = None

    def build(self, sequences_shape, initial_state_shape=None):
        if not self.cell.built:
            self.cell._maybe_build_for((sequences_shape[0], sequences_shape[2]))
        self.input_spec = InputSpec(ndim=3, axes={-1: sequences_shape[-1]})
        if self.stateful:
            self.input_spec.axes[0] = sequences_shape[0]
        if self.stateful:
            if sequences_shape[0] is None:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r}: a stateful layer needs a fixed batch"
                    " size: Input(batch_shape=(batch, steps, features))."
                )
            self.states = [
                Variable(s, trainable=False, name=f"state_{i}", backend=self.backend)
                for i, s in enumerate(self._first_states(sequences_shape[0]))
            ]
        self.built = True

    def _first_states(self, batch_size):
        cell = self.cell
        if not hasattr(cell, "get_initial_state"):
            return [ops.zeros((batch_size, n), self.compute_dtype) for n in self._state_sizes()]
        states = cell.get_initial_state(batch_size=batch_size)
        return list(states) if isinstance(states, (list, tuple)) else [states]

    def _state_sizes(self):
        size = self.cell.state_size
        return list(size) if isinstance(size, (list, tuple)) else [size]

    def _states_beside(self):
        return super()._states_beside() + (self.states or [])

    def reset_state(self):
        """Set the states of a stateful layer to zeros."""
        for state in self.states or ():
            state.assign(ops.zeros(state.shape, dtype=state.dtype))

    reset_states = reset_state

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if initial_state is None:
            if self.stateful:
                initial_state = [s.value for s in self.states]
            else:
                initial_state = self._first_states(ops.shape(sequences)[0])
        elif not isinstance(initial_state, (list, tuple)):
            initial_state = [initial_state]
        states = [ops.cast(s, self.compute_dtype) for s in initial_state]
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        outputs, last, *states = self._run_cell(sequences, states, mask, training)
        if self.stateful:
            for kept, new in zip(self.states, states):
                kept.assign(new)
        if self.zero_output_for_mask and mask is not None:
            kept = ops.flip(mask, axis=1) if self.go_backwards else mask
            outputs = ops.where(ops.expand_dims(kept, -1), outputs, ops.zeros_like(outputs))
        result = outputs if self.return_sequences else last
        return (result, *states) if self.return_state else result

    def _run_cell(self, sequences, states, mask, training):
        """(outputs, last output, *states), by the engine's fused loop where the cell has one."""
        cell = self.cell
        if isinstance(cell, Cell):
            if training and cell.dropout:
                sequences = cell.drop_inputs(sequences, (None, 1, None))
            if cell.is_fusable:
                return cell.sequence(sequences, states, mask, self.go_backwards)
            recurrent = cell.recurrent_mask(states[0]) if training else None

            def step(x, states):
                return cell.step(x, states, recurrent)
        else:

            def step(x, states):
                return cell(x, states)

        def body(states, x):
            output, new = step(x, list(states))
            new = list(new) if isinstance(new, (list, tuple)) else [new]
            return output, new

        return self._loop(body, states, sequences, mask)

    def _loop(self, body, states, sequences, mask):
        """The loop over time of any cell; the last output is carried, to be repeated if masked.

        Before the first output that is the first state, or zeros where that has another size.
        """
        backend = context.backend
        width = getattr(self.cell, "output_size", states[0].shape[-1])
        same = width == states[0].shape[-1]
        batch = ops.shape(sequences)[0]
        first = states[0] if same else ops.zeros((batch, width), self.compute_dtype)
        xs = [backend.swapaxes(sequences, 0, 1)]
        if mask is not None:
            xs.append(backend.expand_dims(backend.swapaxes(mask, 0, 1), -1))
        if self.go_backwards:
            xs = [backend.flip(x, 0) for x in xs]

        def step(carry, x):
            output, new = body(carry[1:], x[0])
            if mask is not None:
                output = backend.where(x[1], output, carry[0])
                new = [backend.where(x[1], n, old) for n, old in zip(new, carry[1:])]
            return (output, *new), (output,)

        (last, *states), (outputs,) = backend.scan(step, (first, *states), tuple(xs), None)
        return backend.swapaxes(outputs, 0, 1), last, *states

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        sizes = self._state_sizes()
        batch, steps = sequences_shape[:2]
        width = getattr(self.cell, "output_size", sizes[0])
        shape = (batch, steps, width) if self.return_sequences else (batch, width)
        return (shape, *((batch, n) for n in sizes)) if self.return_state else shape

    def compute_mask(self, inputs, previous_mask):
        if isinstance(previous_mask, (list, tuple)):
            previous_mask = previous_mask[0]
        mask = previous_mask if self.return_sequences else None
        if self.return_state:
            return [mask] + [None] * len(self._state_sizes())
        return mask

    def _own_settings(self):
        return {
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
        }

    def get_config(self):
        from keraslite.saving import serialize_keras_object

        cell = serialize_keras_object(self.cell)
        return {**super().get_config(), **self._own_settings(), "cell": cell}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from keraslite.saving import deserialize_keras_object

        if "cell" in config:
            cell = deserialize_keras_object(config["cell"], custom_objects=custom_objects)
            config = {**config, "cell": cell}
        return cls(**config)
