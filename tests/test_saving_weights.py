"""Weights to files and back: what fits, what does not, and that nothing changes by halves."""

import shutil
import threading

import h5py
import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.saving.legacy_weights import read_names, write_names

X = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")


def model_of(units=5, name="middle", dropout=0.5, optimizer="adam", outputs=2):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(units, name=name),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(dropout, name="drop"),
            layers.Dense(outputs, name="end"),
        ],
        name="own",
    )
    model.compile(optimizer, "mse")
    return model


def trained(**kwargs):
    model = model_of(**kwargs)
    fit(model)
    return model


def fit(model):
    return model.fit(
        X, X[:, : model.output_shape[-1]], batch_size=4, shuffle=False, verbose=0
    ).history["loss"]


def state(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def assert_unchanged(model, before):
    for value, old in zip(state(model), before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.weights.h5"


def test_weights_and_optimizer_state_come_back(path):
    model = trained()
    model.save_weights(path)
    other = trained()
    other.load_weights(path)
    assert_unchanged(other, state(model))
    assert fit(other) == fit(model)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_weights_of_a_whole_model_fit_another(tmp_path, ending):
    model, other = trained(), trained()
    model.save(tmp_path / f"m{ending}")
    other.load_weights(tmp_path / f"m{ending}")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_another_shape_is_refused_and_nothing_changes(path):
    trained(units=4).save_weights(path)
    model = trained()
    before = state(model)
    with pytest.raises(ValueError) as caught:
        model.load_weights(path)
    text = str(caught.value)
    assert str(path) in text and "model 'own'" in text
    assert "layer 'middle' (Dense, layers/dense): expected shape (6, 5), found (6, 4)" in text
    assert "skip_mismatch" in text
    assert_unchanged(model, before)


def test_training_goes_on_after_a_failed_load(path):
    trained(units=4).save_weights(path)
    model, twin = trained(), trained()
    twin.set_weights(model.get_weights())
    for one, two in zip(model.optimizer.variables, twin.optimizer.variables, strict=True):
        two.assign(one.numpy())
    with pytest.raises(ValueError, match="do not fit"):
        model.load_weights(path)
    model.layers[2].seed_generator.state.assign(twin.layers[2].seed_generator.state.numpy())
    assert fit(model) == fit(twin)


def test_a_failure_while_assigning_takes_everything_back(path):
    class Refuses(layers.Dense):
        def load_own_variables(self, store):
            super().load_own_variables(store)
            if broken:
                raise RuntimeError("full")

    broken = False
    model = keras.Sequential([keras.Input((6,)), layers.Dense(3), Refuses(2)])
    model.compile("adam", "mse")
    fit(model)
    model.save_weights(path)
    fit(model)
    before, broken = state(model), True
    with pytest.raises(RuntimeError, match="full"):
        model.load_weights(path)
    assert_unchanged(model, before)


def test_missing_and_extra_layers_are_named(path, tmp_path):
    small = keras.Sequential([keras.Input((6,)), layers.Dense(5)])
    small.save_weights(path)
    with pytest.raises(ValueError, match=r"'end'.*expected 2 variables, found no variables"):
        trained().load_weights(path)
    model_of().save_weights(tmp_path / "big.weights.h5")
    with pytest.raises(ValueError, match="variables that the model lacks: layers/batch_norm"):
        small.load_weights(tmp_path / "big.weights.h5")
    model_of().save(tmp_path / "big.h5")
    with pytest.raises(ValueError, match=r"expected 1 layers with weights.*found 3 \(middle, norm"):
        small.load_weights(tmp_path / "big.h5")


@pytest.mark.parametrize("ending", [".weights.h5", ".h5"])
def test_skip_mismatch_loads_what_fits_and_warns(tmp_path, ending):
    path = tmp_path / f"m{ending}"
    source = trained(outputs=3)
    (source.save_weights if ending == ".weights.h5" else source.save)(path)
    model = trained()
    before = model.get_layer("end").get_weights()
    with pytest.warns(UserWarning, match=r"'end'.*expected shape \(5, 2\).*found \(5, 3\)"):
        model.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(model.get_layer("end").get_weights()[0], before[0])
    np.testing.assert_array_equal(
        model.get_layer("middle").get_weights()[1], source.get_layer("middle").get_weights()[1]
    )


def test_another_optimizer_keeps_its_own_state(path):
    trained(optimizer="sgd").save_weights(path)
    model = trained()
    slots = [v.numpy() for v in model.optimizer.variables]
    with pytest.warns(UserWarning, match="state of optimizer 'adam': expected that of Adam, found"):
        model.load_weights(path)
    for variable, old in zip(model.optimizer.variables[2:], slots[2:], strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


def test_random_states_may_be_missing_or_left_over(path):
    trained(dropout=0.5).save_weights(path)
    without = trained(dropout=0.0)
    without.load_weights(path)
    without.save_weights(path)
    with_dropout = trained(dropout=0.5)
    with_dropout.load_weights(path)
    np.testing.assert_array_equal(with_dropout.get_weights()[0], without.get_weights()[0])


def test_models_that_are_not_built_say_so(path, tmp_path):
    trained().save_weights(path)
    trained().save(tmp_path / "m.h5")
    model = keras.Sequential([layers.Dense(2)], name="empty")
    for use in (
        lambda: model.load_weights(path),
        lambda: model.load_weights(tmp_path / "m.h5"),
        lambda: model.save_weights(tmp_path / "new.weights.h5"),
        lambda: model.save(tmp_path / "new.keras"),
    ):
        with pytest.raises(ValueError, match="'empty' is not built"):
            use()
    assert not (tmp_path / "new.keras").exists()


# ---- paths ----


def test_wrong_endings(tmp_path):
    model = trained()
    for use, message in (
        (lambda: model.save(tmp_path / "m.weights.h5"), "names a weights file"),
        (lambda: model.save(tmp_path / "m"), r"ends in \.keras or \.h5"),
        (lambda: model.save(tmp_path / "m.keras", zipped=False), "zip files only"),
        (lambda: model.save(tmp_path / "m.keras", save_format="tf"), "takes no save_format"),
        (lambda: model.save_weights(tmp_path / "m.h5"), r"ends in \.weights\.h5"),
        (lambda: model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1), "max_shard_size"),
    ):
        with pytest.raises(ValueError, match=message):
            use()
    assert list(tmp_path.iterdir()) == []
    model.save_weights(tmp_path / "m.weights.h5")
    shutil.copy(tmp_path / "m.weights.h5", tmp_path / "m.txt")
    with pytest.raises(ValueError, match="holds weights only"):
        keras.models.load_model(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match=r"read from \.keras and \.h5"):
        keras.models.load_model(tmp_path / "m.txt")
    with pytest.raises(ValueError, match=r"read from \.weights\.h5"):
        model.load_weights(tmp_path / "m.txt")
    with pytest.raises(ValueError, match="takes no by_name"):
        model.load_weights(tmp_path / "m.weights.h5", by_name=True)


def test_missing_files_and_folders(tmp_path):
    model = trained()
    model.save(tmp_path / "here.keras")
    with pytest.raises(FileNotFoundError, match=r"Model files in that folder: here\.keras"):
        keras.models.load_model(tmp_path / "there.keras")
    with pytest.raises(FileNotFoundError, match="no file"):
        model.load_weights(tmp_path / "none" / "m.weights.h5")
    with pytest.raises(FileNotFoundError, match="folder"):
        model.save(tmp_path / "none" / "m.keras")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(IsADirectoryError, match=r"folder\.keras"):
        model.save(tmp_path / "folder.keras")
    with pytest.raises(IsADirectoryError):
        keras.models.load_model(tmp_path / "folder.keras")


def test_an_existing_file_is_kept_if_asked(tmp_path):
    model = trained()
    for save, name in (
        (model.save, "m.keras"), (model.save, "m.h5"), (model.save_weights, "m.weights.h5")
    ):  # fmt: skip
        (tmp_path / name).write_bytes(b"old")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            save(tmp_path / name, overwrite=False)
        assert (tmp_path / name).read_bytes() == b"old"
        save(tmp_path / name)
        assert (tmp_path / name).read_bytes() != b"old"


class Stops(layers.Dense):
    """Fails when its variables are written: after the config, in the midst of the file."""

    def save_own_variables(self, store):
        raise OSError("no space left")


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5"])
def test_a_failure_while_writing_leaves_the_old_file(tmp_path, name):
    (tmp_path / name).write_bytes(b"old")
    model = keras.Sequential([keras.Input((6,)), layers.Dense(3), Stops(2)])
    save = model.save if name == "m.keras" else model.save_weights
    with pytest.raises(OSError, match="no space left"):
        save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_link_is_followed_and_permissions_are_kept(tmp_path):
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "m.keras", tmp_path / "m.keras"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    trained().save(link)
    assert link.is_symlink() and target.stat().st_mode & 0o777 == 0o640
    assert keras.models.load_model(link).name == "own"


# ---- legacy files ----


def test_by_name_leaves_other_layers_alone(tmp_path):
    source = trained()
    source.save(tmp_path / "m.h5")
    model = trained(name="new")
    before = model.get_layer("new").get_weights()
    model.load_weights(tmp_path / "m.h5", by_name=True)
    np.testing.assert_array_equal(model.get_layer("new").get_weights()[0], before[0])
    np.testing.assert_array_equal(
        model.get_layer("end").get_weights()[0], source.get_layer("end").get_weights()[0]
    )


def test_without_optimizer(tmp_path):
    model = trained()
    model.save(tmp_path / "m.h5", include_optimizer=False)
    with h5py.File(tmp_path / "m.h5") as file:
        assert "optimizer_weights" not in file and "training_config" not in file.attrs
    assert not keras.models.load_model(tmp_path / "m.h5").compiled


def test_a_weights_file_in_the_old_layout_is_no_model(tmp_path):
    model = trained()
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as whole, h5py.File(tmp_path / "w.h5", "w") as weights:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", weights)
        for key, value in whole["model_weights"].attrs.items():
            weights.attrs[key] = value
    with pytest.raises(ValueError, match="only weights"):
        keras.models.load_model(tmp_path / "w.h5")
    other = trained()
    other.load_weights(tmp_path / "w.h5")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_long_lists_of_names_are_split(tmp_path):
    names = [f"a/rather/long/path/of/a/layer/{number:06d}" for number in range(4000)]
    with h5py.File(tmp_path / "names.h5", "w") as file:
        write_names(file, "weight_names", names)
        write_names(file, "layer_names", [])
        assert "weight_names" not in file.attrs and "weight_names0" in file.attrs
        assert read_names(file, "weight_names") == names
        assert read_names(file, "layer_names") == []


# ---- custom objects ----


def test_scopes_are_of_one_thread():
    found = []
    with keras.saving.CustomObjectScope({"Mine": layers.Dense}):
        assert keras.saving.get_registered_object("Mine") is layers.Dense
        thread = threading.Thread(
            target=lambda: found.append(keras.saving.get_registered_object("Mine"))
        )
        thread.start()
        thread.join()
    assert found == [None] and keras.saving.get_registered_object("Mine") is None
