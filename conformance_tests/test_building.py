"""When and in what order layers of users build what they hold, on every engine."""

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops

pytestmark = pytest.mark.usefixtures("backend")
X = np.linspace(-1, 1, 20).reshape(4, 5)


class Left(layers.Layer):
    """Its `build` leaves the inner layer alone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(3, name="inner")

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")

    def call(self, inputs):
        return self.inner(inputs * self.scale)


class SuperFirst(Left):
    """Calls the `build` of its base before it has made its weight."""

    def build(self, input_shape):
        layers.Layer.build(self, input_shape)
        super().build(input_shape)


class SuperFirstModel(keras.Model):
    """The same for a subclass of Model."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(3, name="inner")

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")

    call = Left.call


KINDS = [Left, SuperFirst, SuperFirstModel]
NAMES = ["one/scale", "one/inner/kernel", "one/inner/bias"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["call", "build", "symbolic"])
def test_inner_layers_are_built_with_the_outer_one(kind, way):
    layer = kind(name="one")
    if way == "call":
        layer(X)
    elif way == "build":
        layer.build((None, 5))
    else:
        layer(keras.Input((5,)))
    assert [v.path for v in layer.weights] == NAMES
    assert layer.inner.built


def test_weights_do_not_depend_on_the_way_of_building():
    kernels = []
    for build in (lambda m: m(X), lambda m: m.build((None, 5))):
        keras.utils.set_random_seed(3)
        layer = Left(name="one")
        build(layer)
        kernels.append(layer.inner.kernel.numpy())
    np.testing.assert_array_equal(*kernels)


class TwoInputs(layers.Layer):
    """`call` needs more than `build` is told."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(2)

    def build(self, input_shape):
        self.width = input_shape[-1]

    def call(self, inputs, other):
        return self.inner(inputs) + other


def test_build_leaves_what_it_cannot_know():
    layer = TwoInputs()
    layer.build((None, 5))
    assert layer.built and not layer.inner.built
    assert tuple(layer(X, np.ones((4, 2))).shape) == (4, 2)


def test_build_without_a_shape_says_what_is_missing():
    class Stack(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2)

        def call(self, inputs):
            return self.inner(inputs)

    model = Stack()
    with pytest.raises(ValueError, match=r"'inputs'.*shapes of its inputs"):
        model.build()
    assert not model.built
    assert tuple(model(X).shape) == (4, 2)


class Adversaries(keras.Model):
    """Two models that train against each other: no `call`, a step and optimizers of its own."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.seed = keras.random.SeedGenerator(5)

    def compile(self, g_optimizer, d_optimizer, loss_fn):
        super().compile()
        self.g_optimizer, self.d_optimizer, self.loss_fn = g_optimizer, d_optimizer, loss_fn
        self.g_loss = keras.metrics.Mean(name="g_loss")
        self.d_loss = keras.metrics.Mean(name="d_loss")

    @property
    def metrics(self):
        return [self.g_loss, self.d_loss]

    def train_step(self, real):
        rows = ops.shape(real)[0]
        noise = keras.random.normal((rows, 2), seed=self.seed)

        def d_loss(_):
            values = ops.concatenate([self.generator(noise), ops.cast(real, "float32")])
            labels = ops.concatenate([ops.ones((rows, 1)), ops.zeros((rows, 1))])
            return self.loss_fn(labels, self.discriminator(values))

        def g_loss(_):
            return self.loss_fn(ops.zeros((rows, 1)), self.discriminator(self.generator(noise)))

        for loss, model, optimizer, metric in (
            (d_loss, self.discriminator, self.d_optimizer, self.d_loss),
            (g_loss, self.generator, self.g_optimizer, self.g_loss),
        ):
            variables = model.trainable_variables
            value, gradients = ops.value_and_grad(loss)(variables)
            optimizer.apply(gradients, variables)
            metric.update_state(value)
        return {m.name: m.result() for m in self.metrics}


