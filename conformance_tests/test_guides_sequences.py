"""What users write after Keras's guides to masking and to recurrent layers."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import same, values
from keraslite import layers, ops

rng = np.random.default_rng(212)
WORDS = np.array([[3, 1, 2, 0, 0], [4, 0, 0, 0, 0], [1, 2, 3, 4, 5]], "int32")


def uniform(*shape):
    return rng.uniform(size=shape).astype("float32")


class Embedding(layers.Layer):
    """Makes a mask."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=(6, 4), initializer="random_normal")

    def call(self, inputs):
        return ops.take(self.table, inputs, axis=0)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0)


class TemporalSoftmax(layers.Layer):
    """Takes a mask, and cannot do without."""

    def call(self, inputs, mask=None):
        assert mask is not None
        shares = ops.exp(inputs) * ops.expand_dims(ops.cast(mask, "float32"), -1)
        return shares / ops.sum(shares, axis=1, keepdims=True)


class Halves(layers.Layer):
    """Changes a mask."""

    def call(self, inputs):
        return ops.split(inputs, 2, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else ops.split(mask, 2, axis=1)


class Doubled(layers.Layer):
    """Passes a mask on."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return 2 * inputs


EMBEDDINGS = [lambda: layers.Embedding(6, 4, mask_zero=True), Embedding]


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_padding_changes_nothing(embedding, backend):
    x = keras.Input((None,), dtype="int32")
    model = keras.Model(x, layers.LSTM(3)(Doubled()(embedding()(x))))
    longer = np.pad(WORDS, ((0, 0), (0, 3)))
    same(model.predict(WORDS, verbose=0), model.predict(longer, verbose=0))


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_layers_that_take_masks(embedding, backend):
    x = keras.Input((None,), dtype="int32")
    model = keras.Model(x, TemporalSoftmax()(Doubled()(embedding()(x))))
    shares = values(model(WORDS))
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-5)
    assert np.all((shares > 0) == (WORDS > 0)[..., None])
    model.compile("sgd", "mse")
    model.fit(WORDS, np.zeros((3, 5, 4)), verbose=0)


def test_masks_that_a_layer_changes(backend):
    x = keras.Input((4,), dtype="int32")
    first, second = Halves()(Embedding()(x))
    model = keras.Model(x, [layers.LSTM(3)(first), layers.LSTM(3)(second)])
    words = np.array([[1, 0, 2, 3], [1, 5, 2, 3]], "int32")
    one = values(model(words)[0])
    words[0, 1] = 5
    assert not np.allclose(one[0], values(model(words)[0])[0])
    assert np.allclose(one[1], values(model(words)[0])[1])


# ---- recurrent layers ----


def test_encoder_states_start_a_decoder(backend):
    question, answer = keras.Input((None, 3)), keras.Input((None, 2))
    _, h, c = layers.LSTM(4, return_state=True)(question)
    x = layers.LSTM(4, name="decoder")(answer, initial_state=[h, c])
    model = keras.Model([question, answer], layers.Dense(1)(x))
    given = [uniform(4, 5, 3), uniform(4, 6, 2)]
    first = model.predict(given, verbose=0)
    second = model.predict([given[0] + 1, given[1]], verbose=0)
    assert first.shape == (4, 1) and not np.allclose(first, second)
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(given, np.ones((4, 1)), verbose=0).history["loss"][0])


def test_stateful_layer_goes_on_where_it_was(backend):
    one, two = uniform(2, 3, 5), uniform(2, 4, 5)
    layer = layers.LSTM(6, stateful=True)
    layer(one)
    went_on = values(layer(two))
    whole = layers.LSTM(6)
    whole.build((None, None, 5))
    whole.set_weights(layer.get_weights())
    same(went_on, whole(np.concatenate([one, two], 1)))
    layer.reset_state()
    same(layer(two), whole(two))


class MinimalCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.state_size = units

    def build(self, input_shape):
        size = self.state_size
        self.kernel = self.add_weight(shape=(input_shape[-1], size), name="kernel")
        self.recurrent = self.add_weight(shape=(size, size), name="recurrent")

    def call(self, inputs, states):
        output = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent)
        return output, [output]


def test_cell_of_ones_own(backend):
    x = uniform(2, 3, 4)
    layer = layers.RNN(MinimalCell(5), return_sequences=True)
    found = values(layer(x))
    kernel, recurrent = layer.get_weights()
    state = np.zeros((2, 5), "float32")
    for step in range(3):
        state = x[:, step] @ kernel + state @ recurrent
        np.testing.assert_allclose(found[:, step], state, rtol=1e-4, atol=1e-5)
