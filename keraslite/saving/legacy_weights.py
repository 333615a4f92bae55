"""Lists of weights in legacy `.h5` files: arrays in groups, their order in attributes."""

import collections

import numpy as np

from keraslite.saving.h5_files import Mismatch, checked_dataset, read_array, write_array

_ATTRIBUTE_LIMIT = 64512  # bytes; longer lists of names are split over numbered attributes


def write_names(group, attribute, names):
    """Write a list of names into an attribute, or several if it is long."""
    names = [name.encode("utf8") for name in names]
    longest = max(map(len, names), default=1)
    count = max(1, _ATTRIBUTE_LIMIT // longest)
    if len(names) <= count:
        group.attrs[attribute] = np.array(names, f"S{longest}")
        return
    for number, start in enumerate(range(0, len(names), count)):
        group.attrs[f"{attribute}{number}"] = np.array(names[start : start + count], f"S{longest}")


def read_names(group, attribute):
    """The inverse of `write_names`."""
    chunks = []
    if attribute in group.attrs:
        chunks.append(group.attrs[attribute])
    while f"{attribute}{len(chunks)}" in group.attrs:
        chunks.append(group.attrs[f"{attribute}{len(chunks)}"])
    names = [name for chunk in chunks for name in chunk]
    return [name.decode("utf8") if isinstance(name, bytes) else str(name) for name in names]


def write_weight_list(group, variables):
    """Write variables in order, each under its path; equal paths are numbered."""
    used, names = collections.Counter(), []
    for variable in variables:
        count = used[variable.path]
        used[variable.path] += 1
        names.append(f"{variable.path}_{count}" if count else variable.path)
        write_array(group, names[-1], variable.numpy())
    write_names(group, "weight_names", names)


def datasets_of(group):
    """The datasets of a group in the order of its weights; no values are read."""
    return [checked_dataset(group, name) for name in read_names(group, "weight_names")]


def values_for(variables, datasets):
    """Arrays for variables, in order. Mismatch says what was expected and found."""
    if len(datasets) != len(variables):
        raise Mismatch(f"expected {len(variables)} weights, found {len(datasets)}")
    for variable, dataset in zip(variables, datasets):
        if dataset.shape != variable.shape:
            raise Mismatch(
                f"expected shape {variable.shape} for {variable.path!r}, found {dataset.shape}"
            )
    return [read_array(dataset) for dataset in datasets]
