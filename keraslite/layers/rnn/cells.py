"""One step of a recurrent layer: SimpleRNNCell, LSTMCell, GRUCell."""

from keraslite import activations, ops, random
from keraslite.backend.context import context
from keraslite.core.input_spec import InputSpec
from keraslite.layers.checks import positive_int
from keraslite.layers.checks import rate as checked_rate
from keraslite.layers.weight_settings import LayerWithSettings


class Cell(LayerWithSettings):
    """Base of the cells: weights, dropout of inputs and of the recurrent state.

    A cell maps (inputs (N, C), [state, ...]) to (output (N, units), [state, ...]).

    Args:
        units: size of output and states.
        activation: of the new state.
        use_bias: whether there are biases.
        kernel_initializer, recurrent_initializer, bias_initializer: of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties.
        kernel_constraint, recurrent_constraint, bias_constraint: projections.
        dropout, recurrent_dropout: fractions of inputs and states that are dropped in training,
            the same ones at all steps of a sequence.
        seed: of the dropout.
    """

    _weight_names = ("kernel", "recurrent", "bias")
    gates = 1
    states = 1

    def __init__(
        self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
        recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
        recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
        seed=None, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.units = positive_int(units, "units", self)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._keep_settings(locals())
        self.dropout = checked_rate(dropout, "dropout", self)
        self.recurrent_dropout = checked_rate(recurrent_dropout, "recurrent_dropout", self)
        self.seed = seed
        if self.dropout or self.recurrent_dropout:
            self.seed_generator = random.SeedGenerator(seed)
        self.bias = None

    @property
    def state_size(self):
        return self.units if self.states == 1 else [self.units] * self.states

    @property
    def output_size(self):
        return self.units

    def build(self, input_shape):
        self.input_spec = InputSpec(ndim=2, axes={-1: input_shape[-1]})
        wide = self.gates * self.units
        self.kernel = self._add("kernel", (input_shape[-1], wide))
        self.recurrent_kernel = self._add("recurrent", (self.units, wide), name="recurrent_kernel")
        if self.use_bias:
            shape = self._bias_shape(wide)
            self.bias = self._add("bias", shape, initializer=self._first_bias)
        self.built = True

    def _bias_shape(self, wide):
        return (wide,)

    def _first_bias(self, shape, dtype=None):
        return self.bias_initializer(shape, dtype=dtype)

    def get_initial_state(self, batch_size=None):
        """States of zeros for a batch."""
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(self.states)]

    def sequence(self, x, states, mask, reverse):
        """(outputs (N, T, units), last output, *states) of whole sequences, by the engine."""
        raise NotImplementedError

    @property
    def is_fusable(self):
        """True if `sequence` can do what the settings ask."""
        return not self.recurrent_dropout and self._is_known(self.activation)

    def _is_known(self, fn):
        """True for keraslite's own activations, which the engine knows by their names."""
        name = getattr(fn, "__name__", "")
        return hasattr(self.backend, name) and fn in (
            getattr(activations, name, None), getattr(ops, name, None),
        )  # fmt: skip

    def drop_inputs(self, x, noise_shape):
        """Inputs with dropout; for sequences the noise shape has 1 for time."""
        return random.dropout(x, self.dropout, noise_shape, self.seed_generator)

    def recurrent_mask(self, h):
        """A factor for the state h that drops some of it, or None."""
        if not self.recurrent_dropout:
            return None
        return random.dropout(ops.ones_like(h), self.recurrent_dropout, None, self.seed_generator)

    def call(self, inputs, states, training=False):
        """One step, with dropout drawn for this step alone."""
        if training and self.dropout:
            inputs = self.drop_inputs(inputs, None)
        mask = self.recurrent_mask(states[0]) if training else None
        return self.step(inputs, states, mask)

    def step(self, inputs, states, recurrent_mask=None):
        """One step: as `call`, the dropout of inputs done, that of the state given."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape, states_shape=None):
        shape = (*input_shape[:-1], self.units)
        return shape, [shape] * self.states

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **self._settings_config(),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }

    def _weights_now(self):
        bias = None if self.bias is None else self.bias.value
        return self.kernel.value, self.recurrent_kernel.value, bias


class SimpleRNNCell(Cell):
    """h = activation(x @ kernel + h @ recurrent_kernel + bias); arguments as `Cell`.

    >>> from keraslite import layers, ops
    >>> output, states = layers.SimpleRNNCell(4)(ops.ones((2, 3)), [ops.zeros((2, 4))])
    >>> tuple(output.shape)
    (2, 4)
    """

    def sequence(self, x, states, mask, reverse):
        return context.backend.simple_rnn(
            x, *states, *self._weights_now(), mask, reverse, self.activation.__name__
        )

    def step(self, inputs, states, recurrent_mask=None):
        h = states[0] if recurrent_mask is None else states[0] * recurrent_mask
        kernel, recurrent, bias = self._weights_now()
        h = ops.matmul(inputs, kernel) + ops.matmul(h, recurrent)
        h = self.activation(h if bias is None else h + bias)
        return h, [h]


class LSTMCell(Cell):
    """Long short-term memory. Hochreiter and Schmidhuber, 1997.

    Args:
        recurrent_activation: of the gates.
        unit_forget_bias: whether the forget gate's bias starts at 1; others as `Cell`.

    >>> from keraslite import layers, ops
    >>> states = [ops.zeros((2, 4)), ops.zeros((2, 4))]
    >>> output, states = layers.LSTMCell(4)(ops.ones((2, 3)), states)
    >>> len(states)
    2
    """

    gates = 4
    states = 2

    def __init__(
        self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
        kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
        bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
        recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
        recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
        seed=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer,
            bias_initializer, kernel_regularizer, recurrent_regularizer, bias_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout, recurrent_dropout,
            seed, **kwargs,
        )  # fmt: skip
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def _first_bias(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return super()._first_bias(shape, dtype)
        n = self.units
        parts = [
            self.bias_initializer((n,), dtype=dtype),
            ops.ones((n,), dtype=dtype),
            self.bias_initializer((2 * n,), dtype=dtype),
        ]
        return ops.concatenate(parts, axis=0)

    @property
    def is_fusable(self):
        return super().is_fusable and self._is_known(self.recurrent_activation)

    def sequence(self, x, states, mask, reverse):
        return context.backend.lstm(
            x, *states, *self._weights_now(), mask, reverse, self.activation.__name__,
            self.recurrent_activation.__name__,
        )  # fmt: skip

    def step(self, inputs, states, recurrent_mask=None):
        h, c = states
        h = h if recurrent_mask is None else h * recurrent_mask
        kernel, recurrent, bias = self._weights_now()
        z = ops.matmul(inputs, kernel) + ops.matmul(h, recurrent)
        i, f, g, o = ops.split(z if bias is None else z + bias, 4, axis=-1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(g)
        h = gate(o) * self.activation(c)
        return h, [h, c]

    def get_config(self):
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
        }


class GRUCell(Cell):
    """Gated recurrent unit. Cho et al., 2014.

    Args:
        recurrent_activation: of the gates.
        reset_after: whether the reset gate works after the recurrent product (as cuDNN computes)
            or before it; others as `Cell`.

    >>> from keraslite import layers, ops
    >>> output, states = layers.GRUCell(4)(ops.ones((2, 3)), [ops.zeros((2, 4))])
    >>> tuple(output.shape)
    (2, 4)
    """

    gates = 3

    def __init__(
        self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
        kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
        bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None,
        bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
        bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, reset_after=True, seed=None,
        **kwargs,
    ):  # fmt: skip
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer,
            bias_initializer, kernel_regularizer, recurrent_regularizer, bias_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout, recurrent_dropout,
            seed, **kwargs,
        )  # fmt: skip
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def _bias_shape(self, wide):
        return (2, wide) if self.reset_after else (wide,)

    @property
    def is_fusable(self):
        return super().is_fusable and self._is_known(self.recurrent_activation)

    def sequence(self, x, states, mask, reverse):
        return context.backend.gru(
            x, *states, *self._weights_now(), mask, reverse, self.activation.__name__,
            self.recurrent_activation.__name__, self.reset_after,
        )  # fmt: skip

    def step(self, inputs, states, recurrent_mask=None):
        (h,) = states
        dropped = h if recurrent_mask is None else h * recurrent_mask
        kernel, recurrent, bias = self._weights_now()
        x = ops.matmul(inputs, kernel)
        if bias is not None:
            x = x + (bias[0] if self.reset_after else bias)
        xz, xr, xh = ops.split(x, 3, axis=-1)
        gate, n = self.recurrent_activation, self.units
        if self.reset_after:
            inner = ops.matmul(dropped, recurrent)
            hz, hr, hh = ops.split(inner if bias is None else inner + bias[1], 3, axis=-1)
            z, r = gate(xz + hz), gate(xr + hr)
            new = self.activation(xh + r * hh)
        else:
            hz, hr = ops.split(ops.matmul(dropped, recurrent[:, : 2 * n]), 2, axis=-1)
            z, r = gate(xz + hz), gate(xr + hr)
            new = self.activation(xh + ops.matmul(r * dropped, recurrent[:, 2 * n :]))
        h = z * h + (1 - z) * new
        return h, [h]

    def get_config(self):
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "reset_after": self.reset_after,
        }
