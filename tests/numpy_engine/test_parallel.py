"""Work on all cores: the same results, errors that arrive, nothing left behind."""

import os
import threading

import numpy as np
import pytest
from keraslite_numpy import parallel

LARGE = 4 << 20


@pytest.fixture
def two_cores(monkeypatch):
    """Two parts, also on a machine with one core."""
    monkeypatch.setattr(parallel, "_available", lambda: 2)
    with parallel.own_threads():
        yield


def test_parts_make_up_the_whole(two_cores):
    found = parallel.split(lambda part: (part, threading.get_ident()), 11, LARGE)
    assert [part for part, _ in found] == [slice(0, 5), slice(5, 11)]
    assert len({thread for _, thread in found}) == 2


def test_outside_of_steps_and_for_little_work_there_is_one_part(two_cores):
    assert len(parallel.split(lambda part: part, 11, 100)) == 1
    assert len(parallel.split(lambda part: part, 1, LARGE)) == 1
    parallel._state.cores = 1
    assert len(parallel.split(lambda part: part, 11, LARGE)) == 1


def test_parts_are_not_split_again(two_cores):
    inner = parallel.split(lambda _: len(parallel.split(lambda p: p, 8, LARGE)), 2, LARGE)
    assert inner == [1, 1] and parallel.cores() == 2


@pytest.mark.parametrize("start", [0, 1])
def test_an_error_in_a_part_arrives(start, two_cores):
    def fn(part):
        if (part.start > 0) == bool(start):
            raise ValueError("of this part")
        return part

    with pytest.raises(ValueError, match="of this part"):
        parallel.split(fn, 2, LARGE)
    assert len(parallel.split(lambda part: part, 2, LARGE)) == 2


def test_warnings_are_off_in_every_part(two_cores):
    with np.errstate(all="ignore"):
        parts = parallel.split(lambda part: np.zeros(2, "f") / np.float32(0), 2, LARGE)
    assert np.isnan(parts).all()


@pytest.mark.parametrize("shape", [(700, 300), (40, 5000)])
def test_products(shape, two_cores):
    rng = np.random.default_rng(0)
    x, y = rng.random((shape[0], 500), np.float32), rng.random((500, shape[1]), np.float32)
    np.testing.assert_allclose(parallel.matmul(x, y), x @ y, rtol=1e-5)


@pytest.mark.parametrize("other", [(600, 1000), (1000,), ()])
def test_elementwise(other, two_cores):
    rng = np.random.default_rng(0)
    x, y = rng.random((600, 1000), np.float32), rng.random(other, np.float32)
    np.testing.assert_array_equal(parallel.elementwise(np.add, x, y), x + y)
    np.testing.assert_array_equal(parallel.elementwise(np.maximum, x, 0.5), np.maximum(x, 0.5))


def test_a_step_takes_its_own_threads_once_it_would_use_them(monkeypatch):
    monkeypatch.setattr(parallel, "_available", lambda: 2)
    seen = []

    def step(work):
        seen.append(parallel.cores())
        parallel.split(lambda part: part, 2, work)

    run = parallel.with_own_threads(step)
    for work in (100, LARGE, LARGE):
        run(work)
    assert seen == [1, 1, 2] and parallel.cores() == 1


def test_openblas_keeps_to_one_thread_meanwhile(monkeypatch):
    openblas = parallel._openblas()
    if openblas is None:
        pytest.skip("NumPy has no OpenBLAS of its own here")
    monkeypatch.setattr(parallel, "_available", lambda: 2)
    before = openblas[1]()
    with parallel.own_threads():
        assert openblas[1]() == 1
    assert openblas[1]() == before


def test_openblas_is_released_by_the_last_holder():
    threads = [4]
    blas = parallel._Blas()
    for _ in range(2):
        blas.hold(threads.append, lambda: threads[-1])
    blas.release(threads.append)
    assert threads[-1] == 1
    blas.release(threads.append)
    assert threads[-1] == 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of forks
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_helpers_of_its_own(two_cores):
    assert len(parallel.split(lambda part: part, 2, LARGE)) == 2
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, bytes([len(parallel.split(lambda part: part, 2, LARGE))]))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1) == b"\x02"
