"""`tf`, imported without the noise and without Keras."""

import contextlib
import os
import sys
import tempfile

# What `import tensorflow` loads on its own account, for TensorFlow 1 models, at a cost of 1.8 s.
# It carries on when the import fails; tf.keras itself loads on first use and stays available.
_KERAS_HOOK = "keras.src.optimizers"


@contextlib.contextmanager
def _quiet():
    """Hold back what C++ writes to stderr: TF_CPP_MIN_LOG_LEVEL does not cover all of it."""
    try:
        saved = os.dup(2)
    except OSError:  # no stderr to keep quiet
        yield
        return
    if sys.stderr:
        sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _import_tensorflow():
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        hide_keras = "keras" not in sys.modules
        if hide_keras:
            sys.modules[_KERAS_HOOK] = None  # type: ignore[assignment]
        try:
            with _quiet():
                import tensorflow
        finally:
            if hide_keras:
                del sys.modules[_KERAS_HOOK]
    import tensorflow

    return tensorflow


tf = _import_tensorflow()
