"""The metrics given to `compile`, for a model's outputs."""

from keraslite import metrics as all_metrics
from keraslite.core import tracking
from keraslite.training import outputs


class CompiledMetrics:
    """Metrics by output, updated together.

    Args:
        metrics, weighted_metrics: metric, name or function, or lists or dicts of (lists of) them.
            Weighted ones get the sample weights.
        names: names of the model's outputs, if known.
    """

    def __init__(self, metrics=None, weighted_metrics=None, names=None):
        self._given = ((metrics, False), (weighted_metrics, True))
        self._given_names = names
        self.names = None
        self._rows = []  # (metric, prefix of its name in logs, output number, weighted)

    @property
    def metrics(self):
        """The metric objects."""
        return [row[0] for row in self._rows]

    def build(self, y, y_pred):
        """Match metrics with the outputs; "accuracy" and "crossentropy" choose by shape."""
        self.names = names = outputs.output_names(y_pred, self._given_names)
        targets = outputs.targets_list(y, names)
        predictions = outputs.outputs_list(y_pred)
        for given, weighted in self._given:
            for number, one in enumerate(_by_output(given, names)):
                for metric in one:
                    made = resolve(metric, targets[number], predictions[number])
                    if hasattr(made, "build_from_shapes") and targets[number] is not None:
                        shapes = targets[number].shape, predictions[number].shape
                        made.build_from_shapes(*map(tuple, shapes))
                    prefix = f"{names[number]}_" if len(names) > 1 else ""
                    self._rows.append((made, prefix, number, weighted))
        tracking.changed()  # the model's list of metrics is longer now

    def update_state(self, y, y_pred, sample_weight=None):
        """Let each metric see its output of a batch."""
        if self.names is None:
            self.build(y, y_pred)
        if not self._rows:
            return
        targets = outputs.targets_list(y, self.names)
        predictions = outputs.outputs_list(y_pred)
        weights = outputs.as_list(sample_weight, self.names, "sample_weight")
        for metric, _, number, weighted in self._rows:
            if targets[number] is None:
                continue
            weight = weights[number] if weighted else None
            metric.update_state(targets[number], predictions[number], sample_weight=weight)

    def result(self):
        """{name: scalar tensor}; a name that comes twice is numbered, or marked as weighted."""
        found = {}
        for metric, prefix, _, weighted in self._rows:
            name = prefix + metric.name
            if weighted and name in found:
                name = f"{prefix}weighted_{metric.name}"
            base, count = name, 1
            while name in found:
                name, count = f"{base}_{count}", count + 1
            value = metric.result()
            found.update(value if isinstance(value, dict) else {name: value})
        return found


def _by_output(given, names):
    """Metrics as one list for each output."""
    if given is None:
        return [[] for _ in names]
    if isinstance(given, dict):
        found = outputs.as_list(given, names, "metrics")
    elif len(names) == 1:
        found = [given[0] if isinstance(given, (list, tuple)) and len(given) == 1 and isinstance(
            given[0], (list, tuple)) else given]  # fmt: skip
    elif isinstance(given, (list, tuple)) and len(given) == len(names):
        found = list(given)
    else:
        raise ValueError(
            f"metrics must be a list or dict with an entry for each of the outputs {names}; found"
            f" {given!r}."
        )
    return [list(m) if isinstance(m, (list, tuple)) else [] if m is None else [m] for m in found]


def resolve(metric, y, y_pred):
    """A Metric object; "accuracy", "acc", "crossentropy" and "ce" choose by the shapes."""
    if metric in ("accuracy", "acc", "crossentropy", "ce"):
        accuracy = metric in ("accuracy", "acc")
        name = str(metric)
        if y_pred.shape[-1:] == (1,) or len(y_pred.shape) < 2:
            kind = "BinaryAccuracy" if accuracy else "BinaryCrossentropy"
        elif y is None or len(y.shape) < len(y_pred.shape) or y.shape[-1] == 1:
            kind = "SparseCategoricalAccuracy" if accuracy else "SparseCategoricalCrossentropy"
        else:
            kind = "CategoricalAccuracy" if accuracy else "CategoricalCrossentropy"
        return getattr(all_metrics, kind)(name=name)
    made = all_metrics.get(metric)
    if isinstance(metric, str):
        made.name = metric  # "mae" in compile is "mae" in the logs
    return made
