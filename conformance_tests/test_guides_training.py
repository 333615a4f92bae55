"""What users write after Keras's guides to training: steps and loops of their own, in the portable
way and in their engine's, callbacks, saving."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import values
from keraslite import layers, ops

rng = np.random.default_rng(213)
X = rng.normal(size=(24, 5)).astype("float32")
Y = X.sum(1, keepdims=True)
LABELS = rng.integers(0, 3, 24)
EPOCHS = 3


def regression(cls=keras.Model, **config):
    """A small model, the same whenever it is made."""
    keras.utils.set_random_seed(1)
    x = keras.Input((5,))
    hidden = layers.Dense(4, activation="tanh")(x)
    model = cls(x, layers.Dense(1)(layers.BatchNormalization()(hidden)))
    model.compile(**{"optimizer": keras.optimizers.Adam(0.01), "loss": "mse", **config})
    return model


def losses_of(model):
    return model.fit(X, Y, batch_size=8, epochs=EPOCHS, verbose=0).history["loss"]


# ---- train_step in each engine's own style ----


class Portable(keras.Model):
    def train_step(self, data):
        x, y = data

        def loss_of(_):
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred), y_pred

        variables = self.trainable_variables
        (loss, y_pred), gradients = ops.value_and_grad(loss_of, has_aux=True)(variables)
        self.optimizer.apply(gradients, variables)
        return self.updated(y, y_pred, loss)

    def updated(self, y, y_pred, loss):
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


class Torch(Portable):
    def train_step(self, data):
        import torch

        x, y = data
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        loss.backward()
        weights = self.trainable_weights
        gradients = [v.value.grad for v in weights]
        with torch.no_grad():
            self.optimizer.apply(gradients, weights)
            return self.updated(y, y_pred, loss)


class Tensorflow(Portable):
    def train_step(self, data):
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return self.updated(y, y_pred, loss)


class Jax(keras.Model):
    def loss_and_updates(self, trainable, fixed, x, y):
        y_pred, fixed = self.stateless_call(trainable, fixed, x, training=True)
        return self.compute_loss(x, y, y_pred), (y_pred, fixed)

    def train_step(self, state, data):
        import jax

        trainable, fixed, optimizer, metrics = state
        x, y = data
        gradient = jax.value_and_grad(self.loss_and_updates, has_aux=True)
        (loss, (y_pred, fixed)), grads = gradient(trainable, fixed, x, y)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, grads, trainable)
        logs, metrics = self.updated(metrics, y, y_pred, loss)
        return logs, (trainable, fixed, optimizer, metrics)

    def test_step(self, state, data):
        trainable, fixed, metrics = state
        x, y = data
        y_pred, fixed = self.stateless_call(trainable, fixed, x, training=False)
        logs, metrics = self.updated(metrics, y, y_pred, self.compute_loss(x, y, y_pred))
        return logs, (trainable, fixed, metrics)

    def predict_step(self, state, data):
        outputs, fixed = self.stateless_call(*state, data)
        return outputs, (state[0], fixed)

    def updated(self, values, y, y_pred, loss):
        logs, new = {}, []
        for metric in self.metrics:
            own = values[len(new) : len(new) + len(metric.variables)]
            given = (loss,) if metric.name == "loss" else (y, y_pred)
            own = metric.stateless_update_state(own, *given)
            logs[metric.name] = metric.stateless_result(own)
            new += own
        return logs, new


NATIVE = {"torch": Torch, "tensorflow": Tensorflow, "jax": Jax}


@pytest.mark.parametrize("eagerly", [False, True])
def test_steps_by_hand_train_as_fit_does(eagerly, backend):
    plain = regression(metrics=["mae"])
    wanted = losses_of(plain)
    for cls in (Portable, NATIVE.get(backend.name, Portable)):
        model = regression(cls, metrics=["mae"], run_eagerly=eagerly)
        np.testing.assert_allclose(losses_of(model), wanted, rtol=1e-4)
        for one, other in zip(model.get_weights(), plain.get_weights()):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(
            model.evaluate(X, Y, verbose=0), plain.evaluate(X, Y, verbose=0), rtol=1e-3
        )
        np.testing.assert_allclose(
            model.predict(X, verbose=0), plain.predict(X, verbose=0), rtol=1e-3, atol=1e-4
        )


# ---- loops ----


def portable_loop(model, optimizer, loss_fn, metric):
    for _ in range(EPOCHS):

        def loss_of(_):
            logits = model(X, training=True)
            return loss_fn(LABELS, logits), logits

        weights = model.trainable_variables
        (loss, logits), gradients = ops.value_and_grad(loss_of, has_aux=True)(weights)
        optimizer.apply(gradients, weights)
        metric.update_state(LABELS, logits)
        yield float(loss)


def torch_loop(model, optimizer, loss_fn, metric):
    import torch

    x, labels = torch.tensor(X), torch.tensor(LABELS)
    for _ in range(EPOCHS):
        logits = model(x, training=True)
        loss = loss_fn(labels, logits)
        model.zero_grad()
        loss.backward()
        weights = model.trainable_weights
        with torch.no_grad():
            optimizer.apply([v.value.grad for v in weights], weights)
        metric.update_state(labels, logits)
        yield loss.item()


def tensorflow_loop(model, optimizer, loss_fn, metric):
    import tensorflow as tf

    optimizer.build(model.trainable_variables)

    @tf.function
    def step(x, labels):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_fn(labels, logits)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply(gradients, model.trainable_weights)
        metric.update_state(labels, logits)
        return loss

    for _ in range(EPOCHS):
        yield float(step(X, LABELS))


def jax_loop(model, optimizer, loss_fn, metric):
    import jax

    optimizer.build(model.trainable_variables)

    def loss_of(trainable, fixed, x, labels):
        logits, fixed = model.stateless_call(trainable, fixed, x, training=True)
        return loss_fn(labels, logits), (logits, fixed)

    @jax.jit
    def step(state, x, labels):
        trainable, fixed, slots, totals = state
        gradient = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (logits, fixed)), grads = gradient(trainable, fixed, x, labels)
        trainable, slots = optimizer.stateless_apply(slots, grads, trainable)
        totals = metric.stateless_update_state(totals, labels, logits)
        return loss, (trainable, fixed, slots, totals)

    groups = [model.trainable_variables, model.non_trainable_variables, optimizer.variables,
              metric.variables]  # fmt: skip
    state = tuple([v.value for v in group] for group in groups)
    for _ in range(EPOCHS):
        loss, state = step(state, X, LABELS)
        yield float(loss)
    for group, new in zip(groups, state):
        for variable, value in zip(group, new):
            variable.assign(value)


LOOPS = {"torch": torch_loop, "tensorflow": tensorflow_loop, "jax": jax_loop}


def test_loops_by_hand(backend):
    def run(loop):
        keras.utils.set_random_seed(2)
        words = keras.Input((5,))
        x = layers.Embedding(6, 4)(ops.cast(ops.abs(words), "int32"))
        x = layers.concatenate([layers.Flatten()(x), words])
        model = keras.Model(words, layers.Dense(3)(layers.BatchNormalization()(x)))
        metric = keras.metrics.SparseCategoricalAccuracy()
        optimizer = keras.optimizers.Adam(0.01, clipnorm=1.0)
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        losses = list(loop(model, optimizer, loss_fn, metric))
        result = float(metric.result()), int(optimizer.iterations), model.get_weights()
        metric.reset_state()
        assert float(metric.result()) == 0
        return losses, result

    losses, (accuracy, count, weights) = run(LOOPS.get(backend.name, portable_loop))
    wanted, (wanted_accuracy, wanted_count, wanted_weights) = run(portable_loop)
    assert losses[-1] < losses[0] and count == wanted_count == EPOCHS
    np.testing.assert_allclose([*losses, accuracy], [*wanted, wanted_accuracy], rtol=1e-4)
    for one, other in zip(weights, wanted_weights):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_stateless_apply_is_apply_and_changes_nothing(name, backend):
    optimizer = getattr(keras.optimizers, name)(0.1)
    variables = [keras.Variable([1.0, 2.0]), keras.Variable([[3.0]])]
    gradients = [ops.array([0.5, -0.5]), ops.array([[2.0]])]
    with pytest.raises(ValueError, match="build"):
        optimizer.stateless_apply([], gradients, [])
    optimizer.build(variables)
    given = [v.value for v in variables], [v.value for v in optimizer.variables]
    before = [v.numpy() for v in (*variables, *optimizer.variables)]
    trained, slots = optimizer.stateless_apply(given[1], gradients, given[0])
    for kept, wanted in zip((*given[0], *given[1]), before):
        np.testing.assert_array_equal(values(kept), wanted)
    for variable, wanted in zip((*variables, *optimizer.variables), before):
        np.testing.assert_array_equal(variable.numpy(), wanted)
    optimizer.apply(gradients, variables)
    for variable, value in zip((*variables, *optimizer.variables), (*trained, *slots)):
        np.testing.assert_allclose(variable.numpy(), values(value), rtol=1e-4)
    with pytest.raises(ValueError, match="variables, found 1"):
        optimizer.stateless_apply([], gradients, given[0][:1])


# ---- own losses and metrics in a model ----


class OwnLoss(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tracker = keras.metrics.Mean(name="loss")
        self.mae = keras.metrics.MeanAbsoluteError(name="mae")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = ops.mean(ops.square(y - y_pred))
        self.tracker.update_state(loss)
        self.mae.update_state(y, y_pred)
        return loss

    @property
    def metrics(self):
        return [self.tracker, self.mae]


def test_compute_loss_and_metrics_of_ones_own(backend):
    model = regression(OwnLoss, loss=None)
    history = model.fit(X, Y, batch_size=8, epochs=EPOCHS, verbose=0).history
    assert sorted(history) == ["loss", "mae"]
    np.testing.assert_allclose(history["loss"], losses_of(regression()), rtol=1e-4)
    results = model.evaluate(X, Y, verbose=0, return_dict=True)
    errors = np.abs(model.predict(X, verbose=0) - Y)
    assert results == pytest.approx({"loss": (errors**2).mean(), "mae": errors.mean()}, rel=1e-4)


class Adversarial(keras.Model):
    """Two networks, two optimizers, given to a `compile` of its own."""

    def __init__(self):
        super().__init__()
        self.critic = keras.Sequential(
            [keras.Input((5,)), layers.Dense(4, "relu"), layers.Dense(1)]
        )
        self.maker = keras.Sequential([keras.Input((2,)), layers.Dense(5)])
        self.seed_generator = keras.random.SeedGenerator(7)
        self.critic_loss = keras.metrics.Mean(name="critic_loss")
        self.maker_loss = keras.metrics.Mean(name="maker_loss")
        self.built = True

    def compile(self, critic_optimizer, maker_optimizer, loss_fn):
        super().compile()
        self.critic_optimizer, self.maker_optimizer = critic_optimizer, maker_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.critic_loss, self.maker_loss]

    def improve(self, network, optimizer, x_of, labels):
        def loss_of(_):
            return self.loss_fn(labels, self.critic(x_of()))

        loss, gradients = ops.value_and_grad(loss_of)(network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    def train_step(self, real):
        rows = ops.shape(real)[0]
        noise = keras.random.normal((rows, 2), seed=self.seed_generator)
        both = ops.concatenate([self.maker(noise), real], axis=0)
        labels = ops.concatenate([ops.ones((rows, 1)), ops.zeros((rows, 1))], axis=0)
        loss = self.improve(self.critic, self.critic_optimizer, lambda: both, labels)
        self.critic_loss.update_state(loss)
        labels = ops.zeros((rows, 1))
        loss = self.improve(self.maker, self.maker_optimizer, lambda: self.maker(noise), labels)
        self.maker_loss.update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}


def test_two_networks_with_an_optimizer_each(backend):
    keras.utils.set_random_seed(3)
    model = Adversarial()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01), loss)
    before = model.get_weights()
    history = model.fit(X + 3, batch_size=8, epochs=EPOCHS, verbose=0).history
    assert sorted(history) == ["critic_loss", "maker_loss"]
    assert history["critic_loss"][-1] < history["critic_loss"][0]
    assert int(model.maker_optimizer.iterations) == 3 * EPOCHS
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
