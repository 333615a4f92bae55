"""Metrics: what is watched while a model trains, over many batches."""

import inspect

from keraslite.core.registry import Family
from keraslite.metrics.accuracies import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from keraslite.metrics.means import Mean, MeanMetricWrapper, Sum
from keraslite.metrics.metric import Metric
from keraslite.metrics.pointwise import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CosineSimilarity,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
)

_classes = [
    Accuracy, BinaryAccuracy, BinaryCrossentropy, CategoricalAccuracy, CategoricalCrossentropy,
    CosineSimilarity, KLDivergence, LogCoshError, Mean, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
    RootMeanSquaredError, SparseCategoricalAccuracy, SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy, Sum, TopKCategoricalAccuracy,
]  # fmt: skip
_short = {
    "bce": BinaryCrossentropy, "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError, "msle": MeanSquaredLogarithmicError, "rmse": RootMeanSquaredError,
}  # fmt: skip
_family = Family(
    "metric", _classes, {**_short, **{name.upper(): cls for name, cls in _short.items()}}
)


def get(identifier):
    """A metric from a name, class, config or object; a function becomes the mean of its values.

    Raises ValueError for an unknown name, with the nearest match.

    >>> from keraslite import metrics
    >>> metrics.get("mse").name
    'mean_squared_error'
    """
    found = _family.get(identifier)
    return MeanMetricWrapper(found) if inspect.isfunction(found) else found


serialize = _family.serialize
deserialize = _family.deserialize
