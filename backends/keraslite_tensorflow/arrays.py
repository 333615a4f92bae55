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
    """keraslite's device names and TensorFlow's, the default first."""
    gpus = len(tf.config.list_logical_devices("GPU"))
    names = {f"cuda:{i}" if i else "cuda": f"GPU:{i}" for i in range(gpus)}
    return {**names, "cpu": "CPU:0"}


def device_scope():
    """The scope for creating tensors on the device that the user chose, if any."""
    name = context.device or os.environ.get("KERASLITE_DEVICE")
    if not name:
        return contextlib.nullcontext()
    name = name.lower().replace("gpu", "cuda").removesuffix(":0")
    if name not in devices():
        raise ValueError(
            f"The tensorflow backend has no device {name!r} here (KERASLITE_DEVICE or"
            f" keraslite.device). Devices: {', '.join(devices())}."
        )
    return tf.device(devices()[name])


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


class TensorflowArrays:
    def asarray(self, x, dtype=None):
        if isinstance(x, tf.Tensor):
            return x if dtype is None else self.cast(x, dtype)
        with device_scope():
            if isinstance(x, (np.ndarray, np.generic)):
                wanted = x.dtype if dtype is None else tf.as_dtype(dtype).as_numpy_dtype
                return tf.convert_to_tensor(np.asarray(x, wanted))
            if isinstance(x, (tf.Variable, tf.IndexedSlices)):
                return self.asarray(tf.convert_to_tensor(x), dtype)
            if isinstance(x, (bool, int, float, list, tuple)):
                return tf.convert_to_tensor(x, dtype)
            return self.asarray(np.asarray(x), dtype)

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
            return tf.range(start, stop, step, dtype=dtype)

    def zeros_like(self, x):
        return raw.ZerosLike(x=x)

    def ones_like(self, x):
        return raw.OnesLike(x=x)

    def device_names(self):
        return list(devices())

    def set_matmul_precision(self, value):
        tf.config.experimental.enable_tensor_float_32_execution(value != "highest")

    def synchronize(self):
        tf.test.experimental.sync_devices()
