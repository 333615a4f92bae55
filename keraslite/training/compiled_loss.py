"""The losses given to `compile`, summed over a model's outputs."""

from keraslite import losses, ops
from keraslite.core import tracking
from keraslite.metrics import Mean
from keraslite.training import outputs


class CompiledLoss:
    """loss(y, y_pred, sample_weight) over all outputs, weighted.

    Args:
        loss: loss, name, function, or a list or dict of them by output (None: no loss there).
        weights: number, list or dict of numbers, or None.
        names: names of the model's outputs, if known.

    Attributes:
        trackers: a Mean metric for each output's own loss, if there are several.
    """

    def __init__(self, loss, weights=None, names=None):
        self._loss = loss
        self._weights = weights
        self._given_names = names
        self.names = None
        self.trackers = []

    def build(self, y_pred):
        """Match losses and weights with the outputs; `y_pred` may be symbolic."""
        self.names = names = outputs.output_names(y_pred, self._given_names)
        if isinstance(self._loss, (list, tuple, dict)):
            given = outputs.as_list(self._loss, names, "loss")
        else:
            given = [self._loss] * len(names)
        self.losses = [losses.as_loss(one) for one in given]
        weights = outputs.as_list(self._weights, names, "loss_weights")
        self.weights = [None if w is None else float(w) for w in weights]
        if sum(loss is not None for loss in self.losses) > 1:
            self.trackers = [
                Mean(name=f"{n}_loss") if f is not None else None
                for n, f in zip(names, self.losses)
            ]
            tracking.changed()  # the model's list of metrics is longer now

    def terms(self, y, y_pred, sample_weight):
        """(number, loss, target, prediction, weight) for each output that has a loss."""
        if self.names is None:
            self.build(y_pred)
        predictions = outputs.outputs_list(y_pred)
        targets = outputs.targets_list(y, self.names)
        weights = _weights_list(sample_weight, self.names)
        rows = zip(range(len(predictions)), self.losses, targets, predictions, weights)
        for number, loss, target, prediction, weight in rows:
            if loss is None:
                continue
            if target is None:
                raise ValueError(
                    f"The loss {getattr(loss, 'name', loss)!r} needs targets, but y is None"
                    + (f" for output {self.names[number]!r}." if len(self.names) > 1 else ".")
                )
            yield number, loss, target, prediction, weight

    def __call__(self, y, y_pred, sample_weight=None):
        """The total; None if no output has a loss. Updates the trackers of the single losses."""
        total = None
        for number, loss, target, prediction, weight in self.terms(y, y_pred, sample_weight):
            value = loss(target, prediction, sample_weight=weight)
            if self.trackers:
                rows = ops.shape(prediction)[0]
                self.trackers[number].update_state(ops.stop_gradient(value), sample_weight=rows)
            if self.weights[number] is not None:
                value = value * self.weights[number]
            total = value if total is None else total + value
        return total

    def check(self, y, y_pred, sample_weight):
        """Raise a ValueError if a target's shape does not fit its output's."""
        for number, loss, target, prediction, _ in self.terms(y, y_pred, sample_weight):
            if hasattr(loss, "check_shapes"):
                which = f"output {self.names[number]!r}" if len(self.names) > 1 else "the output"
                loss.check_shapes(tuple(target.shape), tuple(prediction.shape), which)

    def check_values(self, y, y_pred, sample_weight):
        """Raise a ValueError if targets on the host are out of the range that a loss takes."""
        for _, loss, target, prediction, _ in self.terms(y, y_pred, sample_weight):
            if hasattr(loss, "check_values"):
                loss.check_values(target, tuple(prediction.shape))


def _weights_list(sample_weight, names):
    """Sample weights by output: one array serves all outputs."""
    if isinstance(sample_weight, (dict, list, tuple)):
        return outputs.as_list(sample_weight, names, "sample_weight")
    return [sample_weight] * len(names)