@pytest.mark.parametrize("built_before", [True, False])
def test_model_without_call_trains_by_its_own_step(built_before):
    keras.utils.set_random_seed(1)
    model = Adversaries(
        keras.Sequential(([keras.Input((2,))] if built_before else []) + [layers.Dense(5)]),
        keras.Sequential(([keras.Input((5,))] if built_before else []) + [layers.Dense(1)]),
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.optimizers.Adam(0.01),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    logs = model.fit(X, epochs=3, batch_size=2, verbose=0).history
    assert set(logs) == {"g_loss", "d_loss"} and len(logs["g_loss"]) == 3
    assert all(np.isfinite(logs["d_loss"]))
    assert int(model.d_optimizer.iterations.numpy()) == 6
    slots = model.d_optimizer.variables[2:]
    assert slots and all(np.any(slot.numpy()) for slot in slots)


def test_variable_made_inside_a_compiled_step_is_refused():
    class Wasteful(keras.Model):
        def train_step(self, data):
            return {"loss": keras.Variable(0.0, name="late").value}

    model = Wasteful()
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="'late' is made inside a compiled step"):
        model.fit(X, X, verbose=0)
    model.compile("sgd", "mse", run_eagerly=True)
    assert model.fit(X, X, verbose=0).history["loss"] == [0.0]


WINDOWED = [
    lambda: layers.Conv2D(4, 3, strides=2, padding="same"),
    lambda: layers.Conv2D(4, (5, 2), strides=(1, 3), padding="same"),
    lambda: layers.Conv2D(4, 3, padding="same", dilation_rate=2),
    lambda: layers.MaxPooling2D(3, 2, "same"),
    lambda: layers.AveragePooling2D(2, 3, "same"),
]


@pytest.mark.parametrize("make", WINDOWED)
def test_same_padding_of_images_of_any_size(make, backend):
    layer, x = make(), keras.Input((None, None, 3))
    images = keras.Model(x, layer(x))
    model = keras.Model(x, layers.GlobalAveragePooling2D()(images(x)))
    model.compile("sgd", "mse")
    for size in ((5, 5), (6, 7), (1, 1), (8, 2)):
        data = np.linspace(-1, 1, 2 * 3 * size[0] * size[1], dtype="float32").reshape(2, *size, 3)
        fixed = keras.Input((*size, 3))
        known = keras.Model(fixed, layer(fixed)).predict(data, verbose=0)
        found = images.predict(data, verbose=0)
        assert found.shape == layer.compute_output_shape(data.shape) == known.shape
        np.testing.assert_allclose(found, known, rtol=1e-5, atol=1e-6)
        model.fit(data, np.zeros((2, known.shape[-1])), verbose=0)


def test_a_model_built_on_data_takes_other_lengths(backend, tmp_path):
    """Without an `Input` the sizes of the first batch are no promise; the layers say what fits."""
    rng = np.random.default_rng(0)
    model = keras.Sequential([layers.Embedding(9, 4), layers.LSTM(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = [(rng.integers(0, 9, (4, n)), rng.random((4, 1))) for n in (5, 7, 2, 5, 6)]
    logs = model.fit(iter(batches), verbose=0).history
    assert np.isfinite(logs["loss"]).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for x, _ in batches:
        expected = model.layers[2](model.layers[1](model.layers[0](x)))
        for one in (model, loaded):
            np.testing.assert_allclose(
                one.predict(x, verbose=0), backend.to_numpy(expected), rtol=1e-5, atol=1e-6
            )


@pytest.mark.parametrize("call", ["call", "predict", "train_on_batch"])
def test_a_model_built_on_data_still_refuses_what_a_layer_cannot_take(call):
    model = keras.Sequential([layers.Flatten(), layers.Dense(2, name="head")])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((2, 3, 4)), np.ones((2, 2)))
    weights = model.get_weights()
    run = {
        "call": lambda x: model(x),
        "predict": lambda x: model.predict(x, verbose=0),
        "train_on_batch": lambda x: model.train_on_batch(x, np.ones((2, 2))),
    }[call]
    for shape, words in (((2, 4, 4), "'head'.*size 12, found 16"), ((2, 12), r"\(None, 3, 4\)")):
        with pytest.raises(ValueError, match=words):
            run(np.ones(shape))
    for before, after in zip(weights, model.get_weights()):
        np.testing.assert_array_equal(before, after)
    run(np.ones((2, 4, 3)))  # 12 all the same
