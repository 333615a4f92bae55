"""Masks of tensors: which time steps count.

Engines' arrays take no attributes, so masks stand in a table beside them, by identity, and go when
their tensor goes.
"""

import weakref

_masks = {}


def set_mask(tensor, mask):
    """Attach a bool mask to a tensor; None attaches nothing."""
    if mask is None:
        return
    key = id(tensor)
    _masks[key] = (weakref.ref(tensor, lambda _: _masks.pop(key, None)), mask)


def get_mask(tensor):
    """The mask attached to a tensor, or None."""
    if not _masks:
        return None
    entry = _masks.get(id(tensor))
    return entry[1] if entry is not None and entry[0]() is tensor else None


def any_masks():
    """True if any tensor alive has a mask; models without masks pay for this check alone."""
    return bool(_masks)
