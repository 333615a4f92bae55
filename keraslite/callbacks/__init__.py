"""Callbacks: what happens around training, beside training."""

from keraslite.callbacks.callback import Callback
from keraslite.callbacks.callback_list import CallbackList
from keraslite.callbacks.early_stopping import EarlyStopping
from keraslite.callbacks.functions import LambdaCallback, LearningRateScheduler, TerminateOnNaN
from keraslite.callbacks.history import History
from keraslite.callbacks.model_checkpoint import ModelCheckpoint
from keraslite.callbacks.progress import ProgbarLogger

__all__ = [
    "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "ModelCheckpoint", "ProgbarLogger", "TerminateOnNaN",
]  # fmt: skip
