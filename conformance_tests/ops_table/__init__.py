"""The table of ops: one row for each way in which an op of the contract is tested, as data."""

from conformance_tests.ops_table import elementwise, movement, neural, products, reductions

OPS = (*elementwise.ROWS, *reductions.ROWS, *movement.ROWS, *products.ROWS, *neural.ROWS)

# What has no row, and the file that tests it.
ELSEWHERE = {
    "test_arrays.py": (
        "asarray", "to_numpy", "is_tensor", "dtype", "shape", "ndim", "device_names",
        "device_scope", "synchronize",
        "set_matmul_precision", "reduced_size", "spatial_padding", "abstract_eval", "seed",
    ),
    "test_dtypes.py": ("cast",),
    "test_control.py": ("scan", "while_loop", "cond", "vectorized_map"),
    "test_state.py": (
        "make_variable", "read", "assign", "assign_new", "value_and_grad", "stop_gradient",
        "custom_gradient", "compile_step", "compile_loop", "feed", "without_gradients",
    ),
    "test_random.py": (
        "random_bits", "fold_in", "random_uniform", "random_normal", "random_int", "random_keep",
        "dropout", "random_permutation",
    ),
    "test_updates.py": (
        "update_sgd", "update_momentum", "update_rmsprop", "update_adam", "unbiased_rate",
        "global_norm",
    ),
}  # fmt: skip
