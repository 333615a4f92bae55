"""Checks of layers' arguments that several layers share."""


def positive_int(value, name, layer):
    """`value` as an int; ValueError that names layer and argument if it is not a positive one."""
    if isinstance(value, bool) or (not isinstance(value, int) and not hasattr(value, "__index__")):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r}: {name} must be a positive int, found"
            f" {value!r}."
        )
    if int(value) <= 0:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r}: {name} must be a positive int, found {value}."
        )
    return int(value)


def tuple_of(value, rank, name, layer, allow_zero=False) -> tuple[int, ...]:
    """`value`, an int or `rank` ints, as a tuple of `rank` positive ints."""
    items = (value,) * rank if isinstance(value, int) else value
    try:
        items = tuple(int(item) for item in items)
    except (TypeError, ValueError):
        items = ()
    least = 0 if allow_zero else 1
    if len(items) != rank or any(item < least for item in items):
        kind = "non-negative" if allow_zero else "positive"
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r}: {name} must be a {kind} int or {rank} of them,"
            f" found {value!r}."
        )
    return items


def rate(value, name, layer):
    """`value` as a float in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r}: {name} must be a number in [0, 1], found"
            f" {value!r}."
        )
    return float(value)


def one_of(value, allowed, name, layer):
    """`value`, lower-cased, if it is among `allowed`."""
    found = str(value).lower()
    if found not in allowed:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r}: {name} must be one of {allowed}, found"
            f" {value!r}."
        )
    return found
