"""Sums and means of values by sample."""

from keraslite.backend.context import context
from keraslite.core.masks import any_masks, get_mask
from keraslite.losses.functions import same_rank
from keraslite.losses.reduction import aligned, as_number, divide_no_nan, mask_weight
from keraslite.metrics.metric import Metric, prediction
from keraslite.ops.dispatch import tensor


class Mean(Metric):
    """Mean of values, weighted by `sample_weight`.

    Axes of the values behind the first (behind those of the weights, if there are weights) are
    averaged, so that each sample counts once.

    >>> from keraslite import metrics
    >>> m = metrics.Mean()
    >>> m.update_state([1.0, 3.0], sample_weight=[1.0, 3.0])
    >>> float(m.result())
    2.5
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values, sample_weight=None):
        """Add values: a number, or a tensor (samples, ...), and weights (samples, ...).

        Beside weights, a mask of the values counts: as weight 0 where it excludes.
        """
        backend = context.backend
        mask = _mask_of(values)
        values = tensor(values, self.dtype)
        rank = len(values.shape)
        if sample_weight is not None and type(sample_weight) is not int:
            weight = aligned(tensor(sample_weight, self.dtype), values)
            sample_weight = _masked(weight, mask, values)
            if len(sample_weight.shape):
                if not rank:
                    raise ValueError(
                        f"{self.name} got weights of shape {tuple(sample_weight.shape)} for one"
                        " value. Give targets and predictions a last axis: (samples, 1)."
                    )
                self._add_weighted(values, sample_weight)
                return
        if rank == 0 or sample_weight is not None:
            total = backend.mean(values) if rank else values
            count = 1 if sample_weight is None else sample_weight
            total = total if sample_weight is None else total * sample_weight
        else:
            total = backend.sum(backend.mean(values, _after_first(rank)) if rank > 1 else values)
            count = as_number(backend.shape(values)[0], self.dtype)
        self.total.assign_add(total)
        self.count.assign_add(count)

    def _add_weighted(self, values, weight):
        backend = context.backend
        rank = len(values.shape)
        values = values * weight
        if rank > 1:
            values = backend.mean(values, _after_first(rank))
            weight = backend.mean(weight, _after_first(rank))
        self.total.assign_add(backend.sum(values))
        self.count.assign_add(backend.sum(weight))

    def result(self):
        return divide_no_nan(self.total.value, self.count.value)


class Sum(Metric):
    """Sum of values, times `sample_weight`.

    >>> from keraslite import metrics
    >>> float(metrics.Sum()([1.0, 3.0]))
    4.0
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values, sample_weight=None):
        """Add values: a number, or a tensor (samples, ...), and weights (samples, ...)."""
        backend = context.backend
        mask = _mask_of(values)
        values = tensor(values, self.dtype)
        if sample_weight is not None:
            weight = aligned(tensor(sample_weight, self.dtype), values)
            values = values * _masked(weight, mask, values)
        self.total.assign_add(backend.sum(values))

    def result(self):
        return self.total.value


class MeanMetricWrapper(Mean):
    """Mean of what a function of (y_true, y_pred) gives by sample.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)` returns values by sample.
        name: name; default: the function's.
        dtype: as of `Metric`.
        **kwargs: more arguments for each call of fn.

    Where the ranks of targets and predictions differ by a last axis of size 1 they are made equal;
    targets of the predictions' shape get their dtype, labels keep theirs.

    >>> from keraslite import metrics, ops
    >>> m = metrics.MeanMetricWrapper(lambda y, p: ops.abs(y - p), name="l1")
    >>> float(m([1.0, 2.0], [0.0, 0.0]))
    1.5
    """

    _aligns = True  # whether fn, which may not do it itself, gets arguments that fit each other

    _any_config = True  # the config holds arguments of fn too

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        name = name or getattr(fn, "__name__", None) or getattr(fn, "name", None)
        super().__init__(name, dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch; weights have the shape of the function's values, or how it begins."""
        mask = _mask_of(y_pred)
        y_true, y_pred = tensor(y_true), prediction(y_pred, self.dtype)
        if self._aligns:
            y_true, y_pred = _comparable(y_true, y_pred)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        if mask is not None:
            values = tensor(values, self.dtype)
            weight = None
            if sample_weight is not None:
                weight = aligned(tensor(sample_weight, self.dtype), values)
            sample_weight = _masked(weight, mask, values)
        super().update_state(values, sample_weight)

    def get_config(self):
        from keraslite.saving import serialize_keras_object

        return {
            **super().get_config(),
            "fn": serialize_keras_object(self._fn),
            **{key: serialize_keras_object(v) for key, v in self._fn_kwargs.items()},
        }

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        from keraslite.saving import deserialize_keras_object

        kept = ("name", "dtype")
        return cls(**{k: v if k in kept else deserialize_keras_object(v)
                      for k, v in config.items()})  # fmt: skip


class NamedMean(MeanMetricWrapper):
    """A metric of keraslite's own, whose config holds its arguments and not its function."""

    _aligns = False

    def get_config(self):
        return {**Metric.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(**config)


def _mask_of(x):
    return get_mask(x) if any_masks() else None


def _masked(weight, mask, values):
    """Weights, 0 where a mask excludes; either may be None."""
    if mask is None:
        return weight
    share = mask_weight(mask, None, values)
    return share if weight is None else weight * share


def _comparable(y_true, y_pred):
    """Targets and predictions of one rank, and where they are of one shape, of one dtype."""
    y_true, y_pred = same_rank(y_true, y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1:] == y_pred.shape[-1:]:
        y_true = tensor(y_true, context.backend.dtype(y_pred))
    return y_true, y_pred


def _after_first(rank):
    return tuple(range(1, rank))
