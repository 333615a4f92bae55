"""Shapes and first values of the parameters of the models in plain JAX and plain TensorFlow."""

import itertools

import numpy as np

from benchmarks.workloads import TABLE_ROWS, TABLES, TIMESTEPS, VOCABULARY

WIDTH = 128  # of the transformer
RESNET_BLOCKS = [  # (name, channels in, channels out, stride)
    (f"block{stage}{i}", (8 << stage) if stage and not i else 16 << stage, 16 << stage,
     2 if stage and not i else 1)
    for stage in range(3) for i in range(3)
]  # fmt: skip


def _dense(name, inputs, units):
    return {f"{name}_w": (inputs, units), f"{name}_b": (units,)}


def _norm(name, width):
    return {f"{name}_scale": (width,), f"{name}_b": (width,)}


def _stack(*widths):
    layers = [_dense(f"dense{i}", *pair) for i, pair in enumerate(itertools.pairwise(widths))]
    return {name: shape for layer in layers for name, shape in layer.items()}


def _cnn(workload):
    convolutions = {
        "conv0_w": (3, 3, 1, 32), "conv0_b": (32,), "conv1_w": (3, 3, 32, 64), "conv1_b": (64,),
    }  # fmt: skip
    return {**convolutions, **_stack(1600, 128, 10)}


def _lstm(workload):
    return {
        "embedding_table": (VOCABULARY, 32),
        **_dense("lstm", 32 + 100, 400),
        **_dense("dense0", 100, 1),
    }


def _transformer(workload):
    found = {
        "embedding_table": (VOCABULARY, WIDTH),
        "position_table": (TIMESTEPS["transformer"], WIDTH),
        **_dense("dense0", WIDTH, 10),
    }
    for i in range(2):
        found |= _dense(f"{i}qkv", WIDTH, 3 * WIDTH) | _dense(f"{i}out", WIDTH, WIDTH)
        found |= _norm(f"{i}norm0", WIDTH) | _norm(f"{i}norm1", WIDTH)
        found |= _dense(f"{i}up", WIDTH, 4 * WIDTH) | _dense(f"{i}down", 4 * WIDTH, WIDTH)
    return found


def _resnet20(workload):
    found = {"stem_w": (3, 3, 3, 16), **_norm("stem", 16), **_dense("dense0", 64, 10)}
    for name, inputs, filters, stride in RESNET_BLOCKS:
        found |= {f"{name}a_w": (3, 3, inputs, filters), f"{name}b_w": (3, 3, filters, filters)}
        found |= _norm(f"{name}a", filters) | _norm(f"{name}b", filters)
        if stride > 1:
            found |= {f"{name}c_w": (1, 1, inputs, filters), **_norm(f"{name}c", filters)}
    return found


def _dlrm(workload):
    tables = {f"{i}_table": (TABLE_ROWS, 16) for i in range(TABLES)}
    bottom = _dense("bottom0", 13, 64) | _dense("bottom1", 64, 16)
    return {**tables, **bottom, **_stack((TABLES + 1) * 16, 64, 32, 1)}


SHAPES = {
    "cnn": _cnn,
    "mlp": lambda workload: _stack(784, 512, 512, 10),
    "tiny_mlp": lambda workload: _stack(16, 32, 32, 1),
    "growth": lambda workload: _stack(64, *[64] * workload.depth, 10),
    "lstm": _lstm,
    "transformer": _transformer,
    "resnet20": _resnet20,
    "dlrm": _dlrm,
}


def initial(workload):
    """{name: float32 array}: zeros for biases, ones for scales, Glorot's uniform for weights."""
    rng = np.random.default_rng(0)
    shapes = SHAPES[workload.name](workload)
    return {name: _value(name, shape, rng) for name, shape in shapes.items()}


def _value(name, shape, rng):
    if name.endswith("_b"):
        return np.zeros(shape, np.float32)
    if name.endswith("_scale"):
        return np.ones(shape, np.float32)
    limit = 0.05
    if name.endswith("_w"):
        field = np.prod(shape[:-2])  # of a convolution's kernel; 1 of a matrix
        limit = np.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def moving(workload):
    """{name: array} of the moving statistics of batch normalization."""
    scales = {
        name.removesuffix("_scale"): shape
        for name, shape in SHAPES[workload.name](workload).items()
        if name.endswith("_scale") and workload.name == "resnet20"
    }
    means = {f"{name}_mean": np.zeros(shape, np.float32) for name, shape in scales.items()}
    return means | {f"{name}_var": np.ones(shape, np.float32) for name, shape in scales.items()}


def count(workload):
    return sum(int(np.prod(shape)) for shape in SHAPES[workload.name](workload).values())


def separate(workload, x):
    """x of the DLRM-like model as one array of numbers and one of ids; other x as they are."""
    if workload.name != "dlrm":
        return x
    return {"numbers": x["numbers"], "ids": np.hstack([x[f"c{i}"] for i in range(TABLES)])}
