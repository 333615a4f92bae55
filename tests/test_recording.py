"""Steps that run as their recordings: the same numbers; none where it would be wrong."""

import cProfile
import threading

import numpy as np
import optree
import pytest

import keraslite as keras
from conformance_tests.layers_table import CASES
from conformance_tests.losses_table import LOSSES, METRICS
from keraslite import layers, ops
from keraslite.backend.context import context
from keraslite.backend.recording import RecordedStep

STEPS = 5


def _recorded_step():
    """What the engine makes of a step, out of its wrappers."""
    state = type("State", (), {"get": staticmethod(list), "version": 0})
    found = [context.backend.compile_step(lambda x: x, state, "auto")]
    for one in found:
        if isinstance(one, RecordedStep):
            return one
        inside = [c.cell_contents for c in getattr(one, "__closure__", None) or ()]
        found += [x for x in inside if not any(x is known for known in found)]
    return None


if _recorded_step() is None:
    pytest.skip("this engine compiles steps instead", allow_module_level=True)


@pytest.fixture
def recorded(monkeypatch):
    """The `RecordedStep`s made during a test."""
    made, begin = [], RecordedStep.__init__

    def noted(self, *args):
        made.append(self)
        begin(self, *args)

    monkeypatch.setattr(RecordedStep, "__init__", noted)
    return made


def mlp(*more):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "relu"), *more, layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def batch(rows=8):
    rng = np.random.default_rng(rows)
    return rng.random((rows, 4), np.float32), rng.random((rows, 1), np.float32)


def train(model, steps=STEPS):
    for _ in range(steps):
        model.train_on_batch(*batch())


def the_same_as_eagerly(model, optimizer, loss, metrics, x, y):
    """Train twice from the same state, compiled and not: equal in every bit. Returns the logs."""
    start = [v.numpy() for v in model.variables]
    runs = []
    for eagerly in (False, True):
        keras.utils.set_random_seed(3)
        for variable, value in zip(model.variables, start):
            variable.assign(value)
        model.compile(keras.optimizers.get(optimizer), loss, metrics=metrics, run_eagerly=eagerly)
        logs = [model.train_on_batch(x, y, return_dict=True) for _ in range(STEPS)]
        logs.append(model.test_on_batch(x, y, return_dict=True))
        outputs = [model.predict_on_batch(x) for _ in range(3)][-1]
        state = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
        runs.append((logs, outputs, state))
    for one, other in zip(*map(optree.tree_leaves, runs)):
        np.testing.assert_array_equal(one, other)
    return runs[0][0]


# ---- the same numbers ----


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES if not c.keywords])
def test_layers(case, recorded):
    rng = np.random.default_rng(5)
    shapes = optree.tree_leaves(list(case.inputs), is_leaf=lambda s: isinstance(s, tuple))
    arrays = [rng.random(shape, np.float32) for shape in shapes]
    if case.ints:
        arrays[0] = rng.integers(0, case.ints, shapes[0]).astype("int32")
    inputs = [
        keras.Input(batch_shape=None if case.any_batch else a.shape, shape=a.shape[1:] if
                    case.any_batch else None, dtype=str(a.dtype)) for a in arrays
    ]  # fmt: skip
    given = [i if a.dtype == "int32" else layers.Rescaling(0.5)(i) for i, a in zip(inputs, arrays)]
    nest = optree.tree_structure(list(case.inputs), is_leaf=lambda s: isinstance(s, tuple))
    outputs = optree.tree_leaves(case.make()(*nest.unflatten(given)))
    model = keras.Model(inputs, outputs)
    y = [np.zeros((len(arrays[0]), *o.shape[1:]), "float32") for o in outputs]
    the_same_as_eagerly(model, "sgd", "mse", None, arrays, y)
    assert [step for step in recorded if step.recordings or step.refused]


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw"])
def test_optimizers(name, recorded):
    logs = the_same_as_eagerly(mlp(layers.Dropout(0.5)), name, "mse", ["mae"], *batch())
    assert logs[0]["loss"] != logs[-2]["loss"]
    assert recorded[0].recordings, recorded[0].refused


