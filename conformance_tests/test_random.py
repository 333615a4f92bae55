"""Random numbers: the same bits on every engine, and bits that look random."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance_tests.measure import eps, numpy_dtype
from conformance_tests.running import NoState
from keraslite.backend import Backend

FLOATS = ("float16", "bfloat16", "float32", "float64")
INT32 = st.integers(-(2**31), 2**31 - 1)
COUNT = 1 << 16


def key_of(backend, low, high):
    return backend.asarray(np.array([low, high], "int32"))


def words(backend, low, high, count):
    """Random words as uint32."""
    return backend.to_numpy(backend.random_bits(key_of(backend, low, high), count)).view("uint32")


# ---- the bits ----

MASK = 0xFFFFFFFF


def mix(x):
    """The finalizer of `keraslite.backend.randomness`, in Python's integers."""
    x = (x ^ x >> 16) * 0x7FEB352D & MASK
    x = (x ^ x >> 15) * 0x846CA68B & MASK
    return x ^ x >> 16


def word(low, high, counter):
    low, high = low & MASK, high & MASK
    mixed = mix(counter * 0x9E3779B9 + low & MASK)
    return mix((mixed ^ high) + low & MASK)


def folded(low, high, number):
    low, high, number = low & MASK, high & MASK, number & MASK
    low = mix(low + number * 0x9E3779B9 & MASK)
    return low, mix((high ^ low) + number & MASK)


KNOWN = {
    (0, 0): [0, 2926543089, 71125540, 2547806519, 3966017049, 1226964223],
    (1, 2): [3831518755, 3264212837, 708607623, 2831072087, 3592302914, 4123370003],
    (-1, 2**31 - 1): [1625353513, 2378428715, 135562393, 2852638537, 891052241, 2748217219],
}


@pytest.mark.parametrize("key", KNOWN)
def test_known_words(key, backend):
    expected = KNOWN[key]
    assert words(backend, *key, len(expected)).tolist() == expected
    assert [word(*key, i) for i in range(len(expected))] == expected


@given(low=INT32, high=INT32)
def test_words_of_any_key(low, high, backend):
    assert words(backend, low, high, 5).tolist() == [word(low, high, i) for i in range(5)]


def test_bits_are_int32_and_any_count_is_a_prefix_of_a_longer_one(backend):
    bits = backend.random_bits(key_of(backend, 3, 4), 1000)
    assert backend.dtype(bits) == "int32" and tuple(backend.shape(bits)) == (1000,)
    np.testing.assert_array_equal(words(backend, 3, 4, 7), words(backend, 3, 4, 1000)[:7])
    assert words(backend, 3, 4, 0).shape == (0,)


def test_long_runs_have_the_same_bits(backend, reference):
    """Engines may work in blocks: across their edges nothing changes."""
    count = (1 << 17) + 3
    found = words(backend, -5, 77, count)
    np.testing.assert_array_equal(found, words(reference, -5, 77, count))
    for i in (0, 1, 4095, 4096, 65535, 65536, count - 1):
        assert found[i] == word(-5, 77, i)


@given(low=INT32, high=INT32, number=INT32)
def test_fold_in(low, high, number, backend):
    key = backend.fold_in(key_of(backend, low, high), number)
    assert backend.dtype(key) == "int32" and tuple(backend.shape(key)) == (2,)
    found = backend.to_numpy(key).view("uint32").tolist()
    assert found == list(folded(low, high, number))


def test_fold_in_takes_a_scalar_tensor(backend):
    key = key_of(backend, 9, -9)
    from_tensor = backend.fold_in(key, backend.asarray(12345, "int32"))
    np.testing.assert_array_equal(
        *map(backend.to_numpy, (from_tensor, backend.fold_in(key, 12345)))
    )


def test_bits_inside_a_compiled_step_are_the_same(backend):
    step = backend.compile_step(lambda key: backend.random_bits(key, 100), NoState, "auto")
    found = backend.to_numpy(step(key_of(backend, 5, 6))).view("uint32")
    np.testing.assert_array_equal(found, words(backend, 5, 6, 100))


# ---- their statistics ----


def chi_square(counts):
    """Standard normal, nearly, if all outcomes are equally likely."""
    expected = counts.sum() / counts.size
    freedom = counts.size - 1
    return (np.sum((counts - expected) ** 2) / expected - freedom) / math.sqrt(2 * freedom)


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
@pytest.mark.parametrize("key", [(0, 0), (1, 0), (0, 1), (12, 34)])
def test_each_byte_is_uniform(key, shift, backend):
    byte = words(backend, *key, COUNT) >> shift & 0xFF
    assert abs(chi_square(np.bincount(byte, minlength=256))) < 4


