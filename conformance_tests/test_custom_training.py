"""Methods of Model that users override, written once with keraslite.ops, on every engine."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import agree, on_engine
from keraslite import layers, metrics, ops

ROWS = 32
rng = np.random.default_rng(71)
X = rng.normal(size=(ROWS, 4))
Y = X[:, :1] - X[:, 1:2]


class Plain(keras.Model):
    """A subclassed model, which is built on its first data."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(6, "tanh")
        self.drop = layers.Dropout(0.2)
        self.norm = layers.BatchNormalization()
        self.last = layers.Dense(1)

    def call(self, inputs, training=False):
        x = self.drop(self.hidden(inputs), training=training)
        return self.last(self.norm(x, training=training))


class OwnSteps(Plain):
    """All steps by hand, with metrics of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.tracker = metrics.Mean(name="loss")
        self.error = metrics.MeanAbsoluteError(name="error")

    @property
    def metrics(self):
        return [self.tracker, self.error]

    def train_step(self, data):
        x, y = data

        def loss_of(_):
            prediction = self(x, training=True)
            return ops.mean(ops.square(y - prediction)), prediction

        variables = self.trainable_variables
        (loss, prediction), gradients = ops.value_and_grad(loss_of, has_aux=True)(variables)
        self.optimizer.apply(gradients, variables)
        return self.update(loss, y, prediction)

    def test_step(self, data):
        x, y = data[:2]
        prediction = self(x, training=False)
        return self.update(ops.mean(ops.square(y - prediction)), y, prediction)

    def update(self, loss, y, prediction):
        self.tracker.update_state(loss)
        self.error.update_state(y, prediction)
        return {m.name: m.result() for m in self.metrics}

    def predict_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        return 2 * self(x, training=False)


class OwnLoss(Plain):
    """compute_loss and compute_metrics replaced, the rest inherited."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.size = metrics.Mean(name="size")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.abs(y - y_pred)) + sum(self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        results = super().compute_metrics(x, y, y_pred, sample_weight)
        self.size.update_state(ops.abs(y_pred))
        results["size"] = self.size.result()
        return results


class Adversary(keras.Model):
    """Two models with an optimizer each, which train against each other in one step."""

    def __init__(self):
        super().__init__()
        self.maker = keras.Sequential([keras.Input((2,)), layers.Dense(4)])
        self.judge = keras.Sequential([keras.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(1)])
        self.seeds = keras.random.SeedGenerator(7)

    def compile(self, first, second):
        super().compile()
        self.first, self.second = first, second
        self.judge_loss = metrics.Mean(name="judge")
        self.maker_loss = metrics.Mean(name="maker")
        first.build(self.judge.trainable_variables)
        second.build(self.maker.trainable_variables)

    def call(self, inputs):
        return self.judge(inputs)

    def train_step(self, real):
        noise = keras.random.normal((ops.shape(real)[0], 2), seed=self.seeds)

        def judged(variables):
            return ops.mean(self.judge(self.maker(noise))) - ops.mean(self.judge(real))

        def made(variables):
            return -ops.mean(self.judge(self.maker(noise)))

        loss, gradients = ops.value_and_grad(judged)(self.judge.trainable_variables)
        self.first.apply(gradients, self.judge.trainable_variables)
        self.judge_loss.update_state(loss)
        loss, gradients = ops.value_and_grad(made)(self.maker.trainable_variables)
        self.second.apply(gradients, self.maker.trainable_variables)
        self.maker_loss.update_state(loss)
        return {"judge": self.judge_loss.result(), "maker": self.maker_loss.result()}


class Recurring(layers.Layer):
    """A layer with state of its own and a loss, which changes at each call."""

    def build(self, input_shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, inputs):
        self.calls.assign_add(1)
        self.add_loss(0.01 * ops.sum(ops.abs(inputs)) * self.calls)
        return inputs * self.scale


def trained(make, *compile_args, **config):
    model = make()
    model.compile(*compile_args, **config)
    history = model.fit(X, Y, batch_size=8, epochs=3, verbose=0, validation_data=(X, Y))
    found = [model.evaluate(X, Y, verbose=0, return_dict=True), model.predict(X, verbose=0)]
    return history.history, found, model.get_weights()


def test_subclassed_model(backend, reference):
    def run():
        return trained(Plain, keras.optimizers.Adam(0.01), "mse", metrics=["mae"])

    history, _, weights = agree(reference, run)
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"} and len(weights) == 8


@pytest.mark.parametrize("eagerly", [False, True])
def test_steps_by_hand(eagerly, backend, reference):
    def run():
        return trained(OwnSteps, keras.optimizers.SGD(0.1), run_eagerly=eagerly)

    history, (evaluated, outputs), _ = agree(reference, run)
    assert list(history) == ["loss", "error", "val_loss", "val_error"]
    assert evaluated["loss"] == pytest.approx(np.mean((outputs / 2 - Y) ** 2), rel=1e-9)
    assert history["val_loss"][-1] < history["val_loss"][0]


