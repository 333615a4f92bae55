"""Losses: what training minimizes."""

from keraslite.core.registry import Family as _Family
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
from keraslite.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
)
from keraslite.losses.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from keraslite.losses.loss import Loss, LossFunctionWrapper
from keraslite.losses.overlap import Dice, Tversky, dice, tversky
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
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
    categorical_hinge: CategoricalHinge,
    cosine_similarity: CosineSimilarity,
    dice: Dice,
    hinge: Hinge,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    squared_hinge: SquaredHinge,
    tversky: Tversky,
}
_short = {
    "bce": binary_crossentropy, "kld": kl_divergence, "logcosh": log_cosh,
    "mae": mean_absolute_error, "mape": mean_absolute_percentage_error, "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}  # fmt: skip
_family = _Family(
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
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge",
    "CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence", "LogCosh", "Loss",
    "LossFunctionWrapper", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge",
    "Tversky", "as_loss", "binary_crossentropy", "binary_focal_crossentropy",
    "categorical_crossentropy", "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy", "categorical_hinge", "cosine_similarity",
    "deserialize", "dice", "get", "hinge", "huber", "kl_divergence", "log_cosh",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "poisson", "serialize", "sparse_categorical_crossentropy",
    "squared_hinge", "tversky",
]  # fmt: skip
