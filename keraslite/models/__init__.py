"""Models: Sequential, functional and subclassed; cloning, saving and loading."""

from keraslite.models.cloning import clone_model
from keraslite.models.functional import Functional
from keraslite.models.model import Model
from keraslite.models.sequential import Sequential
from keraslite.saving.files import load_model, save_model
from keraslite.saving.models import model_from_json

__all__ = [
    "Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json",
    "save_model",
]  # fmt: skip
