"""Training refuses wrong arguments and data: the error says what is wrong, and nothing changes."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import on_engine
from conformance_tests.refusals import LABELS, NUMBERS, X, classifier, refused
from keraslite import layers, ops


@pytest.fixture(scope="module")
def model(backend):
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    return model


COMPILE = [
    ({"optimizer": "adamm"}, ("optimizer", "'adamm'", "'adam'")),
    ({"optimizer": 5}, ("optimizer", "5")),
    ({"loss": "mean_squred_error"}, ("loss", "'mean_squared_error'")),
    ({"metrics": ["acuracy"]}, ("metric", "'acuracy'", "'accuracy'")),
    ({"metrics": ["mae"], "weighted_metrics": ["acuracy"]}, ("metric", "'accuracy'")),
    ({"steps_per_execution": 0}, ("steps_per_execution", "0")),
    ({"jit_compile": "yes"}, ("jit_compile", "'auto'", "'yes'")),
]


@pytest.mark.parametrize(("config", "words"), COMPILE)
def test_compile_names_what_it_does_not_know(config, words, backend, model):
    before = model.optimizer, model.loss
    with refused(*words, model=model):
        model.compile(**{"optimizer": "sgd", "loss": "mse", **config})
    assert (model.optimizer, model.loss) == before


# ---- data ----

WORDS = np.array([["a", "b", "c", "d"]] * 12)
RAGGED = [[1.0, 2.0], [3.0]]
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
DATA = {
    "columns": ((X[:, :3], LABELS), {}, ("classifier", "(None, 4)", "3)")),
    "rank": ((X[:, :, None, None], LABELS), {}, ("classifier", "(None, 4)", "4, 1, 1)")),
    "y shorter": ((X, LABELS[:7]), {}, ("x: 12", "y: 7")),
    "weights shorter": ((X, LABELS), {"sample_weight": np.ones(5)}, ("sample_weight: 5", "x: 12")),
    "strings": ((WORDS, LABELS), {}, ("`x`", "numeric")),
    "strings as y": ((X, WORDS[:, 0]), {}, ("`y`", "numeric")),
    "ragged": ((RAGGED, LABELS[:2]), {}, ("`x`", "equal length")),
    "scalar": ((1.0, LABELS), {}, ("`x`", "batch axis")),
    "empty": ((X[:0], LABELS[:0]), {}, ("x", "empty")),
    "no y": ((X,), {}, ("y is None",)),
    "y of probabilities": ((X, ONE_HOT), {}, ("categorical_crossentropy", "(batch, 3)")),
    "y too wide": ((X, np.stack([LABELS] * 4, 1)), {}, ("labels", "(batch, 4)")),
    "label too large": ((X, np.where(LABELS == 2, 7, LABELS)), {}, ("[0, 3)", "7", "3 units")),
    "label negative": ((X, LABELS - 1), {}, ("[0, 3)", "-1")),
    "label not whole": ((X, LABELS + 0.5), {}, ("integer labels", "0.5")),
    "NaN in x": ((np.where(np.arange(12)[:, None] == 5, np.nan, X), LABELS), {}, ("x", "NaN",
                                                                                  "row 5")),
    "NaN in y": ((X, np.where(LABELS == 2, np.nan, LABELS)), {}, ("y", "NaN")),
    "batch_size": ((X, LABELS), {"batch_size": 0}, ("batch_size", 0)),
}  # fmt: skip
FIT = {
    "validation_split": ((X, LABELS), {"validation_split": 1.5}, ("validation_split", 1.5)),
    "validation of nothing": ((X, LABELS), {"validation_split": 0.999}, ("validation_split",
                                                                         "none")),
    "class_weight": ((X, LABELS), {"class_weight": {7: 2.0, "a": 1.0}}, ("class_weight", "'a'")),
    "validation_data": ((X, LABELS), {"validation_data": (X[:, :3], LABELS)}, ("classifier",
                                                                                  "(None, 3)")),
    "validation labels": ((X, LABELS), {"validation_data": (X, LABELS + 5)}, ("[0, 3)", "7")),
    "validation lengths": ((X, LABELS), {"validation_data": (X, LABELS[:3])}, ("x: 12", "y: 3")),
    "callbacks": ((X, LABELS), {"callbacks": [print]}, ("callbacks", "print")),
}  # fmt: skip


@pytest.mark.parametrize("name", [*DATA, *FIT])
def test_fit_refuses(name, backend, model):
    data, options, words = {**DATA, **FIT}[name]
    with refused(*words, model=model, error=(ValueError, TypeError)):
        model.fit(*data, verbose=0, **options)


@pytest.mark.parametrize("name", [n for n in DATA if not n.startswith("NaN")])
def test_evaluate_and_single_batches_refuse(name, backend, model):
    data, options, words = DATA[name]
    with refused(*words, model=model):
        model.evaluate(*data, verbose=0, **options)
    if name != "batch_size":
        with refused(*words, model=model):
            model.train_on_batch(*data, **options)
        with refused(*words, model=model):
            model.test_on_batch(*data, **options)


@pytest.mark.parametrize("name", ["columns", "rank", "strings", "ragged", "scalar", "empty"])
def test_predict_refuses(name, backend, model):
    (x, _), _, words = DATA[name]
    with refused(*words, model=model):
        model.predict(x, verbose=0)
    with refused(*words, model=model):
        model.predict_on_batch(x)


TARGETS = [
    ("mse", 2, NUMBERS[:, [0, 0, 0]], ("mean_squared_error", "(batch, 2)", "(batch, 3)")),
    ("mae", 1, np.ones((12, 5), "float32"), ("mean_absolute_error", "1 unit", "5 columns")),
    ("categorical_crossentropy", 3, LABELS, ("one-hot", "sparse_categorical_crossentropy")),
    ("sparse_categorical_crossentropy", 3, ONE_HOT, ("labels", "categorical_crossentropy")),
    ("binary_crossentropy", 1, NUMBERS, ("binary_crossentropy", "[0, 1]")),
    ("binary_crossentropy", 1, LABELS, ("[0, 1]", 2, "sparse_categorical_crossentropy")),
    ("binary_crossentropy", 1, ONE_HOT, ("(batch, 1)", "(batch, 3)")),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "units", "y", "words"), TARGETS)
def test_targets_that_do_not_fit_the_loss(loss, units, y, words, backend):
    model = classifier(loss, units, metrics=[])
    with refused(*words, model=model):
        model.fit(X, y, verbose=0)


def test_inputs_of_a_functional_model(backend):
    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])), name="pair")
    model.compile("sgd", "mse")
    with refused("pair", "a, b", 2, 1, model=model):
        model.fit(X, NUMBERS, verbose=0)
    with refused("pair", "missing", "'b'", model=model):
        model.fit({"a": X, "c": X[:, :2]}, NUMBERS, verbose=0)
    with refused("'b'", "(None, 2)", "(None, 4)", model=model):
        model.fit([X, X], NUMBERS, verbose=0)
    with refused("x: 12, 5", "y: 12", model=model):
        model.fit([X, X[:5, :2]], NUMBERS, verbose=0)


def test_losses_and_metrics_for_outputs_that_are_not_there(backend):
    x = keras.Input((4,))
    first, second = layers.Dense(1, name="first")(x), layers.Dense(1, name="second")(x)
    model = keras.Model(x, [first, second])
    for config, words in (
        ({"loss": {"frist": "mse"}}, ("loss", "'frist'", "'first'")),
        ({"loss": "mse", "loss_weights": {"thrid": 1.0}}, ("loss_weights", "'thrid'")),
        ({"loss": "mse", "metrics": {"secnd": "mae"}}, ("metrics", "'secnd'", "'second'")),
    ):
        with refused(*words, model=model):
            model.compile("sgd", **config)
        assert not model.compiled
    model.compile("sgd", ["mse"])
    with refused("loss", 1, 2, "first", model=model):
        model.fit(X, [NUMBERS, NUMBERS], verbose=0)
    model.compile("sgd", "mse", metrics=["mae"])
    with refused("metrics", "first", "second", model=model):
        model.fit(X, [NUMBERS, NUMBERS], verbose=0)
    model.compile("sgd", "mse")
    with refused("y", "list or dict", "first", model=model):
        model.fit(X, NUMBERS, verbose=0)


def test_a_graph_with_a_hole(backend):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    with refused("broken", "'b'", "inputs"):
        keras.Model(a, layers.Add()([a, b]), name="broken")
    with refused("outputs", "KerasTensor"):
        keras.Model(a, X)


# ---- generators ----


def batches(count):
    for _ in range(count):
        yield X, LABELS


def test_generators_that_end_early(backend, model):
    with refused("no batch", model=model):
        model.fit(batches(0), verbose=0)
    with refused("ran out", "epoch 2", "after 1 of 2", "steps_per_epoch"):
        model.fit(batches(3), epochs=2, steps_per_epoch=2, verbose=0)
    with refused("ran out", "epoch 2"):
        model.fit(batches(3), epochs=2, verbose=0)
    with refused("no batch", model=model):
        model.evaluate(batches(0), verbose=0)
    with refused("no batch", model=model):
        model.predict(batches(0), verbose=0)
    with refused("`y`", "generator", model=model):
        model.fit(batches(2), LABELS, verbose=0)
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_batches_of_the_wrong_form(backend, model):
    with refused("tuple of 4", model=model):
        model.fit(iter([(X, LABELS, LABELS, LABELS)]), verbose=0)
    with refused("classifier", "(None, 4)", "(None, 3)", model=model):
        model.fit(iter([(X[:, :3], LABELS)]), verbose=0)

    class Empty(keras.utils.PyDataset):
        def __len__(self):
            return 0

    with refused("Empty", "length", 0, model=model):
        model.fit(Empty(), verbose=0)


# ---- training that goes wrong ----


def test_a_loss_that_becomes_nan(backend):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e30), "mse")
    with refused("NaN", "learning rate", "epoch", error=FloatingPointError):
        model.fit(X, NUMBERS * 1e20, epochs=9, verbose=0)


def test_training_before_compile(backend):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="raw")
    for call in (
        lambda: model.fit(X, LABELS),
        lambda: model.evaluate(X, LABELS),
        lambda: model.train_on_batch(X, LABELS),
        lambda: model.test_on_batch(X, LABELS),
    ):
        with refused("raw", "compile", "optimizer=", model=model):
            call()
    assert model.predict(X, verbose=0).shape == (12, 3)


def test_a_model_without_a_loss(backend):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="aimless")
    model.compile("sgd")
    with refused("aimless", "loss", "compile", model=model):
        model.fit(X, LABELS, verbose=0)


# ---- before build ----


def test_what_needs_a_built_model(backend, tmp_path):
    model = keras.Sequential([layers.Dense(3)], name="unbuilt")
    for call in (
        model.count_params,
        lambda: model.save(tmp_path / "model.keras"),
        lambda: model.save_weights(tmp_path / "model.weights.h5"),
        lambda: model.set_weights([np.ones((4, 3)), np.ones(3)]),
        lambda: model.build(),
    ):
        with refused("unbuilt", model=model):
            call()
    with refused("unbuilt", "not built", error=AttributeError):
        model.inputs  # noqa: B018
    with refused("not built", "build", error=AttributeError):
        layers.Dense(3).kernel  # noqa: B018
    with refused("not built", "build", error=AttributeError):
        layers.Dense(3).call(ops.convert_to_tensor(X))
    with refused("no layers"):
        keras.Sequential()(X)
    printed = []
    model.summary(print_fn=printed.append)
    assert "unbuilt" in "".join(printed) and not list(tmp_path.iterdir())


def test_a_subclass_without_call(backend):
    class Half(keras.Model):
        pass

    with refused("Half", "call", error=NotImplementedError):
        Half()(X)


# ---- refused calls leave no trace ----


@pytest.mark.parametrize("name", ["y shorter", "y of probabilities", "label too large"])
def test_training_after_a_refused_call_is_as_without_it(name, backend):
    """Weights that are made on first data, shuffles and dropout come out the same."""
    data, options, _ = DATA[name]

    def run(stumbles):
        model = keras.Sequential([layers.Dense(5), layers.Dropout(0.3), layers.Dense(3, "softmax")])
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        if stumbles:
            with refused(model=model):
                model.fit(*data, verbose=0, **options)
        model.fit(X, LABELS, batch_size=5, verbose=0, epochs=2)
        return model.get_weights()

    for found, wanted in zip(on_engine(run, True), on_engine(run, False)):
        np.testing.assert_array_equal(found, wanted)


def test_a_model_that_could_not_be_built_can_be_built_rightly(backend):
    """The first layer takes any data, the second refuses these: neither stays built."""

    def run(stumbles):
        model = keras.Sequential([layers.Dense(4), layers.Reshape((2, 2)), layers.Flatten(),
                                  layers.EinsumDense("ab,bc->ac", 3)])  # fmt: skip
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        if stumbles:
            with refused("Reshape", model=model):
                model.fit(np.ones((12, 5, 3), "float32"), LABELS, verbose=0)
            with refused("Reshape", model=model):
                model.predict(np.ones((12, 5, 3), "float32"), verbose=0)
            with refused("Reshape", model=model):
                model(np.ones((12, 5, 3), "float32"))
        model.fit(X, LABELS, verbose=0)
        return model.get_weights()

    for found, wanted in zip(on_engine(run, True), on_engine(run, False)):
        np.testing.assert_array_equal(found, wanted)
