"""keraslite: one Keras-style API over NumPy, PyTorch, JAX and TensorFlow, with the same numbers.

`import keraslite as keras` runs Keras 3 code; `KERASLITE_BACKEND=torch` changes the engine.
Importing it imports no engine: the first model or operation does.
"""

import importlib

from keraslite.loading import uncollected

with uncollected():
    from keraslite import (
        activations,
        backend,
        callbacks,
        config,
        constraints,
        dtype_policies,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        random,
        regularizers,
        utils,
    )
    from keraslite.backend.registry import device, use_backend
    from keraslite.core.input_spec import InputSpec
    from keraslite.core.keras_tensor import KerasTensor
    from keraslite.core.variable import Variable
    from keraslite.dtype_policies import DTypePolicy
    from keraslite.initializers import Initializer
    from keraslite.layers import Input, Layer
    from keraslite.losses import Loss
    from keraslite.metrics import Metric
    from keraslite.models import Model, Sequential
    from keraslite.optimizers import Optimizer
    from keraslite.regularizers import Regularizer
    from keraslite.version import __version__

_LATE = ("datasets", "preprocessing", "saving")


def version():
    """The version of keraslite."""
    return __version__


def __getattr__(name):
    """Import on first use what most programs do not need."""
    if name in _LATE:
        try:
            return importlib.import_module(f"keraslite.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"keraslite.{name}":
                raise
    raise AttributeError(f"module 'keraslite' has no attribute {name!r}")


__all__ = [
    "DTypePolicy", "Initializer", "Input", "InputSpec", "KerasTensor", "Layer", "Loss", "Metric",
    "Model", "Optimizer", "Regularizer", "Sequential", "Variable", "activations", "backend",
    "callbacks", "config", "constraints", "datasets", "device", "dtype_policies", "initializers",
    "layers", "losses", "metrics", "models", "ops", "optimizers", "preprocessing", "random",
    "regularizers", "saving", "use_backend", "utils", "version",
]  # fmt: skip
