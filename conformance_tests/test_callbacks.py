"""Callbacks: what they are called with, and what they do to training."""

import math

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import agree, on_engine
from keraslite import callbacks, layers

ROWS = 24
rng = np.random.default_rng(81)
X = rng.normal(size=(ROWS, 3))
Y = X.sum(-1, keepdims=True)


def compiled(rate=0.1, **config):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", **config)
    return model


def fit(model, *used, epochs=3, **options):
    return model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, callbacks=list(used), **options)


class Recorder(callbacks.Callback):
    """Writes down each call of each hook."""

    def __init__(self):
        super().__init__()
        self.calls = []


def _recording(hook):
    def method(self, *args, **kwargs):
        numbers = [a for a in args if isinstance(a, int)]
        logs = next((a for a in (*args, *kwargs.values()) if hasattr(a, "keys")), {})
        self.calls.append((hook, *numbers, *sorted(logs)))

    return method


for _hook in [name for name in vars(callbacks.Callback) if name.startswith("on_")]:
    if not _hook.startswith("on_batch"):
        setattr(Recorder, _hook, _recording(_hook))


def test_hooks_come_in_order(backend):
    recorder = Recorder()
    model = compiled(metrics=["mae"])
    fit(model, recorder, epochs=1, validation_data=(X[:8], Y[:8]))
    logged = ("loss", "mae")
    batches = [
        one
        for i in range(3)
        for one in [("on_train_batch_begin", i), ("on_train_batch_end", i, *logged)]
    ]
    assert recorder.calls == [
        ("on_train_begin",), ("on_epoch_begin", 0), *batches, ("on_test_begin",),
        ("on_test_batch_begin", 0), ("on_test_batch_end", 0, *logged), ("on_test_end", *logged),
        ("on_epoch_end", 0, "loss", "mae", "val_loss", "val_mae"),
        ("on_train_end", "loss", "mae", "val_loss", "val_mae"),
    ]  # fmt: skip
    assert recorder.model is model
    assert recorder.params == {"verbose": 0, "epochs": 1, "steps": 3}
    recorder.calls.clear()
    model.evaluate(X[:8], Y[:8], verbose=0, callbacks=[recorder])
    model.predict(X[:8], verbose=0, callbacks=[recorder])
    assert [call[0] for call in recorder.calls] == [
        "on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end",
        "on_predict_begin", "on_predict_batch_begin", "on_predict_batch_end", "on_predict_end",
    ]  # fmt: skip


def test_logs_hold_numbers(backend, reference):
    def run():
        seen = []
        model = compiled(metrics=["mae"])
        hooks = callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: seen.append((logs["loss"], logs["mae"])),
            on_epoch_end=lambda epoch, logs: seen.append((logs["loss"], logs["mae"])),
        )
        history = fit(model, hooks).history
        assert all(type(v) is float for pair in seen for v in pair)
        assert seen[3] == seen[2]  # the epoch's value is that after its last batch
        return seen, history

    seen, history = agree(reference, run)
    assert history["loss"] == [seen[i][0] for i in (3, 7, 11)]


def test_the_history_is_the_models(backend):
    model = compiled()
    history = fit(model, epochs=2)
    assert history is model.history and history.epoch == [0, 1]
    assert history.model is model


def test_a_callback_stops_training(backend):
    class Stop(callbacks.Callback):
        def __init__(self, hook, at):
            super().__init__()
            setattr(self, hook, lambda number, logs=None: self.stop(number >= at))

        def stop(self, due):
            self.model.stop_training = self.model.stop_training or due

    model = compiled()
    assert len(fit(model, Stop("on_epoch_end", 1), epochs=5).epoch) == 2
    before = int(model.optimizer.iterations)
    assert len(fit(model, Stop("on_train_batch_end", 1), epochs=5).epoch) == 1
    assert int(model.optimizer.iterations) == before + 2
    assert len(fit(model, epochs=2).epoch) == 2  # the next call starts anew


# ---- EarlyStopping ----


class Scripted(callbacks.Callback):
    """Puts given values of a metric into the logs, and notes the weights of each epoch."""

    def __init__(self, values, name="val_loss"):
        super().__init__()
        self.values, self.name, self.weights = values, name, []

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]
        self.weights.append(self.model.get_weights())


STOPS = {
    "at once": ([3, 2, 2.5, 1, 1], {}, 3),
    "patience": ([3, 2, 2.5, 2.2, 1, 1], {"patience": 2}, 4),
    "patience rewarded": ([3, 2, 2.5, 1, 1.5, 1.2, 0], {"patience": 2}, 6),
    "min_delta": ([3, 2.9, 2.8, 1], {"min_delta": 0.5}, 2),
    "max": ([1, 2, 3, 2.5, 4], {"mode": "max"}, 4),
    "accuracy rises": ([0.1, 0.2, 0.3, 0.25, 0.4], {"monitor": "val_accuracy"}, 4),
    "baseline": ([3, 2.5, 2.6, 1], {"baseline": 1.0, "patience": 2}, 3),
    "start_from_epoch": ([3, 4, 5, 6, 7, 8], {"start_from_epoch": 2}, 4),
}


