"""Losses: what training minimizes."""

from keraslite.core.registry import Family
from keraslite.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from keraslite.losses.loss import Loss, LossFunctionWrapper
from keraslite.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)

_class_of = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    cosine_similarity: CosineSimilarity,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}
_short = {
    "bce": binary_crossentropy, "kld": kl_divergence, "logcosh": log_cosh,
    "mae": mean_absolute_error, "mape": mean_absolute_percentage_error, "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}  # fmt: skip
_family = Family(
    "loss",
    list(_class_of.values()),
    {
        **{fn.__name__: fn for fn in _class_of},
        **_short,
        **{name.upper(): fn for name, fn in _short.items()},
    },
)


def get(identifier):
    """A loss: a class name is made, a function's name gives the function, the rest stays.

    Raises ValueError for an unknown name, with the nearest match.

    >>> from keraslite import losses
    >>> losses.get("MeanSquaredError").name
    'mean_squared_error'
    >>> losses.get("mse") is losses.mean_squared_error
    True
    """
    return _family.get(identifier)


def as_loss(identifier):
    """What `get` gives as a Loss, with reduction and sample weights; None stays None.

    Functions of this module become their class; a user's function is wrapped.
    """
    found = get(identifier)
    if found is None or isinstance(found, Loss):
        return found
    made = _class_of.get(found)
    return made() if made is not None else LossFunctionWrapper(found)


def serialize(loss):
    """The JSON-ready form of a loss."""
    return _family.serialize(loss)


def deserialize(name, custom_objects=None):
    """The inverse of `serialize`; also takes a name."""
    return get(name) if isinstance(name, str) else _family.deserialize(name, custom_objects)


__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "CosineSimilarity", "Huber", "KLDivergence",
    "LogCosh", "Loss", "LossFunctionWrapper", "MeanAbsoluteError", "MeanAbsolutePercentageError",
    "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy",
    "as_loss", "binary_crossentropy", "categorical_crossentropy", "cosine_similarity",
    "deserialize", "get", "huber", "kl_divergence", "log_cosh", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error",
    "poisson", "serialize", "sparse_categorical_crossentropy",
]  # fmt: skip