def test_pairs_of_neighbours_are_uniform(backend):
    nibbles = words(backend, 2, 3, 2 * COUNT).astype("int64") >> 28
    pairs = nibbles[::2] * 16 + nibbles[1::2]
    assert abs(chi_square(np.bincount(pairs, minlength=256))) < 4


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 7, 32, 1024])
def test_no_serial_correlation(lag, backend):
    unit = words(backend, 7, 8, COUNT) / 2.0**32 - 0.5
    correlation = np.mean(unit[:-lag] * unit[lag:]) * 12
    assert abs(correlation) * math.sqrt(COUNT) < 4


def changed_bits(first, second):
    """For each of 32 bits, how often it differs, in standard deviations from one half."""
    bits = (first ^ second)[:, None] >> np.arange(32, dtype="uint32") & 1
    return (bits.mean(0) - 0.5) * 2 * math.sqrt(len(first))


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("bit", [0, 1, 15, 30])
def test_neighbouring_keys_share_nothing(half, bit, backend):
    """Avalanche: one bit of the key changes each bit of a word with probability one half."""
    key = [20, 30]
    first = words(backend, *key, 1 << 14)
    key[half] ^= 1 << bit
    second = words(backend, *key, 1 << 14)
    assert np.abs(changed_bits(first, second)).max() < 5


def test_neighbouring_counters_share_nothing(backend):
    found = words(backend, 40, 50, 1 << 14)
    assert np.abs(changed_bits(found[:-1], found[1:])).max() < 5


def test_folded_keys_are_apart(backend):
    """Streams of neighbouring numbers, of layers or steps, do not overlap or correlate."""
    key = key_of(backend, 0, 0)
    streams = []
    for number in range(8):
        folded_key = backend.to_numpy(backend.fold_in(key, number))
        streams.append(words(backend, *folded_key, 1 << 12))
    assert len(np.unique(streams)) > 0.9999 * 8 * (1 << 12)
    unit = np.array(streams) / 2.0**32 - 0.5
    correlations = np.corrcoef(unit) - np.eye(8)
    assert np.abs(correlations).max() * math.sqrt(1 << 12) < 4


# ---- what is drawn from them ----


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform(dtype, backend, reference):
    found = draw(backend, "random_uniform", dtype)
    np.testing.assert_array_equal(found, draw(reference, "random_uniform", dtype))
    assert found.min() >= 0 and found.max() < 1
    counts = np.bincount((found.astype("float64") * 64).astype(int).ravel(), minlength=64)
    assert abs(chi_square(counts)) < 4
    step = {"float32": 2.0**-24, "float64": 2.0**-32}.get(dtype, 2.0**-8)
    multiples = found.astype("float64") / step
    np.testing.assert_array_equal(multiples, np.floor(multiples))


def draw(backend, name, dtype, shape=(64, 1024)):
    tensor = getattr(backend, name)(key_of(backend, 11, 12), shape, dtype)
    assert backend.dtype(tensor) == dtype and tuple(backend.shape(tensor)) == shape
    return backend.to_numpy(tensor)


@pytest.mark.parametrize("dtype", FLOATS)
def test_normal(dtype, backend, reference):
    found = draw(backend, "random_normal", dtype).astype("float64").ravel()
    expected = draw(reference, "random_normal", dtype).astype("float64").ravel()
    # cos near its zeros and log near 1 differ by some ulps of float32, the words do not
    tolerance = 4 * eps(dtype) if dtype in FLOATS[:2] else 32 * eps(dtype)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    n = found.size
    assert abs(found.mean()) * math.sqrt(n) < 4
    assert abs(found.var() - 1) * math.sqrt(n / 2) < 4
    assert abs(np.mean(found**3)) * math.sqrt(n / 15) < 4
    assert abs(np.mean(found**4) - 3) * math.sqrt(n / 96) < 4


def test_normal_has_the_normal_distribution(backend):
    found = np.sort(draw(backend, "random_normal", "float64").ravel())
    below = 0.5 * (1 + np.array([math.erf(v / math.sqrt(2)) for v in found]))
    steps = np.arange(found.size + 1) / found.size
    distance = max(np.abs(below - steps[1:]).max(), np.abs(below - steps[:-1]).max())
    assert distance * math.sqrt(found.size) < 1.95  # Kolmogorov-Smirnov, one in a thousand


def test_normal_of_odd_and_empty_shapes(backend):
    key = key_of(backend, 1, 1)
    for shape in ((3, 5), (), (1,), (0, 2)):
        found = backend.to_numpy(backend.random_normal(key, shape, "float32"))
        assert found.shape == shape and np.isfinite(found).all()


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
@pytest.mark.parametrize(("low", "high"), [(0, 10), (3, 4), (0, 256)])
def test_int(low, high, dtype, backend, reference):
    key = key_of(backend, 21, 22)
    found = backend.random_int(key, (COUNT,), low, high, dtype)
    assert backend.dtype(found) == dtype
    found = backend.to_numpy(found)
    assert found.min() == low and found.max() == high - 1
    if high - low > 1:
        assert abs(chi_square(np.bincount(found - low, minlength=high - low))) < 4
    expected = reference.random_int(key_of(reference, 21, 22), (COUNT,), low, high, dtype)
    np.testing.assert_array_equal(found, reference.to_numpy(expected))


