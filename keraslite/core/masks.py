"""Masks of tensors: which time steps count.

Engines' arrays take no attributes, so masks stand in a table beside them, by identity, and go when
their tensor goes. A KerasTensor holds its own.
"""

import weakref

from keraslite.backend.context import context
from keraslite.core.keras_tensor import KerasTensor

_masks = {}


def set_mask(tensor, mask):
    """Attach a bool mask to a tensor; None attaches nothing."""
    if mask is None:
        return
    if type(tensor) is KerasTensor:
        tensor._mask = mask
        return
    key = id(tensor)
    _masks[key] = (weakref.ref(tensor, lambda _: _masks.pop(key, None)), mask)


def get_mask(tensor):
    """The mask attached to a tensor, or None."""
    if type(tensor) is KerasTensor:
        return tensor._mask
    if not _masks:
        return None
    entry = _masks.get(id(tensor))
    return entry[1] if entry is not None and entry[0]() is tensor else None


def any_masks():
    """True if a tensor may have a mask; models without masks pay for this check alone."""
    return bool(_masks) or context.backend.is_abstract


def renewed(tensor):
    """A KerasTensor like this one, with its mask and without its history."""
    new = KerasTensor(tensor.shape, tensor.dtype)
    new._mask = tensor._mask
    return new
