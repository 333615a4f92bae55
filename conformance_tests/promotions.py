"""The dtype that two operands are brought to: JAX's table (with 64 bits), as Keras 3's.

Compared cell by cell with JAX 0.10 and with Keras 3.15 on TensorFlow. "int" and "float" are Python
numbers, whose default dtypes are int32 and float32.
"""

TABLE = """
        b1  i1  i2  i4  i8  u1  u2  u4  u8  f2  bf  f4  f8  c8 c16 int float
    b1  b1  i1  i2  i4  i8  u1  u2  u4  u8  f2  bf  f4  f8  c8 c16  i4  f4
    i1  i1  i1  i2  i4  i8  i2  i4  i8  f4  f2  bf  f4  f8  c8 c16  i1  f4
    i2  i2  i2  i2  i4  i8  i2  i4  i8  f4  f2  bf  f4  f8  c8 c16  i2  f4
    i4  i4  i4  i4  i4  i8  i4  i4  i8  f4  f2  bf  f4  f8  c8 c16  i4  f4
    i8  i8  i8  i8  i8  i8  i8  i8  i8  f4  f2  bf  f4  f8  c8 c16  i8  f4
    u1  u1  i2  i2  i4  i8  u1  u2  u4  u8  f2  bf  f4  f8  c8 c16  u1  f4
    u2  u2  i4  i4  i4  i8  u2  u2  u4  u8  f2  bf  f4  f8  c8 c16  u2  f4
    u4  u4  i8  i8  i8  i8  u4  u4  u4  u8  f2  bf  f4  f8  c8 c16  u4  f4
    u8  u8  f4  f4  f4  f4  u8  u8  u8  u8  f2  bf  f4  f8  c8 c16  u8  f4
    f2  f2  f2  f2  f2  f2  f2  f2  f2  f2  f2  f4  f4  f8  c8 c16  f2  f2
    bf  bf  bf  bf  bf  bf  bf  bf  bf  bf  f4  bf  f4  f8  c8 c16  bf  bf
    f4  f4  f4  f4  f4  f4  f4  f4  f4  f4  f4  f4  f4  f8  c8 c16  f4  f4
    f8  f8  f8  f8  f8  f8  f8  f8  f8  f8  f8  f8  f8  f8 c16 c16  f8  f8
    c8  c8  c8  c8  c8  c8  c8  c8  c8  c8  c8  c8  c8 c16  c8 c16  c8  c8
   c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16
   int  i4  i1  i2  i4  i8  u1  u2  u4  u8  f2  bf  f4  f8  c8 c16  i4  f4
 float  f4  f4  f4  f4  f4  f4  f4  f4  f4  f2  bf  f4  f8  c8 c16  f4  f4
"""

NAMES = {
    "b1": "bool", "f2": "float16", "bf": "bfloat16", "f4": "float32", "f8": "float64",
    "c8": "complex64", "c16": "complex128", "int": int, "float": float,
    **{f"i{n}": f"int{8 * n}" for n in (1, 2, 4, 8)},
    **{f"u{n}": f"uint{8 * n}" for n in (1, 2, 4, 8)},
}  # fmt: skip


def promotions():
    """(first, second, result) for every pair of dtype names and Python's int and float."""
    head, *rows = TABLE.strip().splitlines()
    columns = head.split()
    for row in rows:
        first, *results = row.split()
        for second, result in zip(columns, results, strict=True):
            yield NAMES[first], NAMES[second], NAMES[result]
