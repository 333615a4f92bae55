"""What users write after Keras's guides to saving and to callbacks."""

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops

rng = np.random.default_rng(214)
X = rng.normal(size=(16, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


@keras.saving.register_keras_serializable(package="guides")
class Scaled(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="guides", name="squared")
def square(x):
    return x**2


def test_whole_model_goes_on_training_where_it_was(backend, tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(1, activation=square)(Scaled(0.5)(x)))
    model.compile("adam", "mean_squared_error", metrics=["mae"])
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 2
    assert loaded.get_config()["layers"][1]["registered_name"] == "guides>Scaled"
    one, other = (
        m.fit(X, Y, epochs=3, shuffle=False, verbose=0).history for m in (model, loaded)
    )  # fmt: skip
    for name in ("loss", "mae"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-5)


class Unregistered(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, x):
        return ops.matmul(x, self.kernel)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def double_tanh(x):
    return 2 * ops.tanh(x)


def test_objects_passed_when_loading(backend, tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, layers.Activation(double_tanh)(Unregistered(3)(x)))
    model.save(tmp_path / "model.keras")
    objects = {"Unregistered": Unregistered, "double_tanh": double_tanh}
    with pytest.raises(ValueError, match="'Unregistered'"):
        keras.models.load_model(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", custom_objects=objects)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    with keras.saving.custom_object_scope(objects):
        copies = [keras.Model.from_config(model.get_config()), keras.models.clone_model(model)]
    for copy in copies:
        copy.set_weights(model.get_weights())
        np.testing.assert_array_equal(copy.predict(X, verbose=0), model.predict(X, verbose=0))


def test_layers_as_json(backend):
    config = layers.serialize(layers.Dense(3, activation="relu"))
    assert (config["module"], config["class_name"]) == ("keras.layers", "Dense")
    assert layers.deserialize(config).units == 3


class BuiltWithMore(Unregistered):
    """`build` takes more than a shape."""

    def build(self, input_shape, initializer):
        self.built_from = {"input_shape": input_shape, "initializer": initializer}
        self.kernel = self.add_weight((input_shape[-1], self.units), initializer)

    def get_build_config(self):
        return self.built_from

    def build_from_config(self, config):
        self.build(tuple(config["input_shape"]), config["initializer"])


class Noted(Unregistered):
    """Keeps something in the weights file that is no Variable."""

    note = 0.0

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["note"] = np.array(self.note)

    def load_own_variables(self, store):
        self.note = float(np.array(store["note"]))
        self.kernel.assign(np.array(store["0"]))


def test_build_with_more_than_shapes(backend, tmp_path):
    layer = BuiltWithMore(2)
    layer.build((None, 4), "ones")
    model = keras.Sequential([keras.Input((4,)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(
        tmp_path / "model.keras", custom_objects={"BuiltWithMore": BuiltWithMore}
    )
    assert loaded.layers[0].built_from["initializer"] == "ones"
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_own_entries_in_a_weights_file(backend, tmp_path):
    models = [keras.Sequential([keras.Input((4,)), Noted(2)]) for _ in range(2)]
    models[0].layers[0].note = 42.0
    models[0].save_weights(tmp_path / "m.weights.h5")
    models[1].load_weights(tmp_path / "m.weights.h5")
    assert models[1].layers[0].note == 42.0
    np.testing.assert_array_equal(models[1].get_weights()[0], models[0].get_weights()[0])


class Journal(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.lines = []

    def on_train_begin(self, logs=None):
        self.lines.append("train")

    def on_epoch_begin(self, epoch, logs=None):
        self.lines.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs=None):
        self.lines.append(f"batch {batch}: {' '.join(sorted(logs))}")

    def on_test_begin(self, logs=None):
        self.lines.append("test")

    def on_test_end(self, logs=None):
        self.lines.append(f"tested: {' '.join(sorted(logs))}")

    def on_epoch_end(self, epoch, logs=None):
        self.lines.append(f"end: {' '.join(sorted(logs))}")

    def on_train_end(self, logs=None):
        self.lines.append("trained")


class StopAtLoss(keras.callbacks.Callback):
    """Stops when the loss does not sink, and brings the best weights back."""

    def on_train_begin(self, logs=None):
        self.best, self.weights = np.inf, None

    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < self.best:
            self.best, self.weights = logs["loss"], self.model.get_weights()
        else:
            self.model.stop_training = True
            self.model.set_weights(self.weights)


class Rate(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.05 if epoch < 2 else 1e3  # which cannot go well


def test_callbacks_of_ones_own(backend):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    journal = Journal()
    model.fit(X, Y, batch_size=8, validation_split=0.5, verbose=0, callbacks=[journal])
    assert journal.lines == [
        "train", "epoch 0", "batch 0: loss mae", "test", "tested: loss mae",
        "end: loss mae val_loss val_mae", "trained",
    ]  # fmt: skip
    callbacks = [StopAtLoss(), Rate()]
    history = model.fit(X, Y, batch_size=8, epochs=9, verbose=0, callbacks=callbacks).history
    assert len(history["loss"]) == 3 and history["loss"][1] < history["loss"][0]
    assert model.evaluate(X, Y, verbose=0)[0] < 10
