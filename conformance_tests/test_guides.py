"""What users write after Keras's guides to the functional API, subclassing, transfer learning."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import same, values
from keraslite import layers, ops

rng = np.random.default_rng(211)


def uniform(*shape):
    return rng.uniform(size=shape).astype("float32")


# ---- the functional API ----


def ticket_model():
    """Three inputs, two outputs by name."""
    title = keras.Input((None,), name="title", dtype="int32")
    body = keras.Input((None,), name="body", dtype="int32")
    tags = keras.Input((3,), name="tags")
    words = layers.Embedding(20, 4)
    features = layers.concatenate([layers.LSTM(4)(words(title)), layers.GRU(4)(words(body)), tags])
    priority = layers.Dense(1, name="priority")(features)
    department = layers.Dense(4, name="department")(features)
    return keras.Model([title, body, tags], {"priority": priority, "department": department})


def test_tickets_with_three_inputs_and_two_outputs(backend):
    model = ticket_model()
    assert model.input_names == ["title", "body", "tags"]
    assert len([w for w in model.weights if "embedding" in w.path]) == 1
    model.compile(
        keras.optimizers.RMSprop(1e-2),
        loss={
            "priority": keras.losses.BinaryCrossentropy(from_logits=True),
            "department": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        loss_weights={"priority": 1.0, "department": 0.2},
        metrics={"priority": ["accuracy"], "department": ["accuracy"]},
    )
    x = {
        "title": rng.integers(20, size=(16, 3)), "body": rng.integers(20, size=(16, 5)),
        "tags": uniform(16, 3),
    }  # fmt: skip
    y = {
        "priority": rng.integers(2, size=(16, 1)),
        "department": np.eye(4, dtype="float32")[rng.integers(4, size=16)],
    }
    history = model.fit(x, y, epochs=3, batch_size=8, verbose=0).history
    parts = ["priority_loss", "department_loss", "priority_accuracy", "department_accuracy"]
    assert sorted(history) == sorted(["loss", *parts])
    for total, first, second in zip(*(history[k] for k in ["loss", *parts[:2]])):
        assert total == pytest.approx(first + 0.2 * second, rel=1e-5)
    named, listed = model.predict(x, verbose=0), model.predict(list(x.values()), verbose=0)
    assert {k: v.shape for k, v in named.items()} == {"priority": (16, 1), "department": (16, 4)}
    same(named["priority"], listed["priority"])


def test_models_inside_models(backend):
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(2, 3, activation="relu")(image)
    encoder = keras.Model(image, layers.GlobalMaxPooling2D()(x), name="encoder")
    code = keras.Input((2,), name="code")
    decoder = keras.Model(code, layers.Reshape((8, 8, 1))(layers.Dense(64)(code)), name="decoder")
    again = keras.Input((8, 8, 1), name="again")
    autoencoder = keras.Model(again, decoder(encoder(again)))
    assert [layer.name for layer in autoencoder.layers] == ["again", "encoder", "decoder"]
    data = uniform(6, 8, 8, 1)
    autoencoder.compile("adam", "mse")
    before = encoder.get_weights()
    autoencoder.fit(data, data, verbose=0)
    assert not np.array_equal(before[0], encoder.get_weights()[0])
    same(autoencoder.predict(data, verbose=0), decoder(encoder(data)))
    inner = autoencoder.get_layer("encoder")
    alone = keras.Model(inner.inputs, inner.outputs)  # lists of one
    assert alone.predict(data, verbose=0).shape == (6, 2)


def test_outputs_of_layers_make_new_models(backend):
    stack = keras.Sequential()
    stack.add(keras.Input((6,)))
    for name, units in (("one", 5), ("two", 4), ("three", 3)):
        stack.add(layers.Dense(units, name=name))
    assert [layer.output.shape for layer in stack.layers] == [(None, 5), (None, 4), (None, 3)]
    assert stack.layers[1].input is stack.layers[0].output
    x = uniform(2, 6)
    one, two, three = keras.Model(stack.inputs, [layer.output for layer in stack.layers])(x)
    assert [tuple(t.shape) for t in (one, two, three)] == [(2, 5), (2, 4), (2, 3)]
    same(three, stack(x))
    tail = keras.Model(stack.get_layer("two").input, stack.get_layer("three").output)
    same(tail(one), three)
    with pytest.raises(AttributeError, match=r"'new' has no 'output'.*KerasTensor"):
        _ = layers.Dense(2, name="new").output


def test_sequential_pop_and_add(backend):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2, name="head")])
    model.pop()
    model.add(layers.Dense(5, name="other"))
    assert model.output_shape == (None, 5) and tuple(model(uniform(2, 4)).shape) == (2, 5)


def test_operators_and_functions_on_symbolic_tensors(backend):
    x = keras.Input((4,))
    y = ops.relu(x @ np.ones((4, 3), "float32") * 2.0 - 1)
    y = ops.concatenate([y, x[:, :2]], axis=-1) ** 2
    model = keras.Model(x, {"y": y, "largest": ops.max(y, axis=-1)})
    given = np.arange(8, dtype="float32").reshape(2, 4) / 8
    wanted = np.maximum(given @ np.ones((4, 3)) * 2 - 1, 0)
    wanted = np.concatenate([wanted, given[:, :2]], -1) ** 2
    found = model(given)
    same(found["y"], wanted)
    same(found["largest"], wanted.max(-1))
    same(keras.Model.from_config(model.get_config())(given)["y"], wanted)


def test_layers_of_one_model_have_different_names(backend):
    x = keras.Input((4,))
    with pytest.raises(ValueError, match="2 layers named 'a'"):
        keras.Model(x, layers.Dense(3, name="a")(layers.Dense(2, name="a")(x)))


# ---- subclassing ----


class Linear(layers.Layer):
    def __init__(self, units=8, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Sum(layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.total = self.add_weight(shape=(size,), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs, axis=0))
        return self.total


def test_weights_of_own_layers(backend):
    linear = Linear(4)
    assert tuple(linear(np.ones((2, 3), "float32")).shape) == (2, 4)
    assert linear.weights == [linear.w, linear.b] == linear.trainable_weights
    assert [w.name for w in linear.weights] == ["variable", "variable_1"]
    total = Sum(2)
    for _ in range(2):
        result = total(np.ones((3, 2), "float32"))
    np.testing.assert_array_equal(values(ops.convert_to_tensor(result)), [6, 6])
    assert total.trainable_weights == [] and total.non_trainable_weights == [total.total]


def test_model_with_own_layers_from_its_config(backend):
    x = keras.Input((3,))
    model = keras.Model(x, Linear(2)(x))
    copy = keras.Model.from_config(model.get_config(), custom_objects={"Linear": Linear})
    copy.set_weights(model.get_weights())
    data = uniform(2, 3)
    same(copy(data), model(data))


class Penalty(layers.Layer):
    def call(self, inputs):
        self.add_loss(0.5 * ops.mean(inputs))
        return inputs


def test_added_losses_are_of_the_last_call(backend):
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.penalty = Penalty()

        def call(self, inputs):
            return self.penalty(inputs)

    layer = Outer()
    assert layer.losses == []
    for _ in range(2):
        layer(np.ones((1, 1), "float32"))
        assert [float(loss) for loss in layer.losses] == [0.5]
    x = keras.Input((3,))
    model = keras.Model(x, Penalty()(x))
    model.compile("sgd")
    assert model.evaluate(np.ones((2, 3)), verbose=0) == pytest.approx(0.5)


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        mean, log_var = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * noise


class VariationalAutoEncoder(keras.Model):
    def __init__(self, size, hidden=16, latent=4, **kwargs):
        super().__init__(**kwargs)
        self.project = layers.Dense(hidden, activation="relu")
        self.mean, self.log_var = layers.Dense(latent), layers.Dense(latent)
        self.sampling = Sampling()
        self.decoder = keras.Sequential([layers.Dense(hidden, "relu"), layers.Dense(size)])

    def call(self, inputs):
        x = self.project(inputs)
        mean, log_var = self.mean(x), self.log_var(x)
        kl = -0.5 * ops.mean(log_var - ops.square(mean) - ops.exp(log_var) + 1)
        self.add_loss(kl)
        return self.decoder(self.sampling((mean, log_var)))


def test_variational_autoencoder(backend, tmp_path):
    keras.utils.set_random_seed(0)
    vae = VariationalAutoEncoder(10)
    vae.compile(keras.optimizers.Adam(1e-2), loss=keras.losses.MeanSquaredError())
    x = uniform(64, 10)
    losses = vae.fit(x, x, epochs=4, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and len(vae.trainable_variables) == 10
    vae.save_weights(tmp_path / "vae.weights.h5")
    other = VariationalAutoEncoder(10)
    other.build((None, 10))
    other.load_weights(tmp_path / "vae.weights.h5")
    for one, two in zip(vae.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, two)


# ---- transfer learning ----


def test_frozen_base_then_fine_tuning(backend):
    base = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, "relu"), layers.BatchNormalization()], name="base"
    )
    base.trainable = False
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layers.Dense(1)(base(inputs, training=False)))
    assert len(model.trainable_weights) == 2 and len(base.non_trainable_weights) == 6
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    x, y = uniform(32, 6), rng.integers(0, 2, (32, 1))
    model.compile("adam", loss, metrics=[keras.metrics.BinaryAccuracy()])
    before = base.get_weights()
    model.fit(x, y, verbose=0)
    for one, two in zip(before, base.get_weights()):
        np.testing.assert_array_equal(one, two)
    base.trainable = True
    model.compile(keras.optimizers.Adam(1e-3), loss)
    model.fit(x, y, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, base.get_weights())]
    assert changed == [True] * 4 + [False] * 2  # batch statistics stay, as training=False says
