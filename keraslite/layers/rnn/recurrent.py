"""SimpleRNN, LSTM and GRU: an RNN with its cell, by one set of arguments."""

from keraslite.core.layer import Layer
from keraslite.layers.rnn.cells import GRUCell, LSTMCell, SimpleRNNCell
from keraslite.layers.rnn.rnn import RNN


class FusedRNN(RNN):
    """Base of the layers that make their own cell and go by its settings."""

    cell_class = None

    def _setup(self, cell_arguments, rnn_arguments):
        for key in ("time_major", "implementation", "use_cudnn"):  # the engine decides
            rnn_arguments.pop(key, None)
        dtype = rnn_arguments.get("dtype")
        name = self._cell_name()
        cell = self.cell_class(**cell_arguments, dtype=dtype, name=name)
        super().__init__(cell, **rnn_arguments)

    def _cell_name(self):
        from keraslite.core.naming import to_snake_case

        return to_snake_case(self.cell_class.__name__)

    def __getattr__(self, name):
        cell = self.__dict__.get("cell")
        if cell is None or name.startswith("_") or name not in _CELL_SETTINGS:
            return super().__getattr__(name)
        return getattr(cell, name)

    def get_config(self):
        cell = self.cell.get_config()
        for key in ("name", "trainable", "dtype"):
            cell.pop(key, None)
        return {**Layer.get_config(self), **self._own_settings(), **cell}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


_CELL_SETTINGS = frozenset(
    (
        "units", "activation", "recurrent_activation", "use_bias", "kernel_initializer",
        "recurrent_initializer", "bias_initializer", "unit_forget_bias", "kernel_regularizer",
        "recurrent_regularizer", "bias_regularizer", "kernel_constraint",
        "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout", "reset_after",
        "seed",
    )
)  # fmt: skip


class SimpleRNN(FusedRNN):
    """h = activation(x @ kernel + h @ recurrent_kernel + bias) over time.

    Args:
        units ... seed: as in `SimpleRNNCell`.
        return_sequences ... unroll: as in `RNN`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.SimpleRNN(4)(keras.ops.ones((2, 3, 5))).shape)
    (2, 4)
    """

    cell_class = SimpleRNNCell

    def __init__(
        self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
        recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
        kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
        recurrent_dropout=0.0, return_sequences=False, return_state=False, go_backwards=False,
        stateful=False, unroll=False, seed=None, **kwargs,
    ):  # fmt: skip
        self._setup(*_sorted_arguments(locals()))


class LSTM(FusedRNN):
    """Long short-term memory over time. Hochreiter and Schmidhuber, 1997.

    Args:
        units ... seed: as in `LSTMCell`.
        return_sequences ... unroll: as in `RNN`.
        use_cudnn: accepted for compatibility; the engine decides.

    >>> import keraslite as keras
    >>> tuple(keras.layers.LSTM(4, return_sequences=True)(keras.ops.ones((2, 3, 5))).shape)
    (2, 3, 4)
    """

    cell_class = LSTMCell

    def __init__(
        self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
        kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
        bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
        recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
        kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
        recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False,
        go_backwards=False, stateful=False, unroll=False, use_cudnn="auto", **kwargs,
    ):  # fmt: skip
        self._setup(*_sorted_arguments(locals()))


class GRU(FusedRNN):
    """Gated recurrent unit over time. Cho et al., 2014.

    Args:
        units ... reset_after: as in `GRUCell`.
        return_sequences ... unroll: as in `RNN`.
        use_cudnn: accepted for compatibility; the engine decides.

    >>> import keraslite as keras
    >>> tuple(keras.layers.GRU(4)(keras.ops.ones((2, 3, 5))).shape)
    (2, 4)
    """

    cell_class = GRUCell

    def __init__(
        self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
        kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
        bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
        seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False,
        unroll=False, reset_after=True, use_cudnn="auto", **kwargs,
    ):  # fmt: skip
        self._setup(*_sorted_arguments(locals()))


def _sorted_arguments(given):
    """(cell's arguments, RNN's arguments) from the locals of an `__init__`."""
    given = {k: v for k, v in given.items() if k not in ("self", "__class__", "use_cudnn")}
    given.update(given.pop("kwargs"))
    cell = {k: v for k, v in given.items() if k in _CELL_SETTINGS}
    return cell, {k: v for k, v in given.items() if k not in _CELL_SETTINGS}
