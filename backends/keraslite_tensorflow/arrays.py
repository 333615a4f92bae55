"""Making and reading `tf.Tensor`s, and where they live."""

import contextlib
import functools
import os

import numpy as np

from keraslite.backend.context import context
from keraslite_tensorflow.engine import tf

raw = tf.raw_ops


@functools.cache
def devices():
    """keraslite's device names and TensorFlow's, the default first.

    The first call, before TensorFlow starts its devices, hides those that KERASLITE_DEVICE does
    not name: TensorFlow has no other default for all threads, and it takes the memory of every GPU
    that it sees. What it takes then grows with use, to leave other engines room.

    Raises:
        ValueError: KERASLITE_DEVICE names no device; lists those there are.
    """
    gpus = {
        f"cuda:{i}" if i else "cuda": gpu
        for i, gpu in enumerate(tf.config.list_physical_devices("GPU"))
    }
    wanted = os.environ.get("KERASLITE_DEVICE", "").lower().replace("gpu", "cuda")
    wanted = wanted.removesuffix(":0")
    if wanted not in ("", "cpu", *gpus):
        raise ValueError(
            f"The tensorflow backend has no device {wanted!r} here (KERASLITE_DEVICE)."
            f" Devices: {', '.join([*gpus, 'cpu'])}."
        )
    if wanted:
        gpus = {name: gpu for name, gpu in gpus.items() if name == wanted}
    with contextlib.suppress(RuntimeError):  # the user's own code has started the devices
        tf.config.set_visible_devices(list(gpus.values()), "GPU")
        for gpu in gpus.values():
            tf.config.experimental.set_memory_growth(gpu, True)
    return {**{name: f"GPU:{i}" for i, name in enumerate(gpus)}, "cpu": "CPU:0"}


def device_scope():
    """The scope of the device that `keraslite.device` names, if any."""
    return tf.device(devices()[context.device]) if context.device else contextlib.nullcontext()


@functools.lru_cache(maxsize=4096)
def int_vector(values):
    """A tuple of ints as an int32 tensor, made once: the conversion costs more than a small op."""
    with tf.init_scope(), tf.device("CPU:0"):
        return tf.constant(values, "int32", (len(values),))


def shape_vector(shape):
    """A tuple that may mix ints and scalar tensors as one int32 tensor."""
    try:
        return int_vector(tuple(shape))
    except TypeError:  # a tensor among them: it has no hash
        return tf.stack([tf.cast(n, "int32") for n in shape])


def scalar(value, dtype):
    """A number or scalar tensor as a scalar of a dtype (`tf.cast` rounds numbers to float32)."""
    if isinstance(value, tf.Tensor):
        return tf.cast(value, dtype)
    dtype = tf.as_dtype(dtype)
    return tf.constant(bool(value) if dtype.is_bool else value, dtype)


def _holds_tensors(x):
    return isinstance(x, (list, tuple)) and any(
        isinstance(leaf, tf.Tensor) for leaf in tf.nest.flatten(x)
    )


class TensorflowArrays:
    def __init__(self):
        devices()

    def asarray(self, x, dtype=None):
        if isinstance(x, tf.Tensor):
            return x if dtype is None else self.cast(x, dtype)
        with device_scope():
            if isinstance(x, (tf.Variable, tf.IndexedSlices)) or _holds_tensors(x):
                return self.asarray(tf.convert_to_tensor(x), dtype)
            if dtype is not None:
                return tf.constant(np.asarray(x, tf.as_dtype(dtype).as_numpy_dtype))
            if isinstance(x, (bool, int, float, list, tuple)):
                return tf.convert_to_tensor(x)
            return tf.constant(np.asarray(x))  # `convert_to_tensor` takes 5 us more

    def to_numpy(self, x):
        return np.asarray(x.numpy() if isinstance(x, tf.Tensor) else x)

    def is_tensor(self, x):
        return isinstance(x, tf.Tensor)

    def dtype(self, x):
        return x.dtype.name

    def shape(self, x):
        static = tuple(x.shape)
        if None not in static:
            return static
        dynamic = tf.shape(x)
        return tuple(dynamic[i] if n is None else n for i, n in enumerate(static))

    def ndim(self, x):
        return x.shape.rank

    def cast(self, x, dtype):
        return x if x.dtype.name == dtype else raw.Cast(x=x, DstT=dtype)

    def full(self, shape, value, dtype):
        with device_scope():
            return raw.Fill(dims=shape_vector(shape), value=scalar(value, dtype))

    def arange(self, start, stop, step, dtype):
        with device_scope():
            if dtype in ("bool", "int8", "uint8", "int16", "uint16", "uint32", "uint64"):
                return tf.cast(tf.range(start, stop, step, dtype="int64"), dtype)
            if dtype == "float16":  # graphs have no kernel for it
                return tf.cast(tf.range(start, stop, step, dtype="float32"), dtype)
            return tf.range(start, stop, step, dtype=dtype)

    def zeros_like(self, x):
        return raw.ZerosLike(x=x)

    def ones_like(self, x):
        return raw.OnesLike(x=x)

    def device_scope(self, name):
        return tf.device(devices()[name])

    def device_names(self):
        return list(devices())

    def set_matmul_precision(self, value):
        tf.config.experimental.enable_tensor_float_32_execution(value != "highest")

    def synchronize(self):
        tf.test.experimental.sync_devices()