@pytest.mark.parametrize("row", LOSSES, ids=lambda row: row.id)
def test_losses(row, recorded):
    loss = row.cls(**{**row.config, "reduction": "sum"})
    check_on_data(row, loss, None)
    assert recorded[0].recordings, recorded[0].refused


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.id)
def test_metrics(row, recorded):
    check_on_data(row, None, [row.cls(**row.config)])
    assert recorded


def check_on_data(row, loss, metrics):
    y, x = row.data(np.random.default_rng(1), row.shape)
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, layers.Rescaling(1.0)(inputs))
    the_same_as_eagerly(model, "sgd", loss, metrics, x, y)


@pytest.mark.parametrize("options", [
    {"clipnorm": 0.1}, {"clipvalue": 0.1}, {"global_clipnorm": 0.1}, {"weight_decay": 0.1},
    {"use_ema": True, "ema_overwrite_frequency": 2}, {"gradient_accumulation_steps": 2},
    {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)},
], ids=lambda options: next(iter(options)))  # fmt: skip
def test_options_of_optimizers(options, recorded):
    optimizer = keras.optimizers.Adam(**options)
    config = keras.optimizers.serialize(optimizer)
    model = mlp()
    the_same_as_eagerly(model, config, "mse", None, *batch())
    assert recorded


def test_a_recording_replaces_the_frontend(recorded, monkeypatch):
    model = mlp()
    train(model)
    before = [v.numpy() for v in model.trainable_variables]
    monkeypatch.setattr(type(model), "_learn", None)
    train(model)
    assert all(np.any(v.numpy() != b) for v, b in zip(model.trainable_variables, before))
    (recording,) = recorded[0].recordings.values()
    assert "value_and_grad" in recording.source and "update_adam" in recording.source


def test_learning_rate_and_weights_set_between_steps_count(recorded):
    model = mlp()
    train(model)
    model.optimizer.learning_rate = 0.0
    before = [v.numpy() for v in model.trainable_variables]
    train(model)
    assert all(np.all(v.numpy() == b) for v, b in zip(model.trainable_variables, before))
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert np.all(model.predict_on_batch(batch()[0]) == 0)


def test_settings_changed_between_steps_count(recorded):
    model = mlp(layers.Dropout(0.5))
    train(model)
    dropout = model.layers[1]
    dropout.rate = 0.0
    model.optimizer.learning_rate = 0.0
    losses = [model.train_on_batch(*batch()) for _ in range(4)]
    assert len(set(losses)) == 1
    dropout.rate = 0.5
    losses = [model.train_on_batch(*batch()) for _ in range(4)]
    assert len(set(losses)) == 4


def test_each_shape_has_its_recording(recorded):
    model = mlp()
    for rows in (8, 3, 8, 3, 8, 3):
        loss = model.train_on_batch(*batch(rows))
    assert len(recorded[0].recordings) == 2 and loss > 0


# ---- no recording ----


def test_code_of_users_runs_in_each_step(recorded):
    calls = []

    class Own(layers.Layer):
        def call(self, x):
            calls.append("layer")
            return x

    def loss(y, y_pred):
        calls.append("loss")
        return ops.mean(ops.square(y - y_pred))

    model = mlp(Own())
    model.compile("sgd", "mse")
    calls.clear()
    train(model)
    assert calls.count("layer") >= STEPS
    model = mlp()
    model.compile("sgd", loss)
    calls.clear()
    train(model)
    assert calls.count("loss") >= STEPS
    assert all("outside of keraslite" in step.refused for step in recorded)


