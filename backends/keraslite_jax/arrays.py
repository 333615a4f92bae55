"""Making and reading `jax.Array`s."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding

from keraslite.backend.context import context
from keraslite.backend.dtypes import ALLOWED

_NAMES = {jnp.dtype(name): name for name in ALLOWED}


def device_names():
    """{"cuda:1": its jax.Device}, the default device first; number 0 carries no number."""
    default = jax.config.jax_default_device or jax.devices()[0]
    platforms = dict.fromkeys([default.platform, jax.default_backend(), "cpu"])
    devices = [d for platform in platforms for d in jax.local_devices(backend=platform)]
    devices.sort(key=lambda d: d != default)
    return {_device_name(device): device for device in devices}


def _device_name(device):
    platform = "cuda" if device.platform in ("gpu", "rocm") else device.platform
    return f"{platform}:{device.local_hardware_id}" if device.local_hardware_id else platform


@functools.cache
def find_device(name):
    """The jax.Device that "cuda:1" names.

    Raises:
        ValueError: JAX has no such device; lists those it has.
    """
    found = device_names()
    wanted = name.lower().replace("gpu", "cuda").removesuffix(":0")
    if wanted not in found:
        raise ValueError(f"JAX has no device {name!r} here. Devices: {', '.join(found)}.")
    return found[wanted]


def platform():
    """ "cpu", "gpu" or "tpu": where new computations run now."""
    if context.device is not None:
        return find_device(context.device).platform
    default = jax.config.jax_default_device
    return default.platform if default else jax.default_backend()


def placed(x):
    """x on the device that `keraslite.device` names; where it is, if none or while tracing."""
    if context.device is None or isinstance(x, jax.core.Tracer):
        return x
    return jax.device_put(x, find_device(context.device))


def copied(x):
    """A copy of a tensor; on a CPU made by NumPy, since JAX compiles a program for each shape,
    which takes 5 ms and 1 MiB."""
    if isinstance(x, jax.core.Tracer) or not isinstance(x.sharding, SingleDeviceSharding):
        return jnp.array(x)
    (device,) = x.devices()
    if device.platform != "cpu":
        return jnp.array(x)
    return jax.device_put(np.array(x), device if x.committed else None)


class Arrays:
    def asarray(self, x, dtype=None):
        if isinstance(x, jax.Array):
            return placed(x if dtype is None else self.cast(x, dtype))
        if isinstance(x, np.ndarray):
            return placed(jax.device_put(np.array(x, dtype)))  # it may take over that copy
        if dtype is None and not isinstance(x, np.generic):
            dtype = _python_dtype(x)
        return placed(jnp.asarray(x, dtype))

    def to_numpy(self, x):
        return np.array(x)  # a copy: x's own memory may be donated to the next step

    def is_tensor(self, x):
        return isinstance(x, jax.Array)

    def dtype(self, x):
        return _NAMES[x.dtype]

    def shape(self, x):
        return x.shape

    def cast(self, x, dtype):
        return x if _NAMES[x.dtype] == dtype and not x.weak_type else x.astype(dtype)

    def full(self, shape, value, dtype):
        return placed(jnp.full(shape, value, dtype))

    def arange(self, start, stop, step, dtype):
        return placed(jnp.arange(start, stop, step, dtype))

    def device_names(self):
        return list(device_names())

    def set_matmul_precision(self, value):
        jax.config.update("jax_default_matmul_precision", value)

    def synchronize(self):
        jax.block_until_ready(jax.live_arrays())


def _python_dtype(x):
    """The dtype of Python numbers, also nested: the default float, int32 or bool."""
    from keraslite.config import floatx

    found = _NAMES[jnp.result_type(jnp.asarray(x))]
    return {"float64": floatx(), "int64": "int32"}.get(found, found)
