"""Variables' values as arguments and results, for pure functions in the style of JAX."""

import contextlib


@contextlib.contextmanager
def holding(variables, values, owner):
    """`with holding(...):` Variables hold other values, engine tensors, inside and their own after.

    Raises ValueError, which names the owner, if the numbers differ.
    """
    values = list(values)
    if len(values) != len(variables):
        raise ValueError(f"{owner} has {len(variables)} variables, found {len(values)} values.")
    kept = [v._value for v in variables]
    try:
        for variable, value in zip(variables, values):
            variable._value = value
        yield
    finally:
        for variable, value in zip(variables, kept):
            variable._value = value


def values_of(variables):
    """The tensors that Variables hold now."""
    return [v.backend.read(v._value) for v in variables]