def test_a_step_that_cannot_be_recorded_leaves_no_trace(recorded, monkeypatch):
    """What such a step did to the state before is taken back."""
    plain, odd = mlp(), mlp()
    odd.set_weights(plain.get_weights())
    update = keras.metrics.Mean.update_state

    def looking(self, values, sample_weight=None):
        update(self, values, sample_weight)
        if float(self.total.value) < 0:
            raise AssertionError

    looking.__globals__["__name__"] = "keraslite.pretended"
    try:
        monkeypatch.setattr(keras.metrics.Mean, "update_state", looking)
        train(odd)
    finally:
        looking.__globals__["__name__"] = __name__
    monkeypatch.undo()
    train(plain)
    assert "looked at" in recorded[-1].refused or "looked at" in recorded[0].refused
    for one, other in zip(plain.get_weights(), odd.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_a_variable_that_the_model_does_not_hold(recorded, monkeypatch):
    """It is read anew in each step, and assigned, as in a step that is not recorded."""
    strength = keras.Variable(np.float32(1.0))
    counter = keras.Variable(np.float32(0.0), trainable=False)

    def scaled(self, y, y_pred):
        counter.assign_add(1.0)
        return ops.mean(ops.square(y - y_pred), -1) * strength.value

    scaled.__globals__["__name__"] = "keraslite.pretended"
    try:
        monkeypatch.setattr(keras.losses.MeanSquaredError, "call", scaled)
        model = mlp()
        model.compile(keras.optimizers.SGD(0.0), "mse")
        train(model)
        one = model.train_on_batch(*batch())
        strength.assign(2.0)
        assert model.train_on_batch(*batch()) == 2 * one
    finally:
        scaled.__globals__["__name__"] = __name__
    assert float(counter.numpy()) >= STEPS + 2
    assert "not of the model" in recorded[-1].refused


def test_errors_in_a_recorded_step_are_those_of_the_step(recorded):
    model = mlp()
    train(model, 1)
    with pytest.raises(ValueError, match="shape"):
        model.train_on_batch(np.ones((8, 5), "float32"), np.ones((8, 1), "float32"))
    train(model)
    assert recorded[0].recordings


def test_errors_of_later_batches_name_the_layer(recorded):
    words = keras.Input((2,), dtype="int32")
    vectors = layers.Embedding(5, 3, name="words")(words)
    model = keras.Model(words, layers.Dense(1)(layers.Flatten()(vectors)))
    model.compile("sgd", "mse")
    good, bad = np.ones((2, 2), "int32"), np.full((2, 2), 7, "int32")
    y = np.zeros((2, 1), "float32")
    messages = []
    for steps in (0, STEPS):
        for _ in range(steps):
            model.train_on_batch(good, y)
        with pytest.raises(Exception) as error:
            model._step_function("train")(model._step_data((bad, y)))
        messages.append(
            (type(error.value), str(error.value), getattr(error.value, "__notes__", []))
        )
    assert recorded[0].recordings
    assert messages[0] == messages[1]


def test_settings_that_change_all_the_time_cost_no_watching(recorded, monkeypatch):
    from keraslite.backend.recording import step as module

    watched, run = [], module.run_watched
    monkeypatch.setattr(module, "run_watched", lambda *args: watched.append(1) or run(*args))
    model = mlp()
    for number in range(40):
        model.layers[0].note = number
        train(model, 1)
    assert len(watched) <= 8
    train(model, 20)
    assert recorded[0].recordings and len(watched) <= 9


def test_no_recorded_loss_is_left_in_a_layer(recorded):
    model = mlp(layers.Dense(3, activity_regularizer="l2"))
    train(model)
    assert recorded[0].recordings
    model(batch()[0])
    assert [float(ops.stop_gradient(loss)) > 0 for loss in model.losses] == [True]
    train(model)
    assert not model.losses


def test_a_profiler_is_left_alone(recorded):
    profile = cProfile.Profile()
    model = mlp()
    profile.enable()
    try:
        train(model)
    finally:
        profile.disable()
    assert any("train_on_batch" in str(entry.code) for entry in profile.getstats())


def test_threads_record_one_at_a_time(recorded):
    models = [mlp() for _ in range(3)]
    for model in models[1:]:
        model.set_weights(models[0].get_weights())
    threads = [threading.Thread(target=train, args=(model, 30)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, *others = [model.get_weights() for model in models]
    for other in others:
        for one, same in zip(first, other):
            np.testing.assert_array_equal(one, same)


def test_the_engine_gets_its_functions_back(recorded):
    before = dict(vars(context.backend))
    train(mlp())
    assert vars(context.backend) == before
