"""The models as functions `model(p, moving, x, key)` of parameters in plain JAX.

They return outputs and the new moving statistics; `key` is None when nothing is trained.
"""

import jax
from jax import lax, nn
from jax import numpy as jnp

from benchmarks.native.parameters import RESNET_BLOCKS, WIDTH
from benchmarks.workloads import TABLES


def dense(p, name, x):
    return x @ p[f"{name}_w"] + p[f"{name}_b"]


def stack(p, moving, x, key=None):
    depth = sum(name.startswith("dense") and name.endswith("_w") for name in p)
    for i in range(depth - 1):
        x = nn.relu(dense(p, f"dense{i}", x))
    return dense(p, f"dense{depth - 1}", x), moving


def convolution(x, kernel, stride=1, padding="VALID"):
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def cnn(p, moving, x, key=None):
    for i in range(2):
        x = pool(nn.relu(convolution(x, p[f"conv{i}_w"]) + p[f"conv{i}_b"]))
    return stack(p, moving, x.reshape(len(x), -1))


def lstm(p, moving, tokens, key=None):
    x = p["embedding_table"][tokens]
    if key is not None:  # whole channels are dropped
        x = x * jax.random.bernoulli(key, 0.8, (len(x), 1, 32)) / 0.8
    projected = jnp.swapaxes(x @ p["lstm_w"][:32] + p["lstm_b"], 0, 1)
    recurrent = p["lstm_w"][32:]

    def step(carry, row):
        h, c = carry
        i, f, g, o = jnp.split(row + h @ recurrent, 4, axis=-1)
        c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
        return (nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((len(x), 100))
    (h, _), _ = lax.scan(step, (zeros, zeros), projected)
    return dense(p, "dense0", h), moving


def layer_norm(p, name, x):
    centered = x - x.mean(-1, keepdims=True)
    variance = (centered * centered).mean(-1, keepdims=True)
    return centered * lax.rsqrt(variance + 1e-6) * p[f"{name}_scale"] + p[f"{name}_b"]


def attention(p, i, x, heads=4):
    batch, length, _ = x.shape
    qkv = dense(p, f"{i}qkv", x).reshape(batch, length, 3, heads, WIDTH // heads)
    q, k, v = (qkv[:, :, j].transpose(0, 2, 1, 3) for j in range(3))
    weights = nn.softmax(q @ k.swapaxes(2, 3) * (WIDTH // heads) ** -0.5)
    return dense(p, f"{i}out", (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape))


def transformer(p, moving, tokens, key=None):
    x = p["embedding_table"][tokens] + p["position_table"]
    for i in range(2):
        x = layer_norm(p, f"{i}norm0", x + attention(p, i, x))
        hidden = nn.gelu(dense(p, f"{i}up", x), approximate=False)
        x = layer_norm(p, f"{i}norm1", x + dense(p, f"{i}down", hidden))
    return dense(p, "dense0", x.mean(1)), moving


def resnet20(p, moving, x, key=None):
    new = {}

    def unit(name, x, stride=1):
        x = convolution(x, p[f"{name}_w"], stride, "SAME")
        mean, variance = moving[f"{name}_mean"], moving[f"{name}_var"]
        if key is not None:
            old = mean, variance
            mean = x.mean((0, 1, 2))
            variance = (x * x).mean((0, 1, 2)) - mean * mean
            new[f"{name}_mean"] = 0.99 * old[0] + 0.01 * mean
            new[f"{name}_var"] = 0.99 * old[1] + 0.01 * variance
        scale = p[f"{name}_scale"] * lax.rsqrt(variance + 1e-3)
        return x * scale + (p[f"{name}_b"] - mean * scale)

    x = nn.relu(unit("stem", x))
    for name, _, _, stride in RESNET_BLOCKS:
        y = unit(f"{name}b", nn.relu(unit(f"{name}a", x, stride)))
        x = nn.relu(y + (unit(f"{name}c", x, stride) if stride > 1 else x))
    return dense(p, "dense0", x.mean((1, 2))), moving | new


def dlrm(p, moving, x, key=None):
    bottom = nn.relu(dense(p, "bottom1", nn.relu(dense(p, "bottom0", x["numbers"]))))
    vectors = [p[f"{i}_table"][x["ids"][:, i]] for i in range(TABLES)]
    return stack(p, moving, jnp.concatenate([bottom, *vectors], 1))


MODELS = {
    "cnn": cnn,
    "mlp": stack,
    "tiny_mlp": stack,
    "growth": stack,
    "lstm": lstm,
    "transformer": transformer,
    "resnet20": resnet20,
    "dlrm": dlrm,
}
