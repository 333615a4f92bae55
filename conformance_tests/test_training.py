"""fit, evaluate, predict and their arguments: the same numbers as NumPy, and what they mean."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import agree, on_engine
from keraslite import layers, ops
from keraslite.backend.context import temporarily

ROWS = 40
rng = np.random.default_rng(51)
X = rng.normal(size=(ROWS, 4))
LABELS = rng.integers(0, 3, ROWS)
Y = X[:, :1] * X[:, 1:2] + 0.1 * rng.normal(size=(ROWS, 1))
WEIGHTS = rng.uniform(0.1, 2, ROWS)


def classifier():
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(3, "softmax")]
    )


def compiled(make=classifier, loss="sparse_categorical_crossentropy", **config):
    """A compiled model and the options of `fit` that all tests share."""
    model = make()
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss, **config)
    return model


def fitted(model, *data, batch_size=8, epochs=3, **options):
    """{"history": ..., "weights": ...} after training."""
    history = model.fit(*data, batch_size=batch_size, epochs=epochs, verbose=0, **options)
    return {"history": history.history, "weights": model.get_weights()}


def same(one, other):
    """Whether two results of `fitted` hold the same numbers."""
    for w, v in zip(one["weights"], other["weights"]):
        np.testing.assert_allclose(w, v, rtol=1e-9, atol=1e-12)
    assert list(one["history"]) == list(other["history"])
    for name, values in one["history"].items():
        np.testing.assert_allclose(values, other["history"][name], rtol=1e-9)


def in_float64(fn, seed=0):
    return on_engine(fn, dtype="float64", seed=seed)


# ---- weights of samples, validation ----


def test_metrics_and_sample_weights(backend, reference):
    def run():
        model = compiled(
            metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top")],
            weighted_metrics=["accuracy", "sparse_categorical_crossentropy"],
        )
        result = fitted(model, X, LABELS, sample_weight=WEIGHTS)
        result["evaluated"] = model.evaluate(
            X, LABELS, sample_weight=WEIGHTS, verbose=0, return_dict=True
        )
        result["list"] = model.evaluate(X, LABELS, batch_size=7, verbose=0)
        return result

    result = agree(reference, run)
    names = ["loss", "accuracy", "top", "weighted_accuracy", "sparse_categorical_crossentropy"]
    assert list(result["history"]) == list(result["evaluated"]) == names
    assert len(result["list"]) == len(names)


def test_weight_zero_leaves_samples_out(backend):
    kept = np.arange(ROWS) < 32  # the last batch of 8 has no weight

    def run(*data, **options):
        model = classifier()
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
        return fitted(model, *data, shuffle=False, **options)

    weighted = in_float64(lambda: run(X, LABELS, sample_weight=kept * 1.0))
    fewer = in_float64(lambda: run(X[kept], LABELS[kept]))
    same({**weighted, "history": {}}, {**fewer, "history": {}})
    # The loss is the mean over all rows, those of weight 0 included.
    found = np.array(weighted["history"]["loss"])
    np.testing.assert_allclose(found * ROWS / 32, fewer["history"]["loss"], rtol=1e-9)


def test_class_weight_is_a_sample_weight(backend, reference):
    table = {0: 0.5, 1: 2.0}
    weights = np.where(LABELS == 0, 0.5, np.where(LABELS == 1, 2.0, 1.0))
    by_class = agree(reference, lambda: fitted(compiled(), X, LABELS, class_weight=table))
    by_sample = in_float64(lambda: fitted(compiled(), X, LABELS, sample_weight=weights))
    same(by_class, by_sample)


def test_validation(backend, reference):
    """The last rows validate; data given as such do the same; a frequency leaves epochs out."""

    def run(**options):
        return fitted(compiled(metrics=["accuracy"]), *options.pop("data"), **options)

    split = agree(reference, lambda: run(data=(X, LABELS), validation_split=0.2))
    assert len(split["history"]["val_loss"]) == 3 and "val_accuracy" in split["history"]
    cut = ROWS - 8
    held = (X[cut:], LABELS[cut:])
    data = in_float64(lambda: run(data=(X[:cut], LABELS[:cut]), validation_data=held))
    same(split, data)
    rare = in_float64(
        lambda: run(data=(X[:cut], LABELS[:cut]), validation_data=held, validation_freq=2)
    )
    assert rare["history"]["val_loss"] == split["history"]["val_loss"][1:2]
    listed = in_float64(
        lambda: run(data=(X[:cut], LABELS[:cut]), validation_data=held, validation_freq=[1, 3])
    )
    assert listed["history"]["val_loss"] == split["history"]["val_loss"][::2]
    weighted = agree(
        reference,
        lambda: run(
            data=(X[:cut], LABELS[:cut]), validation_data=(*held, WEIGHTS[cut:]),
            validation_batch_size=3, validation_steps=2,
        ),
    )  # fmt: skip
    assert weighted["history"]["val_loss"] != split["history"]["val_loss"]


# ---- steps and epochs ----


def test_steps_per_execution_changes_no_number(backend, reference):
    def run(steps):
        model = compiled(metrics=["accuracy"], steps_per_execution=steps)
        result = fitted(model, X, LABELS, validation_split=0.25)
        result["evaluated"] = model.evaluate(X, LABELS, batch_size=6, verbose=0)
        result["predicted"] = model.predict(X, batch_size=6, verbose=0)
        return result

    one = agree(reference, run, 1)
    three = agree(reference, run, 3)  # divides neither 4 training nor 7 evaluation batches
    same(one, three)
    np.testing.assert_allclose(one["evaluated"], three["evaluated"], rtol=1e-9)
    np.testing.assert_allclose(one["predicted"], three["predicted"], rtol=1e-9)
    assert three["predicted"].shape == (ROWS, 3)


def test_initial_epoch_and_steps_per_epoch(backend, reference):
    def run():
        model = compiled()
        history = model.fit(X, LABELS, batch_size=8, epochs=4, initial_epoch=2, verbose=0)
        short = model.fit(X, LABELS, batch_size=8, epochs=4, steps_per_epoch=2, verbose=0)
        steps = int(model.optimizer.iterations)
        return history.epoch, history.history, short.history, steps, model.get_weights()

    epochs, history, short, steps, _ = agree(reference, run)
    assert epochs == [2, 3] and len(history["loss"]) == 2
    assert len(short["loss"]) == 4 and steps == 2 * 5 + 4 * 2


@pytest.mark.filterwarnings("ignore")  # compilers warn about what they find
@pytest.mark.parametrize("config", [{"run_eagerly": True}, {"jit_compile": False},
                                    {"jit_compile": True}])  # fmt: skip
def test_ways_of_compiling_change_no_number(config, backend, reference):
    usual = in_float64(lambda: fitted(compiled(metrics=["accuracy"]), X, LABELS))
    other = agree(reference, lambda: fitted(compiled(metrics=["accuracy"], **config), X, LABELS))
    same(usual, other)


def test_shuffle(backend, reference):
    plain = agree(reference, lambda: fitted(compiled(), X, LABELS, shuffle=False))
    mixed = agree(reference, lambda: fitted(compiled(), X, LABELS))
    batches = agree(reference, lambda: fitted(compiled(), X, LABELS, shuffle="batch"))
    losses = [r["history"]["loss"] for r in (plain, mixed, batches)]
    assert losses[0] != losses[1] != losses[2] != losses[0]


# ---- single batches ----


def test_single_batches(backend, reference):
    def run():
        model = compiled(metrics=["accuracy"])
        results = [model.train_on_batch(X[i : i + 8], LABELS[i : i + 8]) for i in (0, 8, 16)]
        weighted = model.train_on_batch(
            X[:8], LABELS[:8], sample_weight=WEIGHTS[:8], return_dict=True
        )
        by_class = model.train_on_batch(X[:8], LABELS[:8], class_weight={0: 3.0})
        tested = model.test_on_batch(X, LABELS, return_dict=True)
        whole = model.evaluate(X, LABELS, batch_size=ROWS, verbose=0, return_dict=True)
        assert whole == pytest.approx(tested, rel=1e-12)
        assert model.test_on_batch(X, LABELS, return_dict=True) == tested
        outputs = model.predict_on_batch(X[:5])
        assert outputs.shape == (5, 3)
        return results, weighted, by_class, tested, outputs, model.get_weights()

    _, weighted, _, tested, _, _ = agree(reference, run)
    assert set(weighted) == set(tested) == {"loss", "accuracy"}


def test_predict_equals_call(backend):
    def run():
        model = classifier()
        called = ops.convert_to_numpy(model(X))
        assert isinstance(model.predict(X, verbose=0), np.ndarray)
        return called, model.predict(X, batch_size=7, verbose=0), model.predict(X, verbose=0)

    called, *predicted = in_float64(run)
    for one in predicted:
        np.testing.assert_allclose(one, called, rtol=1e-9)


# ---- several inputs and outputs ----


def branched(outputs):
    """A model of two inputs and two outputs; `outputs` makes the nest of the latter."""
    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    hidden = layers.Dense(6, "tanh")(layers.Concatenate()([a, b]))
    label = layers.Dense(3, "softmax", name="label")(hidden)
    number = layers.Dense(1, name="number")(hidden)
    return keras.Model([a, b], outputs(label, number))


LISTED = {
    "loss": ["sparse_categorical_crossentropy", "mse"],
    "loss_weights": [1.0, 0.3],
    "metrics": [["accuracy"], ["mae"]],
}
NAMED = {
    "loss": {"label": "sparse_categorical_crossentropy", "number": "mse"},
    "loss_weights": {"label": 1.0, "number": 0.3},
    "metrics": {"label": "accuracy", "number": ["mae"]},
}
LOGGED = {"loss", "label_loss", "number_loss", "label_accuracy", "number_mae"}


def test_lists_and_dicts_of_inputs_and_outputs(backend, reference):
    def run(named_outputs, config, named_data):
        nest = (lambda p, q: {"label": p, "number": q}) if named_outputs else lambda p, q: [p, q]
        model = compiled(lambda: branched(nest), **config)
        if named_data:
            x, y = {"b": X[:, :2], "a": X}, {"number": Y, "label": LABELS}
            weights = {"number": WEIGHTS, "label": WEIGHTS * 0.5}
        else:
            x, y, weights = [X, X[:, :2]], [LABELS, Y], [WEIGHTS * 0.5, WEIGHTS]
        result = fitted(model, x, y, sample_weight=weights, validation_split=0.2)
        result["predicted"] = model.predict(x, verbose=0)
        if named_outputs:
            result["predicted"] = [result["predicted"][n] for n in ("label", "number")]
        return result

    listed = agree(reference, run, False, LISTED, False)
    assert set(listed["history"]) == LOGGED | {f"val_{name}" for name in LOGGED}
    named = agree(reference, run, True, NAMED, True)
    same({**named, "history": {}}, {**listed, "history": {}})
    for name, values in listed["history"].items():
        np.testing.assert_allclose(named["history"][name], values, rtol=1e-9)
    by_name = agree(reference, run, False, NAMED, False)
    same({**by_name, "history": {}}, {**listed, "history": {}})
    for one, other in zip(listed["predicted"], named["predicted"]):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_an_output_without_a_loss(backend, reference):
    def run():
        model = compiled(lambda: branched(lambda p, q: [q, p]), ["mse", None])
        first = model.get_layer("label").get_weights()
        result = fitted(model, [X, X[:, :2]], [Y, LABELS])
        return first, model.get_layer("label").get_weights(), result

    first, last, result = agree(reference, run)
    np.testing.assert_array_equal(first[0], last[0])
    assert set(result["history"]) == {"loss"}


# ---- added losses, frozen layers ----


class Penalty(layers.Layer):
    """Adds the mean square of its inputs to the loss."""

    def call(self, inputs):
        self.add_loss(0.1 * ops.mean(ops.square(inputs)))
        return inputs


def test_add_loss_and_regularizers(backend, reference):
    def run(penalty):
        inner = [Penalty()] if penalty else []
        model = keras.Sequential(
            [keras.Input((4,)), layers.Dense(8, "tanh", kernel_regularizer="l2"), *inner,
             layers.Dense(1, activity_regularizer="l1")]
        )  # fmt: skip
        return fitted(compiled(lambda: model, "mse"), X, Y)

    plain, added = agree(reference, run, False), agree(reference, run, True)
    assert added["history"]["loss"][0] > plain["history"]["loss"][0]


def test_penalties_on_outputs_are_means_over_the_batch(backend, reference):
    def run(batch_size):
        dense = layers.Dense(2, use_bias=False, activity_regularizer=keras.regularizers.L1(0.5))
        model = keras.Sequential([keras.Input((4,)), dense])
        model.compile(keras.optimizers.SGD(0.0))
        outputs = model.predict(X, verbose=0)
        history = model.fit(X, batch_size=batch_size, verbose=0).history
        return history["loss"][0], 0.5 * np.abs(outputs).sum() / ROWS

    for batch_size in (8, ROWS):
        found, wanted = agree(reference, run, batch_size)
        assert found == pytest.approx(wanted, rel=1e-9)


def test_the_loss_may_come_from_layers_alone(backend, reference):
    def run():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3), Penalty()])
        model.compile(keras.optimizers.SGD(0.1))
        history = model.fit(X, batch_size=8, epochs=3, verbose=0).history
        return history, model.get_weights()

    history, _ = agree(reference, run)
    assert history["loss"][-1] < history["loss"][0]


def test_frozen_layers_stay(backend, reference):
    """Also when `trainable` changes between two calls of fit, after compiling again."""

    def run():
        model = keras.Sequential(
            [keras.Input((4,)), layers.Dense(8), layers.BatchNormalization(), layers.Dense(3)]
        )
        first, norm = model.layers[:2]
        config = {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
        first.trainable = norm.trainable = False
        model.compile(keras.optimizers.SGD(0.1), **config)
        before = model.get_weights()
        model.fit(X, LABELS, epochs=2, batch_size=8, verbose=0)
        half = model.get_weights()
        first.trainable = True
        model.compile(keras.optimizers.SGD(0.1), **config)
        model.fit(X, LABELS, epochs=2, batch_size=8, verbose=0)
        return before, half, model.get_weights()

    before, half, after = agree(reference, run)
    same_first = [np.array_equal(w, v) for w, v in zip(before, half)]
    same_second = [np.array_equal(w, v) for w, v in zip(half, after)]
    assert same_first == [True] * 6 + [False] * 2
    assert same_second == [False] * 2 + [True] * 4 + [False] * 2


# ---- two engines in one process ----


def test_models_remember_their_engine(backend, reference):
    """Two models, one on NumPy, are trained in turns, whichever is active."""

    def alternately():
        mine = compiled()
        with temporarily(backend=reference, device=None):
            other = compiled()
        for model in (mine, other, mine, other):
            model.fit(X, LABELS, batch_size=8, epochs=1, verbose=0, shuffle=False)
        assert backend.is_tensor(mine(X)) and reference.is_tensor(other(X))
        with temporarily(backend=reference, device=None):
            predicted = mine.predict(X, verbose=0)
        return mine.get_weights(), other.get_weights(), predicted, other.predict(X, verbose=0)

    mine, _, *predicted = in_float64(alternately)
    for rows in predicted:
        np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-9)
    alone = in_float64(lambda: fitted(compiled(), X, LABELS, epochs=2, shuffle=False)["weights"])
    for w, v in zip(mine, alone):
        np.testing.assert_allclose(w, v, rtol=1e-9)
