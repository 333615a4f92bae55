"""Layers refuse wrong arguments, names and shapes: the error says what, and nothing changes."""

import functools

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.refusals import refused
from keraslite import layers

# ---- layers ----

BUILT = [
    (lambda: layers.Dense(3, name="it"), (2, 4), (2, 5), ("it", "Dense", "axis -1", 4, 5)),
    (lambda: layers.EinsumDense("ab,bc->ac", 3, name="it"), (2, 4), (2, 5), ("it", 4, 5)),
    (lambda: layers.Conv1D(3, 2, name="it"), (2, 5, 4), (2, 5, 3), ("it", "Conv1D", 4, 3)),
    (lambda: layers.Conv2D(3, 2, name="it"), (2, 5, 5, 4), (2, 5, 5, 3), ("it", "Conv2D", 4, 3)),
    (lambda: layers.Conv2D(3, 2, data_format="channels_first", name="it"), (2, 4, 5, 5),
     (2, 3, 5, 5), ("it", "Conv2D", "axis 1", 4, 3)),
    (lambda: layers.BatchNormalization(name="it"), (2, 4), (2, 5), ("it", 4, 5)),
    (lambda: layers.BatchNormalization(name="it"), (2, 4), (2, 3, 4), ("it", 2, 3)),
    (lambda: layers.LayerNormalization(name="it"), (2, 4), (2, 5), ("it", 4, 5)),
    (lambda: layers.LayerNormalization([1, 2], name="it"), (2, 5, 4), (2, 6, 4), ("it", 5, 6)),
    (lambda: layers.SimpleRNN(3, name="it"), (2, 5, 4), (2, 5, 3), ("it", 4, 3)),
    (lambda: layers.LSTM(3, name="it"), (2, 5, 4), (2, 5, 3), ("it", "LSTM", 4, 3)),
    (lambda: layers.GRU(3, name="it"), (2, 5, 4), (2, 5, 3), ("it", "GRU", 4, 3)),
    (lambda: layers.LSTM(3, stateful=True, name="it"), (2, 5, 4), (3, 5, 4), ("it", 2, 3)),
    (lambda: layers.Bidirectional(layers.LSTM(3), name="it"), (2, 5, 4), (2, 5, 3),
     ("Bidirectional", 4, 3)),
    (lambda: layers.LSTMCell(3, name="it"), (2, 4), (2, 5), ("it", "LSTMCell", 4, 5)),
    (lambda: layers.MultiHeadAttention(2, 3, name="it"), (2, 5, 4), (2, 5, 3),
     ("it", "MultiHeadAttention", 4, 3)),
]  # fmt: skip


def called(layer, shape):
    states = [np.ones((shape[0], 3), "float32")] * 2
    x = np.ones(shape, "float32")
    given = [states] if isinstance(layer, layers.LSTMCell) else []
    return layer(x, x) if isinstance(layer, layers.MultiHeadAttention) else layer(x, *given)


@pytest.mark.parametrize(("make", "shape", "wrong", "words"), BUILT)
def test_wrong_shape_into_a_built_layer(make, shape, wrong, words, backend):
    layer = make()
    called(layer, shape)
    before = [v.numpy() for v in layer.variables]
    with refused(*words):
        called(layer, wrong)
    with refused(*words):
        if not isinstance(layer, (layers.LSTMCell, layers.MultiHeadAttention)):
            layer(keras.Input(batch_shape=wrong))
        else:
            called(layer, wrong)
    for variable, value in zip(layer.variables, before):
        np.testing.assert_array_equal(variable.numpy(), value)
    called(layer, shape)


