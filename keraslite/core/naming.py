"""Names: automatic ones for layers and variables, and look-ups that suggest the nearest match."""

import collections
import difflib
import gc
import re
import threading
from typing import Any

_WORD_START = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
_counts = collections.Counter()
_lock = threading.Lock()


def find(name, table, kind) -> Any:
    """`table[name]`, or a ValueError that names the nearest known name.

    Args:
        name: a key.
        table: mapping from names to anything.
        kind: what the table holds, in the singular, for the message ("activation").

    >>> find("rleu", {"relu": 1, "tanh": 2}, "activation")
    Traceback (most recent call last):
    ...
    ValueError: Unknown activation 'rleu'. Did you mean 'relu'? Known: relu, tanh.
    """
    try:
        return table[name]
    except (KeyError, TypeError):  # TypeError: not hashable
        pass
    raise ValueError(
        f"Unknown {kind} {name!r}.{suggestion(name, table)} Known:"
        f" {', '.join(sorted(map(str, table)))}."
    ) from None


def suggestion(name, known):
    """A question that ends a message, with the known name that is nearest; or nothing."""
    folded = {str(one).lower(): one for one in known}
    near = difflib.get_close_matches(str(name).lower(), folded, n=1)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""


def to_snake_case(name):
    """A class name in lower case with underscores.

    >>> to_snake_case("GlobalMaxPooling1D")
    'global_max_pooling1d'
    """
    return _WORD_START.sub("_", re.sub(r"\W", "", name)).lower()


def uniquify(name):
    """`name` the first time, then `name_1`, `name_2`, ... until `clear_session()`."""
    with _lock:
        count = _counts[name]
        _counts[name] += 1
    return f"{name}_{count}" if count else name


def auto_name(prefix):
    """A new name for an object of class `prefix`: dense, dense_1, ..."""
    return uniquify(to_snake_case(prefix))


def get_uid(prefix=""):
    """How often a name was asked for, this time included: 1, 2, ..."""
    with _lock:
        _counts[prefix] += 1
        return _counts[prefix]


def clear_session(free_memory=True):
    """Start automatic names anew; with `free_memory`, also collect what nothing refers to.

    Call it between models built in a loop: the second model then gets the names, and with them
    the initial weights, of the first.
    """
    with _lock:
        _counts.clear()
    if free_memory:
        gc.collect()
