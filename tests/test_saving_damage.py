"""Broken and hostile files: a clear error, no code run, no memory taken, nothing changed."""

import io
import json
import random
import zipfile

import h5py
import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.saving import deserialize_keras_object, serialize_keras_object
from keraslite.saving.h5_files import open_h5

X = np.ones((2, 3), "float32")
ENDINGS = [".keras", ".h5", ".weights.h5"]


def small_model():
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4), layers.Dropout(0.5), layers.Dense(2)], name="small"
    )
    model.compile("adam", "mse")
    model.fit(X, X[:, :2], verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def files(model, tmp_path_factory):
    """{ending: bytes of a sound file}"""
    folder = tmp_path_factory.mktemp("sound")
    model.save(folder / "m.keras")
    model.save(folder / "m.h5")
    model.save_weights(folder / "m.weights.h5")
    return {ending: (folder / f"m{ending}").read_bytes() for ending in ENDINGS}


def state(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def load(model, path):
    """The model of a file; of a weights file, the given model with its weights."""
    if path.name.endswith(".weights.h5"):
        model.load_weights(path)
        return model
    return keras.models.load_model(path)


def assert_refused_or_whole(model, path):
    """The file is refused with an error that names it, or gives the very model; True if refused."""
    before, expected = state(model), model.predict(X, verbose=0)
    try:
        loaded = load(model, path)
    except (ValueError, OSError) as error:
        assert path.name in str(error)
        refused = True
    else:
        np.testing.assert_array_equal(loaded.predict(X, verbose=0), expected)
        refused = False
    for value, old in zip(state(model), before, strict=True):
        np.testing.assert_array_equal(value, old)
    return refused


# ---- damage ----


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_cut_off_anywhere_are_refused(model, files, tmp_path, ending):
    data, path = files[ending], tmp_path / f"m{ending}"
    lengths = [0, 1, 7, 100, *(len(data) * part // 16 for part in range(1, 16)), len(data) - 30]
    for length in lengths:
        path.write_bytes(data[:length])
        assert assert_refused_or_whole(model, path), length


@pytest.mark.parametrize("ending", ENDINGS)
def test_flipped_bytes_are_found_or_do_no_harm(model, files, tmp_path, ending):
    data, path = files[ending], tmp_path / f"m{ending}"
    draw = random.Random(1)
    refused = 0
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(draw.choice([1, 1, 8])):
            changed[draw.randrange(len(data))] ^= draw.randrange(1, 256)
        path.write_bytes(changed)
        refused += assert_refused_or_whole(model, path)
    assert refused >= 55  # but flips in the seal itself do no harm


@pytest.mark.parametrize("ending", ENDINGS)
def test_other_kinds_of_files_are_refused(model, tmp_path, ending):
    path = tmp_path / f"m{ending}"
    for content in (b"", b"hello", b"PK\x05\x06" + bytes(18), b"\x89HDF\r\n\x1a\n" + bytes(300)):
        path.write_bytes(content)
        assert assert_refused_or_whole(model, path)


@pytest.mark.parametrize("ending", [".h5", ".weights.h5"])
def test_a_changed_byte_is_found_before_hdf5_reads_the_file(model, files, tmp_path, ending):
    path, data = tmp_path / f"m{ending}", bytearray(files[ending])
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="the checksum differs") as caught:
        load(model, path)
    assert str(path) in str(caught.value)


def test_a_file_changed_by_way_of_hdf5_has_no_seal(files, tmp_path):
    path, other = tmp_path / "m.weights.h5", small_model()
    path.write_bytes(files[".weights.h5"])
    with h5py.File(path, "r+") as file:
        file["layers/dense/vars/0"][0, 0] = 7
    other.load_weights(path)
    assert other.get_weights()[0][0, 0] == 7
    assert b"keraslite-crc32" not in path.read_bytes()


# ---- zip files ----


def rewrite(data, path, **members):
    """A copy of a `.keras` file with members replaced; "config" stands for config.json."""
    names = {"config": "config.json", "weights": "model.weights.h5"}
    new = {names[key]: value for key, value in members.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as archive:
        for name in old.namelist():
            content = new.get(name, old.read(name))
            if content is not None:
                archive.writestr(name, content)


def config_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read("config.json"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "no config.json"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no dict"),
        (b"{}", "not a model"),
        (b'{"class_name": "Dense", "config": {"units": 1}}', "holds a Dense, not a model"),
        (b'{"class_name": "Sequential", "config": {}}', "lacks 'layers'"),
        (b'{"class_name": "Sequential", "config": 3}', "no dict"),
        (b'{"class_name": ["Sequential"], "config": {"layers": []}}', "cannot be made"),
    ],
)
def test_configs_that_make_no_model(files, tmp_path, config, message):
    path = tmp_path / "m.keras"
    rewrite(files[".keras"], path, config=config)
    with pytest.raises(ValueError, match=message) as caught:
        keras.models.load_model(path)
    assert str(path) in str(caught.value)


def test_a_graph_that_refers_to_nothing(tmp_path):
    x = keras.Input((3,), name="x")
    keras.Model(x, layers.Dense(1, name="d")(x)).save(tmp_path / "m.keras")
    data = (tmp_path / "m.keras").read_bytes()
    text = json.dumps(config_of(data))
    rewrite(data, tmp_path / "m.keras", config=text.replace('["x", 0, 0]', '["y", 0, 0]'))
    with pytest.raises(ValueError, match="damaged: nothing makes"):
        keras.models.load_model(tmp_path / "m.keras")


def test_a_member_that_unpacks_to_far_more_is_refused(files, tmp_path):
    path = tmp_path / "m.keras"
    with (
        zipfile.ZipFile(io.BytesIO(files[".keras"])) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("config.json", old.read("config.json"))
        archive.writestr("model.weights.h5", bytes(50_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match="claims 50000000 bytes"):
        keras.models.load_model(path)


# ---- sizes ----


def test_a_config_that_asks_for_much_memory_is_refused(files, tmp_path):
    config = config_of(files[".keras"])
    config["config"]["layers"][1]["config"]["units"] = 2**40
    path = tmp_path / "m.keras"
    rewrite(files[".keras"], path, config=json.dumps(config))
    with pytest.raises(ValueError, match=r"shape \(3, 1099511627776\).*exhaust memory"):
        keras.models.load_model(path)


@pytest.mark.parametrize("options", [{}, {"chunks": (1024, 1024), "compression": "gzip"}])
def test_a_dataset_that_claims_more_than_it_has_is_refused(files, tmp_path, options):
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/dense/vars/0", shape=(2**20, 2**20), dtype="f4", **options)
    path = tmp_path / "m.keras"
    rewrite(files[".keras"], path, weights=weights.getvalue())
    with pytest.raises(ValueError, match="claims 4398046511104 bytes, but has 0 bytes"):
        keras.models.load_model(path)


# ---- links and strange arrays ----


def link_outside(file, outside):
    file["layers/dense/vars/0"] = h5py.ExternalLink(str(outside), "/secret")


def link_inside(file, outside):
    file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense_1/vars/0")


def link_back(file, outside):
    file["layers/dense/vars/0"] = file["layers"]


def values_outside(file, outside):
    raw = outside.with_suffix(".raw")
    raw.write_bytes(bytes(48))
    file.create_dataset("layers/dense/vars/0", (3, 4), "f4", external=[(str(raw), 0, 48)])


def virtual(file, outside):
    layout = h5py.VirtualLayout((3, 4), "f4")
    layout[:] = h5py.VirtualSource(str(outside), "secret", (3, 4))
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def strings(file, outside):
    file.create_dataset("layers/dense/vars/0", data=np.full((3, 4), b"text"))


def references(file, outside):
    values = np.full((3, 4), file["layers"].ref, dtype=h5py.ref_dtype)
    file.create_dataset("layers/dense/vars/0", data=values)


def large_items(file, outside):
    file.create_dataset("layers/dense/vars/0", data=np.zeros((3, 4), "V1000"))


def group(file, outside):
    file.create_group("layers/dense/vars/0")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (link_outside, "ExternalLink"),
        (link_inside, "SoftLink"),
        (link_back, "stands in it twice"),
        (values_outside, "in another file"),
        (virtual, "in another file"),
        (strings, "expected numbers"),
        (references, "expected numbers"),
        (large_items, "expected numbers"),
        (group, "expected an array"),
    ],
)
def test_arrays_are_read_from_the_file_itself_alone(model, files, tmp_path, change, message):
    outside, path = tmp_path / "outside.h5", tmp_path / "m.weights.h5"
    with h5py.File(outside, "w") as file:
        file["secret"] = np.ones((3, 4), "float32")
    path.write_bytes(files[".weights.h5"])
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        change(file, outside)
    before = state(model)
    with pytest.raises(ValueError, match=message) as caught:
        model.load_weights(path)
    assert str(path) in str(caught.value)
    for value, old in zip(state(model), before, strict=True):
        np.testing.assert_array_equal(value, old)


def test_an_error_inside_the_block_of_an_open_file_is_of_the_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w"):
        pass
    with pytest.raises(ValueError, match=r"a\.h5 is damaged.*nowhere"), open_h5(
        tmp_path / "a.h5"
    ) as file:  # fmt: skip
        file["nowhere"]


# ---- code ----

LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}


@pytest.mark.parametrize(
    "entry",
    [
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": LAMBDA}},
        {
            "class_name": "Lambda",
            "config": {"function": ["4wEAAAA=", None, None], "function_type": "lambda"},
        },
        {"class_name": "Dense", "config": {"units": 2, "activation": LAMBDA}},
    ],
)
@pytest.mark.parametrize("safe_mode", [True, False])
def test_code_in_files_is_refused(files, tmp_path, entry, safe_mode):
    config = config_of(files[".keras"])
    config["config"]["layers"][1] = {"registered_name": None, **entry}
    path = tmp_path / "m.keras"
    rewrite(files[".keras"], path, config=json.dumps(config))
    with pytest.raises(ValueError, match="keraslite runs no code from files"):
        keras.models.load_model(path, safe_mode=safe_mode)


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("os", "system", "is not known here"),
        ("builtins", "eval", "is not known here"),
        ("subprocess", "Popen", "is not known here"),
        ("keraslite.saving.files", "load_model", "Unknown class in the file"),
        ("keras.src.utils", "get_file", "Unknown class in the file"),
        ("keras.layers", "Dens", "Did you mean 'Dense'"),
        (None, "Dens", "Did you mean 'Dense'"),
    ],
)
def test_classes_come_from_a_list(module, name, message):
    entry = {"module": module, "class_name": name, "config": {"command": "true"}}
    with pytest.raises(ValueError, match=message):
        deserialize_keras_object(entry)


