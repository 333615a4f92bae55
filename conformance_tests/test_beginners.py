"""Mistakes that beginners make: each gets an error that says what to do, and changes nothing."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.refusals import LABELS, NUMBERS, X, classifier, refused, state_of
from keraslite import layers, ops

IMAGES = np.zeros((4, 8, 8), "float32")


class Forgetful(keras.Model):
    def __init__(self):
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


class ForgetfulLayer(layers.Layer):
    def __init__(self):
        self.units = 2

    def call(self, x):
        return x


MAKING = [
    (lambda: layers.Dense("10"), ValueError, ("units", "'10'")),
    (lambda: layers.Dropout(50), ValueError, ("rate", "[0, 1]", 50)),
    (lambda: keras.Sequential(layers.Dense(3), layers.Dense(2)), TypeError, ("one list",)),
    (lambda: keras.Sequential([layers.Dense]), TypeError, ("takes layers", "Dense")),
    (lambda: keras.Sequential([keras.Input((4,)), "dense"]), TypeError, ("takes layers", "str")),
    (lambda: keras.Sequential([layers.Dense(1), keras.Input((4,))]), ValueError, ("first layer",)),
    (lambda: keras.Input("4"), ValueError, ("'4'",)),
    (lambda: keras.Input(), ValueError, ("shape",)),
    (lambda: keras.Model(keras.Input((3,)), layers.Dense(3)), ValueError, ("KerasTensors",)),
    (lambda: keras.optimizers.Adam(lr=0.1), ValueError, ("'lr'", "'learning_rate'")),
    (lambda: keras.optimizers.SGD(learning_rat=0.1), ValueError, ("'learning_rate'",)),
    (lambda: keras.optimizers.Adam("0.1"), ValueError, ("learning_rate", "'0.1'")),
]


@pytest.mark.parametrize(("make", "error", "words"), MAKING)
def test_making(make, error, words, backend):
    with refused(*words, error=error):
        make()


CALLS = [
    (lambda: layers.Dense(3, name="it")("hello"), ValueError, ("'it'", "tensor", "'hello'")),
    (lambda: layers.Dense(3, name="it")(), TypeError, ("'it'", "called on nothing")),
    (lambda: layers.Dense(3, name="it")(None), ValueError, ("'it'", "NoneType")),
    (lambda: layers.Conv2D(3, 3)(IMAGES), ValueError, ("(4, 8, 8)", "x[..., None]")),
    (lambda: layers.LSTM(3)(X), ValueError, ("3 dimensions", "x[None]")),
    (lambda: Forgetful()(X), AttributeError, ("Forgetful", "super().__init__()")),
    (lambda: ForgetfulLayer()(X), AttributeError, ("ForgetfulLayer", "super().__init__()")),
    (lambda: layers.Dense(3).kernel, AttributeError, ("'kernel'", "not built")),
    (lambda: ops.add("a", 1), (TypeError, ValueError), ("ops.add", "`x1`", "'a'")),
]


@pytest.mark.parametrize(("call", "error", "words"), CALLS)
def test_calling(call, error, words, backend):
    with refused(*words, error=error):
        call()


def batches():
    while True:
        yield X, LABELS


FITS = {
    "strings": ((np.full((12, 4), "a"), LABELS), {}, ("`x`", "numeric")),
    "ragged": (([[1, 2], [3]] * 6, LABELS), {}, ("`x`", "equal length")),
    "labels from 1": ((X, LABELS + 1), {}, ("label 3", "from 0 (y - 1)")),
    "labels up to 7": ((X, LABELS + 5), {}, ("label 7", "needs 8 units")),
    "one-hot": ((X, np.eye(3)[LABELS]), {}, ("one-hot", "argmax")),
    "no labels": ((X,), {}, ("targets", "None")),
    "one sample": ((X[0], LABELS[:1]), {}, ("same number",)),
    "split of a generator": ((batches(),), {"validation_split": 0.2}, ("validation_data",)),
    "half epochs": ((X, LABELS), {"epochs": 2.5}, ("epochs", 2.5)),
    "negative epochs": ((X, LABELS), {"epochs": -1}, ("epochs", -1)),
    "batch size": ((X, LABELS), {"batch_size": "32"}, ("batch_size", "'32'")),
    "weights in a list": ((X, LABELS), {"class_weight": [1, 2]}, ("class_weight", "dict")),
    "share in percent": ((X, LABELS), {"validation_split": 20}, ("between 0 and 1", 20)),
    "validation by x": ((X, LABELS), {"validation_data": X}, ("targets", "None")),
}


@pytest.mark.parametrize("name", FITS)
def test_fitting(name, backend):
    arguments, options, words = FITS[name]
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    with refused(*words, model=model):
        model.fit(*arguments, verbose=0, **options)


def test_callbacks_that_are_none(backend):
    model = classifier()
    for wrong in (keras.callbacks.EarlyStopping, lambda: None):
        with refused("Callback", error=TypeError):
            model.fit(X, LABELS, verbose=0, callbacks=[wrong])


def test_a_sample_without_the_batch_axis(backend):
    with refused("(None, 4)", "(4,)", "x[None]"):
        classifier().predict(X[0], verbose=0)


@pytest.mark.parametrize(("words", "found"), [([[1, 10]], 10), ([[-1, 2]], -1)])
def test_indices_that_an_embedding_lacks(words, found, backend):
    x = keras.Input((2,), dtype="int32")
    embedded = layers.Embedding(10, 3, name="words")(x)
    inner = keras.Model(x, layers.Dense(1)(layers.Flatten()(embedded)))
    outer = keras.Sequential([keras.Input((2,), dtype="int32"), inner])
    for model in (inner, outer):
        model.compile("sgd", "mse")
        model.fit(np.array([[0, 9]]), NUMBERS[:1], verbose=0)
        before = state_of(model)
        with refused("'words'", "[0, 10)", found, "largest index + 1"):
            model.fit(np.array(words), NUMBERS[:1], verbose=0)
        for name, value in state_of(model).items():
            np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_weights_of_another_model(backend, tmp_path):
    path = tmp_path / "m.weights.h5"
    classifier().save_weights(path)
    other = keras.Sequential([keras.Input((4,)), layers.Dense(7, name="first")])
    other.compile("sgd", "mse")
    with refused("do not fit", "first", "(4, 7)", "(4, 5)", model=other):
        other.load_weights(path)


def test_optimizer_of_another_model(backend):
    model, other = classifier(), classifier()
    model.fit(X, LABELS, verbose=0)
    other.compile(model.optimizer, "sparse_categorical_crossentropy")
    with refused("not among those", "new optimizer"):
        other.fit(X, LABELS, verbose=0)
