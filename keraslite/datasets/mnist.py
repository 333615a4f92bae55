"""MNIST: 70,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes, Burges; CC BY-SA 3.0)."""

from keraslite.datasets.cache import dataset_file
from keraslite.datasets.npz import read_npz


def load_data(path="mnist.npz"):
    """The images and their labels.

    Args:
        path: an `.npz` file with these four arrays, or a name in `$KERASLITE_HOME/datasets`,
            where the canonical file is downloaded to unless it is there or in `~/.keras/datasets`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 images of shape (n, 28, 28) from 0 to 255,
        and uint8 labels (n,). The canonical file has 60,000 and 10,000.

    Raises:
        FileNotFoundError: the file is nowhere, and cannot be downloaded.
        ValueError: the file is damaged or another one than expected.
    """
    digest = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
    file = dataset_file(path, "mnist.npz", digest)
    x_train, y_train, x_test, y_test = read_npz(file, ["x_train", "y_train", "x_test", "y_test"])
    return (x_train, y_train), (x_test, y_test)