@pytest.mark.parametrize("name", ["eval", "os.system", "__import__", "serialize"])
def test_functions_come_from_a_list(name):
    entry = {"module": "builtins", "class_name": "function", "config": name}
    with pytest.raises(ValueError, match="is not known here"):
        deserialize_keras_object(entry)


@pytest.mark.parametrize("name", ["CustomGradient", "ConvertToNumpy", "Sistem", "__class__"])
def test_operations_come_from_a_list(name):
    x = keras.Input((3,), name="x")
    config = keras.Model(x, keras.ops.relu(x)).get_config()
    config["layers"][1]["class_name"] = name
    with pytest.raises(ValueError, match="Unknown operation in the file"):
        keras.Model.from_config(config)


def test_an_operation_on_nothing_of_the_model_is_refused():
    x = keras.Input((3,), name="x")
    config = keras.Model(x, keras.ops.relu(x)).get_config()
    entry = config["layers"][1]
    entry["class_name"], entry["config"] = "Zeros", {"name": "zeros", "shape": [10**12]}
    entry["inbound_nodes"] = [{"args": [], "kwargs": {}}]
    with pytest.raises(ValueError, match="on no tensor of the model"):
        keras.Model.from_config(config)


# ---- plain values ----


def test_values_in_configs_come_back():
    values = {
        "number": np.float32(0.5),
        "flag": np.bool_(True),
        "bytes": b"abc",
        "nest": [1, {"a": None, "b": "text"}],
        "slice": slice(1, None, 2),
        "dots": Ellipsis,
        "dtype": np.dtype("int32"),
        "array": np.arange(6, dtype="float32").reshape(2, 3),
    }
    found = deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(values))))
    np.testing.assert_array_equal(found.pop("array"), values.pop("array"))
    assert found == {**values, "dtype": "int32"}
    tensor = serialize_keras_object(keras.ops.ones((2,), dtype="bfloat16"))
    back = deserialize_keras_object(json.loads(json.dumps(tensor)))
    assert back.dtype.name == "bfloat16" and back.tolist() == [1, 1]


@pytest.mark.parametrize("dtype", ["O", "S1000000000", "V10", "nonsense"])
def test_arrays_in_configs_are_of_numbers(dtype):
    entry = {"class_name": "__numpy__", "config": {"value": [1], "dtype": dtype}}
    with pytest.raises(ValueError, match="dtype"):
        deserialize_keras_object(entry)


def test_what_has_no_config_is_not_saved():
    with pytest.raises(ValueError, match="no get_config"):
        serialize_keras_object({"a": object()})
    with pytest.raises(ValueError, match="Unknown kind of value"):
        deserialize_keras_object({"class_name": "__typespec__", "config": {}})