RANKS = [
    (lambda: layers.Dense(3, name="it"), (4,), ("Dense", 2, 1)),
    (lambda: layers.Conv1D(3, 2, name="it"), (2, 4), ("Conv1D", 3, 2)),
    (lambda: layers.Conv2D(3, 2, name="it"), (2, 5, 4), ("Conv2D", 4, 3)),
    (lambda: layers.MaxPooling1D(name="it"), (2, 4), ("MaxPooling1D", 3, 2)),
    (lambda: layers.MaxPooling2D(name="it"), (2, 5, 4), ("MaxPooling2D", 4, 3)),
    (lambda: layers.AveragePooling2D(2, name="it"), (2, 5, 4), ("AveragePooling2D", 4, 3)),
    (lambda: layers.GlobalAveragePooling1D(name="it"), (2, 4), ("GlobalAveragePooling1D", 3, 2)),
    (lambda: layers.GlobalMaxPooling2D(name="it"), (2, 4), ("GlobalMaxPooling2D", 4, 2)),
    (lambda: layers.ZeroPadding2D(name="it"), (2, 5, 4), ("ZeroPadding2D", 4, 3)),
    (lambda: layers.SpatialDropout1D(0.5, name="it"), (2, 4), ("SpatialDropout1D", 3, 2)),
    (lambda: layers.LSTM(3, name="it"), (2, 4), ("LSTM", 3, 2)),
    (lambda: layers.Bidirectional(layers.GRU(3), name="it"), (2, 4), ("Bidirectional", 3, 2)),
    (lambda: layers.Permute((2, 1), name="it"), (2, 4), ("Permute", 3, 2)),
    (lambda: layers.RepeatVector(2, name="it"), (2, 4, 3), ("RepeatVector", 2, 3)),
    (lambda: layers.UpSampling2D(name="it"), (2, 4, 3), ("UpSampling2D", 4, 3)),
    (lambda: layers.TimeDistributed(layers.Dense(2), name="it"), (2, 4),
     ("TimeDistributed", "(batch, time, ...)", "(2, 4)")),
    (lambda: layers.EinsumDense("abc,cd->abd", (None, 3), name="it"), (2, 4),
     ("EinsumDense", 3, "(2, 4)")),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "words"), RANKS)
def test_wrong_rank(make, shape, words, backend):
    layer = make()
    built = layer.built
    with refused("it", *words):
        layer(np.ones(shape, "float32"))
    assert layer.built == built and not layer.weights


SHAPES = [
    (lambda: layers.Conv2D(3, 7, name="it"), (2, 5, 5, 4), ("it", "smaller", "(7, 7)")),
    (lambda: layers.MaxPooling2D(6, name="it"), (2, 5, 5, 4), ("it", "smaller", "(6, 6)")),
    (lambda: layers.Conv2D(4, 2, groups=2, name="it"), (2, 5, 5, 3), ("it", "groups", 2, 3)),
    (lambda: layers.Reshape((3, 2), name="it"), (2, 5), ("it", 5, "(3, 2)")),
    (lambda: layers.Reshape((3, -1), name="it"), (2, 5), ("it", 5, "(3, -1)")),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "words"), SHAPES)
def test_shapes_that_a_layer_cannot_take(make, shape, words, backend):
    layer = make()
    with refused(*words):
        layer(np.ones(shape, "float32"))
    with refused(*words):
        layer(keras.Input(batch_shape=shape))
    assert not layer.weights


MERGES = [
    (layers.Add, [(2, 4), (2, 3)], ("(2, 4)", "(2, 3)")),
    (layers.Multiply, [(2, 4), (3, 4)], ("(2, 4)", "(3, 4)")),
    (layers.Concatenate, [(2, 4), (3, 4)], ("(2, 4)", "(3, 4)", "axis -1")),
    (layers.Concatenate, [(2, 4), (2, 3, 4)], ("(2, 4)", "(2, 3, 4)")),
    (layers.Subtract, [(2, 4), (2, 4), (2, 4)], ("takes 2 tensors", 3)),
    (layers.Attention, [(2, 5, 4), (2, 3, 6)], ("features", "(2, 5, 4)", "(2, 3, 6)")),
    (layers.Attention, [(2, 5, 4), (3, 3, 4)], ("batch", "(2, 5, 4)", "(3, 3, 4)")),
    (layers.Attention, [(2, 5, 4), (2, 3, 4), (2, 5, 4)], ("length", "(2, 3, 4)")),
    (layers.Attention, [(2, 4), (2, 3, 4)], ("[query, value]", "(2, 4)")),
    (functools.partial(layers.Dot, 1), [(2, 4), (2, 3, 4)], ("axes", 4, 3, "equal")),
    (functools.partial(layers.Dot, 2), [(2, 4), (2, 3, 4)], ("axis 2", "(2, 4)")),
    (functools.partial(layers.Dot, 1), [(2, 4)] * 3, ("two tensors",)),
]