def test_int_takes_negative_and_wide_ranges(backend):
    key = key_of(backend, 1, 2)
    found = backend.to_numpy(backend.random_int(key, (COUNT,), -5, 5, "int32"))
    assert found.min() == -5 and found.max() == 4
    wide = backend.to_numpy(backend.random_int(key, (COUNT,), 0, 2**31 - 1, "int32"))
    assert wide.min() >= 0 and wide.max() > 2**30


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_keep(probability, backend, reference):
    key = key_of(backend, 31, 32)
    kept = backend.random_keep(key, (256, 257), probability)
    assert backend.dtype(kept) == "bool" and tuple(backend.shape(kept)) == (256, 257)
    kept = backend.to_numpy(kept)
    spread = math.sqrt(probability * (1 - probability) / kept.size)
    assert abs(kept.mean() - probability) <= 4 * spread
    expected = reference.random_keep(key_of(reference, 31, 32), (256, 257), probability)
    np.testing.assert_array_equal(kept, reference.to_numpy(expected))


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (0, 2)])
def test_keep_of_odd_and_empty_shapes(shape, backend, reference):
    kept = backend.to_numpy(backend.random_keep(key_of(backend, 3, 2), shape, 0.5))
    expected = reference.random_keep(key_of(reference, 3, 2), shape, 0.5)
    np.testing.assert_array_equal(kept, reference.to_numpy(expected))
    assert kept.shape == shape


@pytest.mark.parametrize("dtype", FLOATS)
def test_dropout(dtype, backend):
    key, x = key_of(backend, 41, 42), np.linspace(1, 2, 6000).reshape(20, 300)
    x = x.astype(numpy_dtype(dtype))
    result = backend.dropout(backend.asarray(x), 0.25, key, x.shape)
    assert backend.dtype(result) == dtype
    found = backend.to_numpy(result).astype("float64")
    kept = backend.to_numpy(backend.random_keep(key, x.shape, 0.75))
    wanted = np.where(kept, x.astype("float64") / 0.75, 0)
    np.testing.assert_allclose(found, wanted, rtol=1.01 * eps(dtype))
    assert 0.7 < (found != 0).mean() < 0.8


def test_dropout_noise_is_shared_along_axes_of_size_one(backend):
    x = backend.ones((2, 5, 30), "float32")
    found = backend.to_numpy(backend.dropout(x, 0.5, key_of(backend, 5, 5), (2, 1, 30)))
    np.testing.assert_array_equal(found, np.broadcast_to(found[:, :1], found.shape))
    assert set(np.unique(found)) == {0.0, 2.0}


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_the_gradient_of_dropout_is_its_mask(rate, backend):
    key = key_of(backend, 6, 6)
    x = backend.asarray(np.linspace(1, 2, 40))
    loss = lambda v: backend.sum(backend.dropout(v[0], rate, key, (40,)))
    _, (gradient,) = backend.value_and_grad(loss)([x])
    kept = backend.to_numpy(backend.random_keep(key, (40,), 1 - rate))
    np.testing.assert_allclose(backend.to_numpy(gradient), kept / (1 - rate), rtol=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_permutation(count, backend, reference):
    found = backend.random_permutation(key_of(backend, 51, 52), count)
    assert backend.dtype(found) == "int32"
    found = backend.to_numpy(found)
    np.testing.assert_array_equal(np.sort(found), np.arange(count))
    expected = reference.random_permutation(key_of(reference, 51, 52), count)
    np.testing.assert_array_equal(found, reference.to_numpy(expected))
    if count == 1000:
        fixed = np.sum(found == np.arange(count))
        assert fixed < 8  # one on average
        assert abs(np.corrcoef(found, np.arange(count))[0, 1]) * math.sqrt(count) < 4


OVERRIDABLE = {
    "random_bits": (1001,),
    "fold_in": (77,),
    "random_uniform": ((3, 333), "float32"),
    "random_int": ((3, 333), -4, 9, "int32"),
    "random_keep": ((3, 333), 0.3),
    "random_permutation": (333,),
}


@pytest.mark.parametrize("name", OVERRIDABLE)
def test_overrides_give_the_bits_of_the_inherited_composites(name, backend):
    key = key_of(backend, 61, -62)
    found = getattr(backend, name)(key, *OVERRIDABLE[name])
    inherited = getattr(Backend, name)(backend, key, *OVERRIDABLE[name])
    np.testing.assert_array_equal(*map(backend.to_numpy, (found, inherited)))
