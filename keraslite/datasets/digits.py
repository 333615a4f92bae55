"""Handwritten digits of 8 x 8 pixels, inside the package: 1,797 images, ready without a download.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, https://doi.org/10.24432/C50P49, licensed CC BY 4.0. These are the images of its
test part, in its order (by writer), packed into one file here and split anew.
"""

from pathlib import Path

from keraslite.datasets.npz import read_npz


def load_data():
    """The images and their labels.

    The split is fixed: images number 0, 5, 10, ... are the test images.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 images of shape (n, 8, 8) from 0 (paper) to
        16 (ink), and uint8 labels (n,); 1,437 training and 360 test images.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape
    ((1437, 8, 8), (360, 8, 8))
    """
    x, y = read_npz(Path(__file__).with_name("digits.npz"), ["x", "y"])
    test = slice(None, None, 5)
    train = [i for i in range(len(x)) if i % 5]
    return (x[train], y[train]), (x[test], y[test])
