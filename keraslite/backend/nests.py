"""Nests of tensors: tuples, lists, dicts and other containers in one another."""

import optree


def map_nest(fn, nest):
    """The nest with `fn(leaf)` in place of each leaf; None stays.

    Tensors in tuples and lists, as most nests are, are found by hand: many times as fast.
    """
    if nest is None:
        return None
    if hasattr(nest, "dtype"):
        return fn(nest)
    if type(nest) is tuple or type(nest) is list:
        return type(nest)([map_nest(fn, x) for x in nest])
    return optree.tree_map(fn, nest)


def signature(nest):
    """(leaves, key) of a nest of tensors or arrays; the key holds its structure, shapes, dtypes."""
    leaves, structure = optree.tree_flatten(nest)
    return leaves, (structure, *[(x.shape, x.dtype) for x in leaves])
