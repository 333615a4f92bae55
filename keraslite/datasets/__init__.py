"""Small real data sets: `digits` ships with the package, `mnist` and `imdb` are downloaded."""

from keraslite.datasets import digits, imdb, mnist

__all__ = ["digits", "imdb", "mnist"]
