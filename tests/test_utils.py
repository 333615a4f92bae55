"""Names, files, labels, sequences."""

import hashlib
import http.server
import io
import os
import tarfile
import threading
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keraslite import utils
from keraslite.core import naming
from keraslite.saving.atomic import atomic_path
from keraslite.utils import files

pytestmark = pytest.mark.engine_free


@pytest.fixture
def origin(tmp_path):
    """A local web server: `origin(name, data)` serves data and returns its URL."""
    content = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rpartition("/")[2]
            if name not in content:
                return self.send_error(404)
            data, length = content[name]
            self.send_response(200)
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def serve(name, data, length="right"):
        content[name] = (data, len(data) if length == "right" else length)
        return f"http://127.0.0.1:{server.server_address[1]}/{name}"

    serve.content = content
    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


# ---- names ----


def test_find_names_the_nearest_match():
    assert naming.find("relu", {"relu": 1}, "activation") == 1
    with pytest.raises(ValueError, match=r"Unknown loss 'MSE'\. Did you mean 'mse'\? Known: mae"):
        naming.find("MSE", {"mse": 1, "mae": 2}, "loss")
    with pytest.raises(ValueError, match=r"Unknown loss \[1\]\. Known: mse"):
        naming.find([1], {"mse": 1}, "loss")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dense", "dense"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("LSTMCell", "lstm_cell"),
        ("PReLU", "p_re_lu"),
        ("GlobalAveragePooling1D", "global_average_pooling1d"),
        ("<lambda>", "lambda"),
    ],
)
def test_snake_case_names_are_keras_own(name, expected):
    assert naming.to_snake_case(name) == expected


def test_automatic_names_count_until_the_session_is_cleared():
    utils.clear_session()
    assert [naming.auto_name("MyLayer") for _ in range(3)] == [
        "my_layer",
        "my_layer_1",
        "my_layer_2",
    ]
    assert naming.uniquify("other") == "other"
    assert [naming.get_uid("x"), naming.get_uid("x")] == [1, 2]
    utils.clear_session()
    assert naming.auto_name("MyLayer") == "my_layer"


# ---- files ----


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyError), atomic_path(path) as temporary:
        Path(temporary).write_text("half")
        raise KeyError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]
    with atomic_path(path) as temporary:
        Path(temporary).write_text("new")
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["a.txt"]


def test_get_file_downloads_once(origin, tmp_path):
    url = origin("a.txt", b"one")
    path = utils.get_file(origin=url, cache_dir=tmp_path)
    assert path == str(tmp_path / "datasets" / "a.txt")
    origin("a.txt", b"two")
    assert utils.get_file(origin=url, cache_dir=tmp_path) == path
    assert (tmp_path / "datasets" / "a.txt").read_bytes() == b"one"
    utils.get_file(origin=url, cache_dir=tmp_path, force_download=True)
    assert (tmp_path / "datasets" / "a.txt").read_bytes() == b"two"


