"""Data sets: where files are found, what is refused, and that the results are Keras's."""

import hashlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from keraslite import datasets
from keraslite.datasets import cache
from keraslite.datasets.npz import read_npz

pytestmark = pytest.mark.engine_free


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Empty caches; the canonical files' folder is `origin`."""
    monkeypatch.setenv("KERASLITE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(cache, "ORIGIN", (tmp_path / "origin").as_uri() + "/")
    (tmp_path / "origin").mkdir()
    return tmp_path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def small_mnist(path):
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (5, 28, 28), "uint8"),
        "y_train": np.arange(5, dtype="uint8"),
        "x_test": rng.integers(0, 256, (2, 28, 28), "uint8"),
        "y_test": np.arange(2, dtype="uint8"),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return arrays


def small_imdb(path, x_train=([5, 1, 2], [3], [1, 1, 8, 2]), x_test=([2, 4], [9, 1, 1])):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        x_train=np.array([*x_train, None], object)[:-1],  # None keeps it from becoming 2-D
        y_train=np.arange(len(x_train)) % 2,
        x_test=np.array([*x_test, None], object)[:-1],
        y_test=np.arange(len(x_test)) % 2,
    )
    return path


def test_digits_ship_with_a_fixed_split():
    (x_train, y_train), (x_test, y_test) = datasets.digits.load_data()
    assert x_train.shape == (1437, 8, 8) and x_test.shape == (360, 8, 8)
    assert x_train.dtype == y_train.dtype == np.uint8
    assert (x_train.min(), x_train.max()) == (0, 16)
    assert y_test[:5].tolist() == [0, 5, 0, 5, 0]
    assert np.bincount(y_test).tolist() == [42, 28, 26, 48, 38, 39, 30, 26, 36, 47]
    assert x_test[0].tolist()[0] == [0, 0, 5, 13, 9, 1, 0, 0]


def test_a_path_is_taken_as_it_is(home):
    arrays = small_mnist(home / "some.npz")
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data(home / "some.npz")
    assert np.array_equal(x_train, arrays["x_train"]) and x_train.flags.writeable
    assert np.array_equal(y_train, arrays["y_train"])
    assert np.array_equal(x_test, arrays["x_test"])
    assert np.array_equal(y_test, arrays["y_test"])


def test_a_relative_path_is_a_file_too(home, monkeypatch):
    small_mnist(home / "mnist.npz")
    monkeypatch.chdir(home)
    assert datasets.mnist.load_data("./mnist.npz")[0][0].shape == (5, 28, 28)


def test_the_file_is_downloaded_once_and_verified(home, monkeypatch):
    small_mnist(home / "origin" / "mnist.npz")
    digest = sha256(home / "origin" / "mnist.npz")
    file = cache.dataset_file("mnist.npz", "mnist.npz", digest)
    assert file == home / "home" / "datasets" / "mnist.npz"
    assert sha256(file) == digest
    (home / "origin" / "mnist.npz").unlink()
    assert cache.dataset_file("mnist.npz", "mnist.npz", digest) == file


def test_a_download_with_another_digest_is_refused_and_not_kept(home):
    small_mnist(home / "origin" / "mnist.npz")
    with pytest.raises(ValueError, match="not the expected one: its sha256 digest"):
        datasets.mnist.load_data()
    assert list((home / "home" / "datasets").iterdir()) == []


def test_offline_the_error_says_where_it_looked_and_what_to_do(home):
    with pytest.raises(FileNotFoundError) as error:
        datasets.imdb.load_data()
    message = str(error.value)
    assert str(home / "home" / "datasets" / "imdb.npz") in message
    assert str(home / "keras" / "datasets" / "imdb.npz") in message
    assert 'load_data(path="/folder/imdb.npz")' in message
    assert list((home / "home" / "datasets").iterdir()) == []


def test_keras_cache_is_found_if_its_file_is_the_canonical_one(home):
    small_mnist(home / "keras" / "datasets" / "mnist.npz")
    file = home / "keras" / "datasets" / "mnist.npz"
    assert cache.dataset_file("mnist.npz", "mnist.npz", sha256(file)) == file
    with pytest.raises(FileNotFoundError, match="neither"):
        cache.dataset_file("mnist.npz", "mnist.npz", "0" * 64)


def test_a_file_that_the_user_put_into_the_cache_is_used_with_a_warning(home):
    small_mnist(home / "home" / "datasets" / "mnist.npz")
    with pytest.warns(UserWarning, match="not the canonical mnist.npz"):
        (x_train, _), _ = datasets.mnist.load_data()
    assert x_train.shape == (5, 28, 28)