@pytest.mark.parametrize(("cls", "shapes", "words"), MERGES)
def test_merging_shapes_that_do_not_fit(cls, shapes, words, backend):
    kind = getattr(cls, "func", cls).__name__
    with refused("it", kind, *words):
        cls(name="it")([np.ones(shape, "float32") for shape in shapes])
    with refused("it", kind, "value" if kind == "Attention" else "list"):
        cls(name="it")(np.ones(shapes[0], "float32"))


ATTENTION = [
    ([(2, 4), (2, 3, 4)], {}, ("(batch, time, features)", "(2, 4)")),
    ([(2, 5, 4), (3, 3, 4)], {}, ("batch", "(2, 5, 4)", "(3, 3, 4)")),
    ([(2, 5, 4), (2, 3, 4), (2, 6, 4)], {}, ("length", "(2, 3, 4)", "(2, 6, 4)")),
    ([(2, 5, 4), (2, 3, 4)], {"attention_mask": np.ones((2, 2, 5, 3))}, ("(2, 2, 5, 3)", "T, S")),
]


@pytest.mark.parametrize(("shapes", "keywords", "words"), ATTENTION)
def test_attention_to_what_does_not_fit(shapes, keywords, words, backend):
    layer = layers.MultiHeadAttention(2, 3, name="it")
    with refused("it", "MultiHeadAttention", *words):
        layer(*(np.ones(shape, "float32") for shape in shapes), **keywords)
    if not keywords:
        assert not layer.built and not layer.weights
        with refused("it", "MultiHeadAttention", *words):
            layer(*(keras.Input(batch_shape=shape) for shape in shapes))