def test_get_file_default_folder(origin, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASLITE_HOME", str(tmp_path))
    url = origin("a.txt", b"one")
    assert utils.get_file("b.txt", url) == str(tmp_path / "datasets" / "b.txt")
    assert utils.get_file("b.txt", url, cache_subdir="c") == str(tmp_path / "c" / "b.txt")


@pytest.mark.parametrize("algorithm", ["auto", "sha256", "md5"])
def test_a_cached_file_with_another_digest_is_fetched_again(origin, tmp_path, algorithm):
    url = origin("a.txt", b"right")
    (tmp_path / "a.txt").write_bytes(b"wrong")
    kind = "md5" if algorithm == "md5" else "sha256"
    digest = hashlib.new(kind, b"right").hexdigest()
    utils.get_file(
        origin=url, file_hash=digest, hash_algorithm=algorithm, cache_dir=tmp_path, cache_subdir=""
    )
    assert (tmp_path / "a.txt").read_bytes() == b"right"


def test_a_download_with_another_digest_is_refused_and_not_kept(origin, tmp_path):
    url = origin("a.txt", b"evil")
    with pytest.raises(ValueError, match="not the expected one: its md5 digest is not 0000"):
        utils.get_file(origin=url, md5_hash="0" * 32, cache_dir=tmp_path)
    assert os.listdir(tmp_path / "datasets") == []
    with pytest.raises(ValueError, match="Unknown hash algorithm 'sha255'"):
        utils.get_file(origin=url, file_hash="0", hash_algorithm="sha255", cache_dir=tmp_path)


def test_failed_downloads_keep_nothing(origin, tmp_path):
    with pytest.raises(ConnectionError, match=r"Cannot download .*missing.txt: .*404"):
        utils.get_file(origin=origin("a", b"").replace("/a", "/missing.txt"), cache_dir=tmp_path)
    with pytest.raises(ConnectionError, match="Cannot download"):
        utils.get_file(origin=origin("a.txt", b"half", length=8), cache_dir=tmp_path)
    with pytest.raises(ConnectionError, match="Cannot download"):
        utils.get_file(origin=(tmp_path / "none").as_uri(), cache_dir=tmp_path)
    assert os.listdir(tmp_path / "datasets") == []


def test_get_file_arguments(tmp_path):
    with pytest.raises(ValueError, match="needs `origin`"):
        utils.get_file("a.txt")
    with pytest.raises(ValueError, match="ends without a file name"):
        utils.get_file(origin="http://127.0.0.1/")
    with pytest.raises(ValueError, match=r"found the path '../a.txt'"):
        utils.get_file("../a.txt", "http://127.0.0.1/a.txt")


def tar_bytes(*members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(data)
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def zip_bytes(*members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


GOOD_TAR = tar_bytes(
    ("d", b"", tarfile.DIRTYPE), ("d/a.txt", b"1", tarfile.REGTYPE), ("b", b"2", tarfile.REGTYPE)
)
GOOD_ZIP = zip_bytes(("d/", b""), ("d/a.txt", b"1"), ("b", b"2"))


@pytest.mark.parametrize("data", [GOOD_TAR, GOOD_ZIP], ids=["tar", "zip"])
@pytest.mark.parametrize(
    ("fname", "folder"), [("x.tar.gz", "x_extracted"), ("x", "x"), (None, "remote.bin")]
)
def test_archives_are_unpacked(origin, tmp_path, data, fname, folder):
    url = origin("remote.bin", data)
    path = utils.get_file(fname, url, extract=True, cache_dir=tmp_path, cache_subdir="")
    assert path == str(tmp_path / folder)
    assert (tmp_path / folder / "d" / "a.txt").read_bytes() == b"1"
    assert (tmp_path / folder / "b").read_bytes() == b"2"
    origin.content.clear()
    assert utils.get_file(fname, url, extract=True, cache_dir=tmp_path, cache_subdir="") == path
    assert len(os.listdir(tmp_path)) == 2  # the archive and the folder, nothing temporary


def test_unpacking_again_adds_to_the_folder(tmp_path):
    (tmp_path / "a").write_bytes(GOOD_ZIP)
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "own").write_text("mine")
    files.extract_archive(tmp_path / "a", tmp_path / "to", "zip")
    assert sorted(os.listdir(tmp_path / "to")) == ["b", "d", "own"]


@pytest.mark.parametrize(
    "data",
    [
        tar_bytes(("good", b"", tarfile.REGTYPE), ("../evil", b"x", tarfile.REGTYPE)),
        tar_bytes(("/tmp/evil", b"x", tarfile.REGTYPE)),
        tar_bytes(("link", b"", tarfile.SYMTYPE)),
        tar_bytes(("link", b"", tarfile.LNKTYPE)),
        tar_bytes(("pipe", b"", tarfile.FIFOTYPE)),
        zip_bytes(("../evil", b"x")),
        zip_bytes(("d/../../evil", b"x")),
        zip_bytes(("/tmp/evil", b"x")),
    ],
)
def test_archives_cannot_write_outside_their_folder(tmp_path, data):
    (tmp_path / "archive").write_bytes(data)
    with pytest.raises(ValueError, match=r"Refusing .*archive"):
        files.extract_archive(tmp_path / "archive", tmp_path / "to")
    assert os.listdir(tmp_path) == ["archive"]


def test_an_archive_larger_than_the_disk_is_refused(tmp_path, monkeypatch):
    (tmp_path / "archive").write_bytes(zip_bytes(("a", b"12345")))
    usage = types.SimpleNamespace(free=4)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ValueError, match="larger than the free disk"):
        files.extract_archive(tmp_path / "archive", tmp_path / "to")


@pytest.mark.parametrize("data", [GOOD_TAR[:60], b"text", b""], ids=["cut", "text", "empty"])
def test_what_is_no_archive_is_refused(tmp_path, data):
    (tmp_path / "archive").write_bytes(data)
    with pytest.raises(ValueError, match=r"archive"):
        files.extract_archive(tmp_path / "archive", tmp_path / "to")
    assert os.listdir(tmp_path) == ["archive"]
    with pytest.raises(ValueError, match="Unknown archive format 'rar'"):
        files.extract_archive(tmp_path / "archive", tmp_path / "to", "rar")


# ---- labels ----


def test_to_categorical():
    assert utils.to_categorical([0, 1, 3]).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert utils.to_categorical(np.array([[1], [0]]), 2).tolist() == [[0, 1], [1, 0]]
    assert utils.to_categorical([[0, 1], [1, 1]], 3).shape == (2, 2, 3)
    assert utils.to_categorical(2).tolist() == [0, 0, 1]
    assert utils.to_categorical([], 3).shape == (0, 3)
    assert utils.to_categorical([0]).dtype == np.float64


@pytest.mark.parametrize(("x", "found"), [([0, 3], "found 3"), ([-1, 0], "found -1")])
def test_to_categorical_out_of_range(x, found):
    with pytest.raises(ValueError, match=found):
        utils.to_categorical(x, num_classes=3)


def test_normalize():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert utils.normalize(x).tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert utils.normalize(x, axis=0).tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert utils.normalize([[1, -3]], order=1).tolist() == [[0.25, -0.75]]


# ---- sequences ----


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [[0, 0, 1], [2, 3, 4], [0, 0, 0]]),
        ({"padding": "post"}, [[1, 0, 0], [2, 3, 4], [0, 0, 0]]),
        ({"maxlen": 2}, [[0, 1], [3, 4], [0, 0]]),
        ({"maxlen": 2, "truncating": "post", "value": 9}, [[9, 1], [2, 3], [9, 9]]),
        ({"maxlen": 4, "padding": "post"}, [[1, 0, 0, 0], [2, 3, 4, 0], [0, 0, 0, 0]]),
        ({"maxlen": 0}, [[], [], []]),
    ],
)
def test_pad_sequences(arguments, expected):
    padded = utils.pad_sequences([[1], [2, 3, 4], []], **arguments)
    assert padded.tolist() == expected and padded.dtype == np.int32


def test_pad_sequences_of_other_things():
    words = utils.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-")
    assert words.tolist() == [["-", "a"], ["b", "c"]]
    points = utils.pad_sequences([[[1, 2]], [[3, 4], [5, 6]]], dtype="float32")
    assert points.shape == (2, 2, 2) and points[0].tolist() == [[0, 0], [1, 2]]
    assert utils.pad_sequences([]).shape == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": 3}, "needs a list of sequences"),
        ({"sequences": [[1], 2]}, "needs a list of sequences"),
        ({"sequences": [[[1, 2]], [3]]}, r"elements of shape \(\) found after"),
        ({"sequences": [[1]], "padding": "left"}, "padding must be 'pre' or 'post', found 'left'"),
        ({"sequences": [[1]], "truncating": "right"}, "truncating must be"),
        ({"sequences": [[1]], "value": "-"}, "cannot fill an array of int32"),
    ],
)
def test_pad_sequences_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        utils.pad_sequences(**arguments)
