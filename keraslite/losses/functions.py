"""What the loss functions share: the conversion of their arguments."""

import functools

from keraslite.backend.context import context
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.operation import record_op
from keraslite.ops.dispatch import floating, tensor


def loss_function(fn):
    """Make `fn(y_true, y_pred, ...)` public: it gets float tensors of one dtype and rank.

    Predictions that are integers become `floatx()`; targets get the predictions' dtype; where the
    ranks differ by a last axis of size 1, the targets or predictions lose or gain it. On
    KerasTensors, a node of a symbolic model is drawn.
    """

    @functools.wraps(fn)
    def function(y_true, y_pred, *args, **kwargs):
        if _is_symbolic(y_true, y_pred):
            return record_op(function, (y_true, y_pred, *args), kwargs)
        return fn(*pair(y_true, y_pred), *args, **kwargs)

    return function


def drawable(fn):
    """Make `fn(y_true, y_pred, ...)`, which converts its arguments itself, public: on KerasTensors,
    a node of a symbolic model is drawn."""

    @functools.wraps(fn)
    def function(y_true, y_pred, *args, **kwargs):
        if _is_symbolic(y_true, y_pred):
            return record_op(function, (y_true, y_pred, *args), kwargs)
        return fn(y_true, y_pred, *args, **kwargs)

    return function


def _is_symbolic(y_true, y_pred):
    """True for KerasTensors outside of shape inference."""
    return KerasTensor in (type(y_true), type(y_pred)) and not context.backend.is_abstract


def pair(y_true, y_pred):
    """(y_true, y_pred) as float tensors of one dtype and rank."""
    y_pred = floating(y_pred)
    y_true = tensor(tensor(y_true), context.backend.dtype(y_pred))
    if len(y_true.shape) != len(y_pred.shape):
        return same_rank(y_true, y_pred)
    return y_true, y_pred


def same_rank(x, y):
    """Tensors whose ranks differ by a last axis of size 1 in one rank: vectors gain the axis,
    others lose it."""
    rank, other = len(x.shape), len(y.shape)
    if rank == other + 1 and x.shape[-1] == 1:
        x, y = _matched(x, y)
    elif other == rank + 1 and y.shape[-1] == 1:
        y, x = _matched(y, x)
    return x, y


def _matched(longer, shorter):
    backend = context.backend
    if len(shorter.shape) == 1:
        return longer, backend.expand_dims(shorter, -1)
    return backend.squeeze(longer, -1), shorter


def int_labels(y_true, rank):
    """Labels as int32, without a last axis of size 1 that makes them as many-dimensional as the
    predictions."""
    y_true = tensor(tensor(y_true), "int32")
    if len(y_true.shape) == rank and y_true.shape[-1] == 1:
        y_true = context.backend.squeeze(y_true, -1)
    return y_true
