"""What fit, evaluate and predict take as data: the same rows give the same numbers."""

import itertools

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import agree, on_engine
from keraslite import layers, ops

ROWS, BATCH = 40, 8
rng = np.random.default_rng(61)
X = rng.normal(size=(ROWS, 4))
Y = X[:, :2] ** 2
WEIGHTS = rng.uniform(0.1, 2, ROWS)
SPANS = [slice(i, i + BATCH) for i in range(0, ROWS, BATCH)]


def compiled():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", metrics=["mae"])
    return model


class Batches(keras.utils.PyDataset):
    """The batches of X, Y; counts the ends of epochs."""

    ends = 0

    def __len__(self):
        return len(SPANS)

    def __getitem__(self, index):
        return X[SPANS[index]], Y[SPANS[index]], WEIGHTS[SPANS[index]]

    def on_epoch_end(self):
        self.ends += 1


def endless():
    for span in itertools.cycle(SPANS):
        yield X[span], Y[span], WEIGHTS[span]


def once(epochs):
    return itertools.islice(endless(), epochs * len(SPANS))


class Loader:
    """An iterable of batches that can be gone through again, as data loaders are."""

    def __iter__(self):
        return once(1)


def tensors(nest):
    return [ops.convert_to_tensor(a) for a in nest]


SOURCES = {
    "generator": (lambda: endless(), {"steps_per_epoch": len(SPANS)}),
    "iterator": (lambda: once(2), {"steps_per_epoch": len(SPANS)}),
    "iterable": (Loader, {}),
    "list of tuples": (lambda: iter(list(once(2))), {"steps_per_epoch": len(SPANS)}),
    "PyDataset": (Batches, {}),
    "PyDataset, workers": (lambda: Batches(workers=2, max_queue_size=3), {}),
}


def outcome(model, history):
    return history.history, model.get_weights()


def from_arrays():
    model = compiled()
    return outcome(
        model,
        model.fit(
            X, Y, sample_weight=WEIGHTS, batch_size=BATCH, epochs=2, shuffle=False, verbose=0
        ),
    )


def assert_same(found, expected):
    for name, values in expected[0].items():
        np.testing.assert_allclose(found[0][name], values, rtol=1e-9)
    for one, wanted in zip(found[1], expected[1]):
        np.testing.assert_allclose(one, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SOURCES)
def test_sources_give_the_numbers_of_arrays(name, backend, reference):
    make, options = SOURCES[name]

    def run():
        model = compiled()
        return outcome(model, model.fit(make(), epochs=2, shuffle=False, verbose=0, **options))

    found = agree(reference, run)
    assert_same(found, on_engine(from_arrays, dtype="float64"))


def test_tensors_of_the_engine(backend):
    def run():
        model = compiled()
        x, y, weights = tensors([X, Y, WEIGHTS])
        history = model.fit(
            x, y, sample_weight=weights, batch_size=BATCH, epochs=2, shuffle=False, verbose=0
        )
        assert isinstance(model.predict(x, verbose=0), np.ndarray)
        np.testing.assert_allclose(
            model.predict(x, verbose=0), model.predict(X, verbose=0), rtol=1e-9
        )
        single = model.test_on_batch(x, y)
        np.testing.assert_allclose(single, model.test_on_batch(X, Y), rtol=1e-9)
        return outcome(model, history)

    found = on_engine(run, dtype="float64")
    assert_same(found, on_engine(from_arrays, dtype="float64"))


def test_batches_of_tensors_from_a_generator(backend):
    def run():
        model = compiled()
        batches = (tuple(tensors(batch)) for batch in once(2))
        return outcome(
            model, model.fit(batches, epochs=2, steps_per_epoch=5, shuffle=False, verbose=0)
        )

    assert_same(on_engine(run, dtype="float64"), on_engine(from_arrays, dtype="float64"))


def test_lists_of_numbers(backend):
    model = compiled()
    model.fit(X.tolist(), Y.tolist(), verbose=0)
    assert model.predict(X[:3].tolist(), verbose=0).shape == (3, 2)


def test_evaluate_and_predict_from_sources(backend, reference):
    def run():
        model = compiled()
        arrays = model.evaluate(X, Y, sample_weight=WEIGHTS, batch_size=BATCH, verbose=0)
        outputs = model.predict(X, verbose=0)
        for make, options in SOURCES.values():
            steps = {"steps": len(SPANS)} if options else {}
            found = model.evaluate(make(), verbose=0, **steps)
            np.testing.assert_allclose(found, arrays, rtol=1e-9)
            np.testing.assert_allclose(
                model.predict(make(), verbose=0, **steps), outputs, rtol=1e-9
            )
        return arrays, outputs

    agree(reference, run)


def test_validation_from_sources(backend):
    def run(data, **options):
        history = compiled().fit(
            X, Y, batch_size=BATCH, epochs=2, verbose=0, validation_data=data, **options
        )
        return history.history["val_loss"]

    wanted = on_engine(lambda: run((X, Y, WEIGHTS), validation_batch_size=BATCH), dtype="float64")
    for make, options in (
        (Batches, {}),
        (Loader, {}),
        (endless, {"validation_steps": len(SPANS)}),
    ):
        found = on_engine(lambda: run(make(), **options), dtype="float64")
        np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_a_py_dataset_is_shuffled_and_told_of_epochs(backend, reference):
    def run(shuffle):
        data = Batches()
        model = compiled()
        history = model.fit(data, epochs=3, shuffle=shuffle, verbose=0)
        return data.ends, history.history, model.get_weights()

    ends, plain, _ = agree(reference, run, False)
    _, mixed, _ = agree(reference, run, True)
    assert ends == 3
    assert plain["loss"] != mixed["loss"]


def test_batches_of_different_sizes(backend, reference):
    """The last batch is smaller, and a generator's batches may have any size."""

    def run():
        model = compiled()
        first = model.fit(X, Y, batch_size=12, epochs=2, shuffle=False, verbose=0).history

        def uneven():
            for size in (3, 7, 1, 9):
                yield X[:size], Y[:size]

        second = model.fit(uneven(), verbose=0).history
        return first, second, model.get_weights()

    agree(reference, run)


def test_named_inputs_from_a_generator(backend, reference):
    def run():
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        model = keras.Model({"a": a, "b": b}, layers.Dense(2)(layers.Add()([a, b])))
        model.compile("sgd", "mse")

        def batches():
            for span in SPANS:
                yield {"a": X[span], "b": X[span]}, Y[span]

        history = model.fit(batches(), verbose=0).history
        twice = compiled_sum(model)
        return history, twice

    def compiled_sum(model):
        return model.predict({"b": X, "a": -X}, verbose=0)

    _, outputs = agree(reference, run)
    assert np.ptp(outputs, axis=0).max() <= 1e-12
