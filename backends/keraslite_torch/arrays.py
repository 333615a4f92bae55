"""Arrays on torch: conversion, dtypes, devices."""

import functools
import operator
import os

import ml_dtypes
import numpy as np
import torch

from keraslite.backend.context import context
from keraslite.backend.dtypes import ALLOWED, standardize_dtype

TORCH_DTYPES = {name: getattr(torch, name) for name in ALLOWED}
DTYPE_NAMES = {dtype: name for name, dtype in TORCH_DTYPES.items()}
_PYTHON_DTYPES = {bool: "bool", int: "int32", float: None}

_STORED_ONLY = (torch.uint16, torch.uint32, torch.uint64)


def computes_unsigned(op):
    """op, by way of int64 for the unsigned integers that torch stores but cannot compute with."""

    @functools.wraps(op)
    def call(*args, **kwargs):
        try:
            return op(*args, **kwargs)
        except NotImplementedError:
            narrow = next((d for d in map(_dtype, args) if d in _STORED_ONLY), None)
            if narrow is None:
                raise
            result = op(*(a.long() if _dtype(a) is narrow else a for a in args), **kwargs)
            return result.to(narrow) if result.dtype is torch.int64 else result

    return call


def _dtype(x):
    return getattr(x, "dtype", None)


def _torch_device(name):
    """ "cuda" as "cuda:0", so that devices compare equal to those of tensors."""
    kind, _, number = name.lower().replace("gpu", "cuda").partition(":")
    return torch.device(kind) if kind == "cpu" else torch.device(kind, int(number or 0))


class Arrays:
    def __init__(self):
        accelerators = ["cuda", *(f"cuda:{i}" for i in range(1, torch.cuda.device_count()))]
        names = ["cpu"] if not torch.cuda.is_available() else [*accelerators, "cpu"]
        wanted = os.environ.get("KERASLITE_DEVICE", names[0]).lower()
        wanted = wanted.replace("gpu", "cuda").removesuffix(":0")
        if wanted not in names:
            raise ValueError(
                f"KERASLITE_DEVICE is {wanted!r}, which the torch backend does not have here."
                f" Devices: {', '.join(names)}."
            )
        self._names = [wanted, *(n for n in names if n != wanted)]
        self._devices = {n: _torch_device(n or wanted) for n in (None, *self._names)}

    def _device(self):
        """The active torch.device."""
        return self._devices[context.device]

    def device_names(self):
        return list(self._names)

    def set_matmul_precision(self, value):
        allowed = value != "highest"
        torch.backends.cuda.matmul.allow_tf32 = allowed
        torch.backends.cudnn.allow_tf32 = allowed

    def synchronize(self):
        if self._device().type == "cuda":
            torch.cuda.synchronize(self._device())

    def asarray(self, x, dtype=None):
        wanted = None if dtype is None else TORCH_DTYPES[dtype]
        device = self._devices[context.device]
        if isinstance(x, torch.Tensor):
            return x if x.dtype is wanted and x.device == device else x.to(device, wanted)
        if isinstance(x, (bool, int, float)):
            if wanted is None:
                wanted = TORCH_DTYPES[standardize_dtype(_PYTHON_DTYPES[type(x)])]
            return torch.full((), x, dtype=wanted, device=device)
        if isinstance(x, (list, tuple)):
            return self._from_list(x, dtype)
        tensor = _from_numpy(np.asarray(x))
        return tensor if wanted is None and device.type == "cpu" else tensor.to(device, wanted)

    def _from_list(self, x, dtype):
        if any(map(_holds_tensor, x)):
            return torch.stack([self.asarray(item, dtype) for item in x])
        array = np.asarray(x)
        if dtype is None and not any(map(_holds_array, x)):  # Python numbers: the default dtypes
            dtype = {"f": standardize_dtype(None), "i": "int32"}.get(array.dtype.kind)
        return self.asarray(array, dtype)

    def to_numpy(self, x):
        tensor = x.detach()
        if tensor.dtype is torch.bfloat16:
            return tensor.cpu().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        array = tensor.cpu().numpy()
        # A variable's storage is written in place later; what the caller holds must not change.
        return array.copy() if isinstance(x, torch.nn.Parameter) else array

    def is_tensor(self, x):
        return isinstance(x, torch.Tensor)

    def dtype(self, x):
        return DTYPE_NAMES[x.dtype]

    shape = staticmethod(operator.attrgetter("shape"))  # a torch.Size is a tuple
    ndim = staticmethod(operator.attrgetter("ndim"))

    def cast(self, x, dtype):
        return x.to(TORCH_DTYPES[dtype])

    def full(self, shape, value, dtype):
        return torch.full(shape, value, dtype=TORCH_DTYPES[dtype], device=self._device())

    def arange(self, start, stop, step, dtype):
        if dtype in ("uint16", "uint32", "uint64"):
            return self.cast(self.arange(start, stop, step, "int64"), dtype)
        return torch.arange(start, stop, step, dtype=TORCH_DTYPES[dtype], device=self._device())

    def zeros(self, shape, dtype):
        return torch.zeros(shape, dtype=TORCH_DTYPES[dtype], device=self._device())

    def ones(self, shape, dtype):
        return torch.ones(shape, dtype=TORCH_DTYPES[dtype], device=self._device())

    zeros_like = staticmethod(torch.zeros_like)
    ones_like = staticmethod(torch.ones_like)


def _holds_tensor(x):
    if isinstance(x, (list, tuple)):
        return any(map(_holds_tensor, x))
    return isinstance(x, torch.Tensor)


def _holds_array(x):
    if isinstance(x, (list, tuple)):
        return any(map(_holds_array, x))
    return isinstance(x, (np.ndarray, np.generic))


def _from_numpy(array):
    """A tensor that shares the array's memory where torch can."""
    if array.dtype.kind == "V" and array.dtype == ml_dtypes.bfloat16:
        return _from_numpy(array.view(np.int16)).view(torch.bfloat16)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.writeable or min(array.strides, default=0) < 0:
        array = array.copy()
    return torch.from_numpy(array)
