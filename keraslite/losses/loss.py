"""Loss: the base class, and losses from functions."""

import optree

from keraslite import config
from keraslite.backend.context import context
from keraslite.backend.dtypes import standardize_dtype
from keraslite.core.masks import any_masks, get_mask
from keraslite.core.naming import auto_name
from keraslite.losses import checks
from keraslite.losses.functions import same_rank
from keraslite.losses.reduction import reduce_weighted
from keraslite.ops.dispatch import tensor

_REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss:
    """The base class of losses. A subclass computes in `call(y_true, y_pred)`.

    Args:
        name: name; default: the class name in snake case.
        reduction: how the values that `call` returns become one number: "sum_over_batch_size" or
            "mean" (their mean, weighted values over the number of all values), "sum",
            "mean_with_sample_weight" (weighted values over the sum of the weights), or "none"
            or None (they stay as they are).
        dtype: dtype name to compute in; default: `floatx()`, also in mixed precision.

    >>> import keraslite as keras
    >>> class Quartic(keras.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.mean((y_true - y_pred) ** 4, axis=-1)
    >>> float(Quartic()([[0.0], [0.0]], [[1.0], [2.0]]))
    8.5
    """

    _keeps_label_dtype = False  # True where targets are integers, which floats could not hold

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if reduction not in _REDUCTIONS:
            raise ValueError(
                f"Unknown reduction {reduction!r} of the loss {name or type(self).__name__}."
                f" Known: {', '.join(map(repr, _REDUCTIONS))}."
            )
        self.name = name or auto_name(type(self).__name__)
        self.reduction = reduction
        self._given_dtype = dtype
        self.dtype = compute_dtype(dtype)

    def call(self, y_true, y_pred):
        """Values by sample (and place, if there are more axes): the loss before reduction."""
        raise NotImplementedError(f"Loss {type(self).__name__} has no `call` method.")

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss.

        Args:
            y_true: targets.
            y_pred: predictions. Places that its mask excludes count as weight 0, and means are
                over the others.
            sample_weight: numbers that the values are multiplied by: a shape that begins as
                that of the values, (batch,) or (batch, places, ...).

        Returns:
            A scalar tensor; with reduction None, the weighted values.
        """
        mask = get_mask(y_pred) if any_masks() else None
        y_pred = _converted(y_pred, self.dtype)
        y_true = _converted(y_true, None if self._keeps_label_dtype else self.dtype)
        values = self.call(y_true, y_pred)
        if any_masks():
            mask = _both(mask, get_mask(values))
        return reduce_weighted(values, sample_weight, mask, self.reduction)

    # ---- checks, asked by the trainer before the first step ----

    def check_shapes(self, y_shape, pred_shape, which="the output"):
        """Raise a ValueError if targets of a shape cannot be compared with the predictions."""

    def check_values(self, y, pred_shape):
        """Raise a ValueError if a NumPy array of targets has values that the loss cannot take."""

    # ---- config ----

    def get_config(self):
        config = {"name": self.name, "reduction": self.reduction}
        if self._given_dtype is not None:
            config["dtype"] = self.dtype
        return config

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} {self.get_config()}>"


class LossFunctionWrapper(Loss):
    """A loss from a function of (y_true, y_pred), which gets reduction and sample weights.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)` returns values by sample.
        reduction, name, dtype: as of `Loss`; the name is the function's by default.
        **kwargs: more arguments for each call of fn.

    fn gets float tensors; where their ranks differ by a last axis of size 1, they are made equal.

    >>> from keraslite import losses, ops
    >>> loss = losses.LossFunctionWrapper(lambda y, p: ops.abs(y - p), reduction="sum", name="l1")
    >>> float(loss([1.0, 2.0], [0.0, 0.0]))
    3.0
    """

    _any_config = True  # the config holds arguments of fn too

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        name = name or getattr(fn, "__name__", None)
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true, y_pred):
        if hasattr(y_true, "shape") and hasattr(y_pred, "shape"):
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        from keraslite.saving import serialize_keras_object

        return {
            **super().get_config(),
            "fn": serialize_keras_object(self.fn),
            **{key: serialize_keras_object(v) for key, v in self._fn_kwargs.items()},
        }

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        from keraslite.saving import deserialize_keras_object

        kept = ("name", "reduction", "dtype")
        return cls(**{k: v if k in kept else deserialize_keras_object(v)
                      for k, v in config.items()})  # fmt: skip


class NamedLoss(LossFunctionWrapper):
    """A loss of keraslite's own, whose config holds its arguments and not its function."""

    def call(self, y_true, y_pred):
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        return {**Loss.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(**config)

    def check_shapes(self, y_shape, pred_shape, which="the output"):
        checks.check_same_shape(self, y_shape, pred_shape, which)


def compute_dtype(dtype):
    """The dtype name to compute in, for what users give as `dtype`: None, a name, or a policy."""
    if dtype is None:
        return config.floatx()
    return standardize_dtype(getattr(dtype, "compute_dtype", dtype))


def _converted(x, dtype):
    """A tensor (or, for losses over several tensors, a nest of them) in a dtype."""
    if isinstance(x, dict) or (isinstance(x, (list, tuple)) and x and hasattr(x[0], "shape")):
        return optree.tree_map(lambda one: _converted(one, dtype), x)
    x = tensor(x)
    return x if dtype is None else tensor(x, dtype)


def _both(mask, other):
    """Where both masks hold; None is everywhere."""
    if mask is None or other is None:
        return other if mask is None else mask
    return context.backend.logical_and(mask, other)