def test_loss_and_metrics_by_hand(backend, reference):
    def run():
        return trained(OwnLoss, keras.optimizers.SGD(0.05), "mse", metrics=["mae"])

    history, (evaluated, outputs), _ = agree(reference, run)
    assert set(history) == {"loss", "mae", "size", "val_loss", "val_mae", "val_size"}
    assert evaluated["loss"] == pytest.approx(np.mean(np.abs(outputs - Y)), rel=1e-9)
    assert evaluated["size"] == pytest.approx(np.mean(np.abs(outputs)), rel=1e-9)


def test_two_optimizers_in_one_step(backend, reference):
    def run():
        model = Adversary()
        model.compile(keras.optimizers.Adam(0.02), keras.optimizers.Adam(0.01))
        history = model.fit(X, batch_size=8, epochs=3, verbose=0).history
        return history, model.get_weights(), model.seeds.state.numpy()

    history, _, _ = agree(reference, run)
    assert set(history) == {"judge", "maker"}


def test_layers_with_state_and_losses(backend, reference):
    def make():
        return keras.Sequential([keras.Input((4,)), Recurring(), layers.Dense(1)])

    def run():
        return trained(make, keras.optimizers.SGD(0.01), "mse")

    _, _, weights = agree(reference, run)
    # 4 steps and 4 batches of validation an epoch; one batch each to evaluate and to predict.
    assert float(weights[1]) == 3 * (4 + 4) + 1 + 1


def test_gradient_penalty_in_a_step(backend, reference):
    """A gradient inside the function that is differentiated."""

    class Smooth(Plain):
        def train_step(self, data):
            x, y = data[:2]

            def loss_of(variables):
                def output(x):
                    return ops.sum(self.last(self.hidden(x)))

                slope = ops.value_and_grad(output)(x)[1]
                return ops.mean(ops.square(self(x) - y)) + ops.mean(ops.square(slope))

            loss, gradients = ops.value_and_grad(loss_of)(self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"loss": loss}

    def run():
        model = Smooth()
        model.compile(keras.optimizers.SGD(0.1), "mse")
        return model.fit(X, Y, batch_size=8, epochs=3, verbose=0).history, model.get_weights()

    history, _ = agree(reference, run)
    assert history["loss"][-1] < history["loss"][0]


def test_stateless_call(backend):
    def run():
        model = Plain()
        model.build((None, 4))
        trainable = [v.value for v in model.trainable_variables]
        fixed = [v.value for v in model.non_trainable_variables]
        before = model.get_weights()
        outputs, new = model.stateless_call(trainable, fixed, X, training=True)
        for one, wanted in zip(model.get_weights(), before):
            np.testing.assert_array_equal(one, wanted)
        changed = [not np.array_equal(*map(ops.convert_to_numpy, pair)) for pair in zip(fixed, new)]
        return outputs.shape, changed

    shape, changed = on_engine(run)
    assert tuple(shape) == (ROWS, 1) and all(changed) and len(changed) == 3


class Counting(keras.Model):
    """Keeps plain Python values, and optimizers in a list and a dict."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.count, self.seen, self.by_kind = 0, [], {"biases": keras.optimizers.SGD(0.1)}
        self.others = [keras.optimizers.Adam(0.1)]

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        self.count += 1
        self.seen.append(self.count)
        x, y = data

        def loss_of(_):
            return ops.mean(ops.square(self(x, training=True) - y))

        weights = self.trainable_variables
        loss, gradients = ops.value_and_grad(loss_of)(weights)
        for optimizer, gradient, weight in zip(
            [*self.others, self.by_kind["biases"]], gradients, weights
        ):
            optimizer.apply([gradient], [weight])
        return {"parts": {"loss": loss, "double": 2 * loss}, "rate": 0.5}


def test_steps_are_tried_without_a_trace(backend):
    model = Counting()
    model.compile(run_eagerly=True)
    model.fit(X, Y, batch_size=ROWS // 2, epochs=2, verbose=0)
    assert model.count == 4 and model.seen == [1, 2, 3, 4]
    assert [int(o.iterations) for o in (*model.others, model.by_kind["biases"])] == [4, 4]


def test_logs_of_any_form_and_optimizers_anywhere(backend, reference):
    def run():
        model = Counting()
        model.compile()
        return model.fit(X, Y, batch_size=8, epochs=3, verbose=0).history, model.get_weights()

    history, _ = agree(reference, run)
    assert set(history) == {"loss", "double", "rate"} and history["rate"] == [0.5] * 3
    np.testing.assert_allclose(history["double"], np.multiply(2, history["loss"]))
    assert history["loss"][-1] < history["loss"][0]