@pytest.mark.parametrize("name", STOPS)
def test_early_stopping(name, backend):
    values, config, epochs = STOPS[name]
    scripted = Scripted(values, config.get("monitor", "val_loss"))
    stopping = callbacks.EarlyStopping(**config)
    assert len(fit(compiled(), scripted, stopping, epochs=len(values)).epoch) == epochs


def test_early_stopping_restores_the_best_weights(backend):
    scripted = Scripted([3, 1, 2, 2])
    stopping = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    model = compiled()
    fit(model, scripted, stopping, epochs=9)
    assert len(scripted.weights) == 4 and stopping.stopped_epoch == 3
    for found, wanted in zip(model.get_weights(), scripted.weights[1]):
        np.testing.assert_array_equal(found, wanted)


def test_early_stopping_names_the_metrics_there_are(backend):
    with pytest.raises(ValueError, match=r"'val_los'.*'val_loss'"):
        fit(compiled(), callbacks.EarlyStopping("val_los"), validation_split=0.5)
    with pytest.raises(ValueError, match="validation_data or validation_split"):
        fit(compiled(), callbacks.EarlyStopping())


# ---- ModelCheckpoint ----


def test_checkpoints_of_every_epoch(backend, tmp_path):
    path = tmp_path / "new" / "{epoch:02d}-{loss:.3f}.keras"
    model = compiled()
    history = fit(model, callbacks.ModelCheckpoint(path))
    names = [f"{i + 1:02d}-{loss:.3f}.keras" for i, loss in enumerate(history.history["loss"])]
    assert sorted(p.name for p in path.parent.iterdir()) == names
    last = keras.models.load_model(path.parent / names[-1])
    for found, wanted in zip(last.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(found, wanted)
    assert int(last.optimizer.iterations) == 9


def test_the_best_checkpoint(backend, tmp_path):
    path = tmp_path / "best.weights.h5"
    scripted = Scripted([3, 1, 2])
    model = compiled()
    checkpoint = callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True)
    fit(model, scripted, checkpoint)
    assert checkpoint.best == 1
    model.load_weights(path)
    for found, wanted in zip(model.get_weights(), scripted.weights[1]):
        np.testing.assert_array_equal(found, wanted)


def test_checkpoints_by_batches(backend, tmp_path):
    path = tmp_path / "{epoch}-{batch}.weights.h5"
    fit(compiled(), callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=2))
    # Epochs of 3 batches: batches 2, 4, 6, 8 of all.
    wanted = ["1-2.weights.h5", "2-1.weights.h5", "2-3.weights.h5", "3-2.weights.h5"]
    assert sorted(p.name for p in tmp_path.iterdir()) == wanted


def test_checkpoint_paths_are_checked_early(backend):
    with pytest.raises(ValueError, match=r"\.weights\.h5.*'best\.keras'"):
        callbacks.ModelCheckpoint("best.keras", save_weights_only=True)
    with pytest.raises(ValueError, match=r"\.keras"):
        callbacks.ModelCheckpoint("best")


# ---- others ----


def test_learning_rate_scheduler(backend, reference):
    def run():
        model = compiled(rate=0.4)
        halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
        history = fit(model, halve).history
        return history, model.get_weights()

    history, _ = agree(reference, run)
    assert history["learning_rate"] == pytest.approx([0.4, 0.2, 0.1])
    single = callbacks.LearningRateScheduler(lambda epoch: 0.5)
    assert fit(compiled(), single).history["learning_rate"] == [0.5] * 3
    with pytest.raises(ValueError, match=r"LearningRateScheduler.*None"):
        fit(compiled(), callbacks.LearningRateScheduler(lambda epoch, rate: None))


def test_terminate_on_nan(backend, capsys):
    model = compiled(rate=1e30)
    history = fit(model, callbacks.TerminateOnNaN(), epochs=5)
    assert len(history.epoch) == 1 and not math.isfinite(history.history["loss"][0])
    assert "Batch" in capsys.readouterr().out


def test_lambda_callback_refuses_unknown_hooks(backend):
    with pytest.raises(ValueError, match="on_epoch_ende"):
        callbacks.LambdaCallback(on_epoch_ende=print)
    with pytest.raises(TypeError, match="Callback"):
        fit(compiled(), print)


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress(verbose, backend, capsys):
    model = compiled(metrics=["mae"])
    model.fit(X, Y, batch_size=8, epochs=2, verbose=verbose, validation_split=0.5)
    printed = capsys.readouterr().out
    for word in ("Epoch 1/2", "Epoch 2/2", "loss:", "mae:", "val_loss:", "2/2"):
        assert word in printed
    model.evaluate(X, Y, verbose=verbose)
    model.predict(X, verbose=verbose)
    assert capsys.readouterr().out.count("1/1") == 2
    model.fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""


def test_callbacks_change_no_number(backend):
    """Whether batches are watched or not, and whatever is printed."""

    def run(*used, verbose=0):
        model = compiled()
        model.fit(X, Y, batch_size=8, epochs=2, verbose=verbose, callbacks=list(used))
        return model.get_weights()

    plain = on_engine(run)
    watched = on_engine(lambda: run(Recorder(), callbacks.TerminateOnNaN(), verbose=1))
    for found, wanted in zip(watched, plain):
        np.testing.assert_array_equal(found, wanted)