ARGUMENTS = [
    (lambda: layers.Dense(-1), ("Dense", "units", "positive", -1)),
    (lambda: layers.Dense(0), ("Dense", "units", "positive", 0)),
    (lambda: layers.Dense(2.5), ("Dense", "units", 2.5)),
    (lambda: layers.Dense("3"), ("Dense", "units", "'3'")),
    (lambda: layers.Conv2D(-2, 3), ("Conv2D", "filters", -2)),
    (lambda: layers.Conv2D(2, 0), ("Conv2D", "kernel_size", 0)),
    (lambda: layers.Conv2D(2, (3, 3, 3)), ("Conv2D", "kernel_size", "(3, 3, 3)")),
    (lambda: layers.Conv1D(2, 3, strides=-1), ("Conv1D", "strides", -1)),
    (lambda: layers.Conv2D(3, 2, groups=2), ("Conv2D", "filters", "groups", 3, 2)),
    (lambda: layers.Conv2D(3, 2, padding="sane"), ("Conv2D", "padding", "same", "'sane'")),
    (lambda: layers.Conv2D(3, 2, padding="causal"), ("Conv2D", "padding", "'causal'")),
    (lambda: layers.Conv2D(3, 2, data_format="channel_last"), ("channels_last", "channel_last")),
    (lambda: layers.Conv2D(3, 2, 2, dilation_rate=2), ("strides", "dilation_rate")),
    (lambda: layers.MaxPooling2D(0), ("MaxPooling2D", "pool_size", 0)),
    (lambda: layers.LSTM(-3), ("LSTM", "units", -3)),
    (lambda: layers.GRU(3, dropout=1.5), ("GRU", "dropout", "[0, 1]", 1.5)),
    (lambda: layers.Embedding(0, 4), ("Embedding", "input_dim", 0)),
    (lambda: layers.Embedding(4, -1), ("Embedding", "output_dim", -1)),
    (lambda: layers.Dropout(-0.1), ("Dropout", "rate", "[0, 1]", -0.1)),
    (lambda: layers.Dropout("half"), ("Dropout", "rate", "'half'")),
    (lambda: layers.Dropout(0.5, seed=-1), ("seed", "negative", -1)),
    (lambda: layers.ReLU(max_value=-1), ("ReLU", "max_value", -1)),
    (lambda: layers.Permute((1, 3)), ("Permute", "dims", "(1, 3)")),
    (lambda: layers.Reshape((-1, -1)), ("Reshape", "-1", "target_shape")),
    (lambda: layers.ZeroPadding2D((1, -1)), ("ZeroPadding2D", "padding", -1)),
    (lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="add"), ("merge_mode", "'add'")),
    (lambda: layers.Bidirectional(layers.Dense(2)), ("Bidirectional", "recurrent", "Dense")),
    (lambda: layers.RNN(layers.Dense(2)), ("RNN", "cell", "state_size")),
    (lambda: layers.MultiHeadAttention(0, 3), ("MultiHeadAttention", "num_heads", "positive", 0)),
    (lambda: layers.MultiHeadAttention(2, 1.5), ("MultiHeadAttention", "key_dim", 1.5)),
    (lambda: layers.MultiHeadAttention(2, 3, -1), ("MultiHeadAttention", "value_dim", -1)),
    (lambda: layers.MultiHeadAttention(2, 3, dropout=2.0), ("dropout", "[0, 1]", 2.0)),
    (lambda: layers.MultiHeadAttention(2, 3, sliding_window=0), ("sliding_window", 0)),
    (lambda: layers.MultiHeadAttention(2, 3, output_shape=(4, 5)), ("output_shape", "(4, 5)")),
    (lambda: layers.MultiHeadAttention(2, 3, attention_axes=2), ("attention_axes", "(1,)", 2)),
    (lambda: layers.GaussianNoise(-0.1), ("GaussianNoise", "stddev", "[0, 1]", -0.1)),
    (lambda: layers.RepeatVector(0), ("RepeatVector", "n", "positive", 0)),
    (lambda: layers.UpSampling2D((2, 0)), ("UpSampling2D", "size", "(2, 0)")),
    (lambda: layers.UpSampling2D(2, interpolation="cubic"), ("interpolation", "'cubic'")),
    (lambda: layers.TimeDistributed("dense"), ("TimeDistributed", "'dense'")),
    (lambda: layers.Attention(score_mode="mul"), ("Attention", "score_mode", "'mul'")),
    (lambda: layers.Dot(0), ("Dot", "axes", "batch", 0)),
    (lambda: layers.Dot((1, 2, 3)), ("Dot", "axes", "(1, 2, 3)")),
    (lambda: layers.EinsumDense("ab,bc", 3), ("EinsumDense", "equation", "'ab,bc'")),
    (lambda: layers.Dense(3, activaton="relu"), ("Dense", "'activaton'", "'activation'")),
    (lambda: keras.Input((4, -1)), ("Input", "-1")),
    (lambda: keras.Input(), ("Input", "shape")),
    (lambda: keras.Input((4,), dtype="flot32"), ("'flot32'", "'float32'")),
    (lambda: layers.Dense(3, dtype="float3"), ("'float3'",)),
    (lambda: keras.Sequential([layers.Dense(3), 5]), ("Sequential", "layers", 5)),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), ARGUMENTS)
def test_wrong_arguments(make, words, backend):
    with refused(*words, error=(ValueError, TypeError)):
        make()


NAMES = [
    (lambda: layers.Dense(3, "rleu"), ("activation", "'rleu'", "'relu'")),
    (lambda: layers.Dense(3, kernel_initializer="glorot_unifrm"),
     ("initializer", "'glorot_unifrm'", "'glorot_uniform'")),
    (lambda: layers.Dense(3, kernel_regularizer="L3"), ("regularizer", "'L3'")),
    (lambda: layers.Dense(3, kernel_constraint="max_nrm"), ("constraint", "'max_norm'")),
    (lambda: keras.losses.get("mean_squred_error"), ("loss", "'mean_squared_error'")),
    (lambda: keras.metrics.get("acuracy"), ("metric", "'acuracy'")),
    (lambda: keras.optimizers.get("adamm"), ("optimizer", "'adamm'", "'adam'")),
    (lambda: keras.activations.get("sigmoyd"), ("activation", "'sigmoid'")),
    (lambda: keras.use_backend("troch"), ("'troch'", "'torch'")),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), NAMES)
def test_unknown_names(make, words, backend):
    with refused(*words):
        make()
