"""The models as functions `model(p, moving, x, training)` of variables in plain TensorFlow."""

import tensorflow as tf

from benchmarks.native.parameters import RESNET_BLOCKS, WIDTH
from benchmarks.workloads import TABLES


def dense(p, name, x):
    return tf.nn.bias_add(tf.matmul(x, p[f"{name}_w"]), p[f"{name}_b"])


def stack(p, moving, x, training):
    depth = sum(name.startswith("dense") and name.endswith("_w") for name in p)
    for i in range(depth - 1):
        x = tf.nn.relu(dense(p, f"dense{i}", x))
    return dense(p, f"dense{depth - 1}", x)


def cnn(p, moving, x, training):
    for i in range(2):
        x = tf.nn.conv2d(x, p[f"conv{i}_w"], 1, "VALID")
        x = tf.nn.max_pool2d(tf.nn.relu(tf.nn.bias_add(x, p[f"conv{i}_b"])), 2, 2, "VALID")
    return stack(p, moving, tf.reshape(x, (-1, 1600)), training)


def lstm(p, moving, tokens, training):
    """With the fused kernel, which was measured to be faster than a loop over time."""
    x = tf.gather(p["embedding_table"], tokens)
    batch, length = tf.shape(x)[0], x.shape[1]
    if training:  # whole channels are dropped
        x = x * tf.nn.dropout(tf.ones((batch, 1, 32)), 0.2)
    zeros, peephole = tf.zeros((batch, 100)), tf.zeros(100)
    states = tf.raw_ops.BlockLSTMV2(
        seq_len_max=tf.constant(length, tf.int64), x=tf.transpose(x, (1, 0, 2)), cs_prev=zeros,
        h_prev=zeros, w=p["lstm_w"], wci=peephole, wcf=peephole, wco=peephole, b=p["lstm_b"],
    )  # fmt: skip
    return dense(p, "dense0", states.h[-1])


def layer_norm(p, name, x):
    mean, variance = tf.nn.moments(x, -1, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, p[f"{name}_b"], p[f"{name}_scale"], 1e-6)


def wide(p, name, x):
    """`dense` for three dimensions, as one matrix product."""
    flat = dense(p, name, tf.reshape(x, (-1, x.shape[-1])))
    return tf.reshape(flat, (-1, x.shape[1], flat.shape[-1]))


def attention(p, i, x, heads=4):
    length = x.shape[1]
    qkv = tf.reshape(wide(p, f"{i}qkv", x), (-1, length, 3, heads, WIDTH // heads))
    q, k, v = tf.unstack(tf.transpose(qkv, (2, 0, 3, 1, 4)))
    weights = tf.nn.softmax(tf.matmul(q * (WIDTH // heads) ** -0.5, k, transpose_b=True))
    mixed = tf.transpose(tf.matmul(weights, v), (0, 2, 1, 3))
    return wide(p, f"{i}out", tf.reshape(mixed, (-1, length, WIDTH)))


def transformer(p, moving, tokens, training):
    x = tf.gather(p["embedding_table"], tokens) + p["position_table"]
    for i in range(2):
        x = layer_norm(p, f"{i}norm0", x + attention(p, i, x))
        hidden = tf.nn.gelu(wide(p, f"{i}up", x))
        x = layer_norm(p, f"{i}norm1", x + wide(p, f"{i}down", hidden))
    return dense(p, "dense0", tf.reduce_mean(x, 1))


def resnet20(p, moving, x, training):
    def unit(name, x, stride=1):
        x = tf.nn.conv2d(x, p[f"{name}_w"], stride, "SAME")
        mean, variance = moving[f"{name}_mean"], moving[f"{name}_var"]
        x, new_mean, new_variance = tf.compat.v1.nn.fused_batch_norm(
            x, p[f"{name}_scale"], p[f"{name}_b"], mean, variance, 1e-3,
            is_training=training, exponential_avg_factor=0.01 if training else 1.0,
        )  # fmt: skip
        if training:
            mean.assign(new_mean)
            variance.assign(new_variance)
        return x

    x = tf.nn.relu(unit("stem", x))
    for name, _, _, stride in RESNET_BLOCKS:
        y = unit(f"{name}b", tf.nn.relu(unit(f"{name}a", x, stride)))
        x = tf.nn.relu(y + (unit(f"{name}c", x, stride) if stride > 1 else x))
    return dense(p, "dense0", tf.reduce_mean(x, (1, 2)))


def dlrm(p, moving, x, training):
    bottom = tf.nn.relu(dense(p, "bottom1", tf.nn.relu(dense(p, "bottom0", x["numbers"]))))
    vectors = [tf.gather(p[f"{i}_table"], x["ids"][:, i]) for i in range(TABLES)]
    return stack(p, moving, tf.concat([bottom, *vectors], 1), training)


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
