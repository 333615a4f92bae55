"""Importing modules without garbage collection in between."""

import contextlib
import gc


@contextlib.contextmanager
def uncollected():
    """Pause the garbage collector for a block that imports.

    Modules hardly make garbage, but so many objects that a full collection falls due: 75 ms of 130
    where torch is loaded already.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
