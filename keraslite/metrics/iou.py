"""Intersection over union, for segmentation."""

from keraslite.backend.context import context
from keraslite.config import epsilon
from keraslite.losses.reduction import aligned
from keraslite.metrics.metric import Metric
from keraslite.ops.dispatch import tensor


class IoU(Metric):
    """Mean over some classes of true positives / (true positives + all mistaken).

    Args:
        num_classes: number of classes.
        target_class_ids: classes to take the mean over; those that occur nowhere are left out.
        name, dtype: as of `Metric`.
        ignore_class: label of places that do not count.
        sparse_y_true, sparse_y_pred: whether they are integer labels, or scores along `axis`.
        axis: of the scores.

    >>> from keraslite import metrics
    >>> m = metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(m([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None,
        sparse_y_true=True, sparse_y_pred=True, axis=-1,
    ):  # fmt: skip
        super().__init__(dtype, name)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"target_class_ids of {self.name} must be below num_classes, {num_classes}, found"
                f" {max(target_class_ids)}."
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_confusion_matrix = self.add_variable(
            (num_classes, num_classes), "zeros", name="total_confusion_matrix"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: labels, or scores along the class axis; weights of the labels' shape."""
        labels = self._labels(y_true, self.sparse_y_true)
        self._add_pairs(labels, self._labels(y_pred, self.sparse_y_pred), sample_weight)

    def _labels(self, y, sparse):
        y = tensor(y)
        return tensor(y if sparse else context.backend.argmax(y, self.axis), "int32")

    def _add_pairs(self, y_true, y_pred, sample_weight):
        backend, classes = context.backend, self.num_classes
        flat_true, flat_pred = (backend.reshape(v, (-1,)) for v in (y_true, y_pred))
        weight = backend.cast(backend.ones_like(flat_true), self.dtype)
        if sample_weight is not None:
            given = aligned(tensor(tensor(sample_weight), self.dtype), y_true)
            shape = backend.shape(y_true)
            weight = backend.reshape(backend.broadcast_to(given, shape), (-1,))
        if self.ignore_class is not None:
            counted = backend.not_equal(flat_true, self.ignore_class)
            flat_true = backend.where(counted, flat_true, 0)
            weight = backend.where(counted, weight, backend.zeros_like(weight))
        empty = backend.zeros((classes * classes,), self.dtype)
        matrix = backend.scatter_add(empty, flat_true * classes + flat_pred, weight)
        total = self.total_confusion_matrix
        total.assign_add(backend.reshape(matrix, (classes, classes)))

    def result(self):
        backend = context.backend
        matrix = tensor(self.total_confusion_matrix.value, "float32")
        hits = backend.sum(
            matrix * backend.eye(self.num_classes, self.num_classes, 0, "float32"), 0
        )
        union = backend.sum(matrix, 0) + backend.sum(matrix, 1) - hits
        chosen = backend.asarray(self.target_class_ids, "int32")
        hits, union = backend.take(hits, chosen, 0), backend.take(union, chosen, 0)
        occurs = backend.cast(backend.greater(union, 0), "float32")
        score = backend.sum(occurs * hits / (union + epsilon()))
        return score / (backend.sum(occurs) + epsilon())

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names):
        return {key: value for key, value in IoU.get_config(self).items() if key not in names}


class BinaryIoU(IoU):
    """`IoU` of two classes, for predictions that are above a threshold or not.

    >>> from keraslite import metrics
    >>> float(metrics.BinaryIoU()([0, 1, 1], [0.1, 0.8, 0.2]))
    0.5
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: targets 0 and 1, and predictions, of one shape."""
        above = context.backend.greater_equal(tensor(tensor(y_pred), "float32"), self.threshold)
        super().update_state(y_true, context.backend.cast(above, "int32"), sample_weight)

    def get_config(self):
        kept = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**self._config_without(*kept), "threshold": self.threshold}


class MeanIoU(IoU):
    """`IoU` with the mean over all classes.

    >>> from keraslite import metrics
    >>> round(float(metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_true=True,
        sparse_y_pred=True, axis=-1,
    ):  # fmt: skip
        super().__init__(
            num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true,
            sparse_y_pred, axis,
        )  # fmt: skip

    def get_config(self):
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """`IoU` for one-hot targets, and scores as predictions.

    >>> from keraslite import metrics
    >>> metric = metrics.OneHotIoU(num_classes=2, target_class_ids=[1])
    >>> round(float(metric([[0, 1], [1, 0]], [[0.1, 0.9], [0.4, 0.6]])), 4)
    0.5
    """

    def __init__(
        self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None,
        sparse_y_pred=False, axis=-1,
    ):  # fmt: skip
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self):
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` for one-hot targets, and scores as predictions.

    >>> from keraslite import metrics
    >>> float(metrics.OneHotMeanIoU(2)([[0, 1], [1, 0]], [[0.1, 0.9], [0.4, 0.6]]))
    0.25
    """

    def __init__(
        self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        return self._config_without("target_class_ids", "sparse_y_true")