def test_imdb_numbers_words_as_keras_does(home):
    file = small_imdb(home / "imdb.npz")
    (x_train, y_train), (x_test, y_test) = datasets.imdb.load_data(file, num_words=8)
    # seed 113 orders three reviews 2, 0, 1 or another way: the labels tell which one it is
    order = np.arange(3)
    rng = np.random.RandomState(113)
    rng.shuffle(order)
    plain = [[1, 2, 4, 5], [1, 6], [1, 4, 4, 2, 5]]  # ranks + 3, 1 in front, 2 from 8 on
    assert [plain[i] for i in order] == list(x_train)
    assert y_train.tolist() == [int(i % 2) for i in order]
    assert sorted(map(tuple, x_test)) == [(1, 2, 4, 4), (1, 5, 7)]
    assert type(x_train[0]) is list and type(x_train[0][0]) is int
    assert y_test.dtype == np.int64


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"start_char": None}, [[8, 4, 5], [6], [4, 4, 11, 5]]),
        ({"start_char": None, "index_from": 0, "oov_char": None}, [[5, 1, 2], [3], [1, 1, 8, 2]]),
        ({"skip_top": 5}, [[2, 8, 2, 5], [2, 6], [2, 2, 2, 11, 5]]),
        ({"skip_top": 5, "oov_char": None}, [[8, 5], [6], [11, 5]]),
        ({"maxlen": 5}, [[1, 8, 4, 5], [1, 6]]),
    ],
)
def test_imdb_arguments(home, arguments, expected):
    file = small_imdb(home / "imdb.npz")
    (x_train, y_train), _ = datasets.imdb.load_data(file, **arguments)
    assert sorted(x_train) == sorted(expected)
    assert len(y_train) == len(expected)


def test_imdb_default_vocabulary_leaves_out_the_rarest_word(home):
    file = small_imdb(home / "imdb.npz")
    _, (x_test, _) = datasets.imdb.load_data(file)
    assert sorted(x_test) == [[1, 2, 4, 4], [1, 5, 7]]  # 9 + 3 is the largest number of all


def test_imdb_maxlen_that_leaves_nothing(home):
    with pytest.raises(ValueError, match=r"shorter than maxlen=2; the shortest has 2"):
        datasets.imdb.load_data(small_imdb(home / "imdb.npz"), maxlen=2)


def test_imdb_word_index(home):
    path = home / "index.json"
    path.write_text(json.dumps({"the": 1, "été": 2}), "utf8")
    assert datasets.imdb.get_word_index(path) == {"the": 1, "été": 2}


class Bomb:
    def __reduce__(self):
        return print, ("code ran",)


@pytest.mark.parametrize("payload", [Bomb(), [Bomb()], [[1, 2], "text"], [[1.5, {}]], 7])
def test_hostile_and_strange_pickles_are_refused(tmp_path, capsys, payload):
    array = np.empty(1, object)
    array[0] = payload
    np.savez(tmp_path / "bomb.npz", x=array)
    with pytest.raises(ValueError, match=r"Cannot read .*bomb.npz: array 'x' is not one of lists"):
        read_npz(tmp_path / "bomb.npz", ["x"])
    assert capsys.readouterr().out == ""


def test_a_pickle_that_is_no_array_is_refused(tmp_path, capsys):
    write_member(tmp_path / "a.npz", "|O", (1,), pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"refusing to load builtins\.print"):
        read_npz(tmp_path / "a.npz", ["x"])
    assert capsys.readouterr().out == ""


def write_member(path, descr, shape, data):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + data)


def test_sizes_are_checked_before_memory_is_taken(tmp_path):
    write_member(tmp_path / "a.npz", "<f8", (1 << 50,), b"")
    with pytest.raises(ValueError, match="does not match its size"):
        read_npz(tmp_path / "a.npz", ["x"])


def test_a_list_array_must_have_the_size_of_its_header(tmp_path):
    small_imdb(tmp_path / "imdb.npz")
    with zipfile.ZipFile(tmp_path / "imdb.npz") as archive:
        data = archive.read("x_train.npy")
    write_member(tmp_path / "a.npz", "|O", (7,), data[data.index(b"\x80") :])
    with pytest.raises(ValueError, match=r"has 3 lists, its header says \(7,\)"):
        read_npz(tmp_path / "a.npz", ["x"])


def test_fortran_order_and_version_2_are_read(tmp_path):
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(2, 0))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", stream.getvalue())
    (read,) = read_npz(tmp_path / "a.npz", ["x"])
    assert np.array_equal(read, array)


@pytest.mark.parametrize("keep", [0, 10, 2000, -30])
def test_truncated_files_are_refused(tmp_path, keep):
    small_mnist(tmp_path / "mnist.npz")
    data = (tmp_path / "mnist.npz").read_bytes()
    (tmp_path / "mnist.npz").write_bytes(data[:keep])
    with pytest.raises(ValueError, match=r"Cannot read .*mnist.npz"):
        datasets.mnist.load_data(tmp_path / "mnist.npz")


def test_every_flipped_byte_is_noticed_or_harmless(tmp_path):
    small_imdb(tmp_path / "imdb.npz")
    data = bytearray((tmp_path / "imdb.npz").read_bytes())
    expected = read_npz(tmp_path / "imdb.npz", ["x_train", "y_test"])
    for position in range(0, len(data), 3):
        broken = bytearray(data)
        broken[position] ^= 0xFF
        (tmp_path / "broken.npz").write_bytes(broken)
        try:
            found = read_npz(tmp_path / "broken.npz", ["x_train", "y_test"])
        except ValueError as error:
            assert "broken.npz" in str(error)
        else:
            assert str(found) == str(expected)


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(2), other=np.zeros(1))
    with pytest.raises(ValueError, match="no array 'x_train'; found: x, other"):
        datasets.mnist.load_data(tmp_path / "a.npz")
