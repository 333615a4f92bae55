"""Functions of `keraslite.ops` in saved graphs, under the names of Keras's operation classes.

Keras writes a symbolic `sum(x, axis=1)` as class "Sum" of module "keras.src.ops.numpy" with the
config {"axis": 1}, and x as argument of its call. Which parameters are config and which are
arguments is told apart here by their names.
"""

import functools
import inspect

from keraslite import ops
from keraslite.core.naming import find
from keraslite.core.operation import flat_tensors
from keraslite.saving.tolerance import known_arguments

_CALLED = frozenset(
    (
        "x", "x1", "x2", "y", "xs", "a", "b", "q", "key", "query", "value", "bias", "mask", "scale",
        "inputs", "indices", "values", "updates", "start_indices", "fill_value", "weights",
        "kernel", "depthwise_kernel", "pointwise_kernel", "target", "output", "targets",
        "predictions", "data", "segment_ids", "condition", "operands", "elements", "elems",
        "start", "stop", "step", "variable", "array", "bins", "constant_values", "default",
        "sorted_sequence", "condlist", "choicelist", "mean", "variance", "offset", "gamma", "beta",
    )
)  # fmt: skip
_CONFIGURED = {  # parameters that are config although their names stand above
    "bincount": {"weights"}, "squareplus": {"b"}, "diagonal": {"offset"}, "trace": {"offset"},
}  # fmt: skip
_ALSO_CALLED = {"isclose": {"rtol", "atol"}}
_CLASS_NAMES = {
    "allclose": "AllClose", "batch_normalization": "BatchNorm", "fft": "FFT", "fft2": "FFT2",
    "hard_swish": "HardSilu", "ifft2": "IFFT2", "irfft": "IRFFT", "isin": "IsIn",
    "layer_normalization": "LayerNorm", "rfft": "RFFT", "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted", "swish": "Silu",
}  # fmt: skip
_MODULES = {  # where Keras keeps a class; the rest is in "numpy"
    "core": "cast convert_to_tensor saturate_cast scatter scatter_update slice slice_update"
    " stop_gradient unstack",
    "linalg": "cholesky cholesky_inverse eigh inv norm qr solve solve_triangular",
    "math": "erf fft fft2 ifft2 in_top_k irfft logdet logsumexp rfft rsqrt segment_max segment_min"
    " segment_prod segment_sum top_k",
    "nn": "average_pool batch_normalization binary_crossentropy categorical_crossentropy celu conv"
    " depthwise_conv dot_product_attention elu gelu glu hard_shrink hard_sigmoid hard_silu"
    " hard_swish hard_tanh layer_normalization leaky_relu log_sigmoid log_softmax max_pool moments"
    " multi_hot normalize one_hot relu relu6 rms_normalization selu separable_conv sigmoid silu"
    " soft_shrink softmax softplus softsign sparse_categorical_crossentropy sparse_plus"
    " sparse_sigmoid sparsemax squareplus swish tanh_shrink threshold",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def is_operation(module):
    """True if a config's module is one of operations rather than of layers."""
    return str(module).startswith(("keras.src.ops", "keras.ops", "keraslite.ops"))


def describe(fn, args, kwargs):
    """(module, class name, config, call arguments) of a call of a function of `keraslite.ops`."""
    name = fn.__name__
    if getattr(ops, name, None) is not fn:
        raise ValueError(
            f"The function {name!r} in the model's graph is not one of keraslite.ops, so the model"
            " cannot be saved. Put it into a layer's `call`."
        )
    bound = inspect.signature(fn).bind(*args, **kwargs)
    bound.apply_defaults()
    called = (_CALLED | _ALSO_CALLED.get(name, set())) - _CONFIGURED.get(name, set())
    config, arguments = {}, []
    for key, parameter in bound.signature.parameters.items():
        value = bound.arguments[key]
        if parameter.kind is parameter.VAR_POSITIONAL:
            arguments.extend(value)
        elif key in called:
            arguments.append(value)
        else:
            config[key] = value
    class_name = _CLASS_NAMES.get(name) or name.title().replace("_", "")
    return f"keras.src.ops.{_MODULE_OF.get(name, 'numpy')}", class_name, config, arguments


@functools.cache
def _functions():
    """{class name in lower case: function}: all that a file can name."""
    table = {name.replace("_", ""): getattr(ops, name) for name in ops.__all__}
    table.update({_CLASS_NAMES[name].lower(): getattr(ops, name) for name in _CLASS_NAMES})
    for name in ("value_and_grad", "custom_gradient", "convert_to_numpy"):
        table.pop(name.replace("_", ""), None)
    return table


def is_known(class_name):
    """True if there is a function for a class name."""
    return str(class_name).lower() in _functions()


def function_of(class_name):
    """The function of `keraslite.ops` for a class name. ValueError names the nearest match."""
    return find(str(class_name).lower(), _functions(), "operation in the file")


def call(fn, config, args, kwargs):
    """Call a function with the config and the call arguments that a file gives for it."""
    signature = inspect.signature(fn)
    config = known_arguments(fn, config, f"operation {fn.__name__!r}")
    bound = signature.bind_partial()
    bound.arguments.update(config)
    rest = list(args)
    for key, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            bound.arguments[key], rest = tuple(rest), []
        elif rest and key not in config:
            bound.arguments[key] = rest.pop(0)
    if rest:
        raise ValueError(f"The file gives too many arguments for operation {fn.__name__!r}.")
    bound.arguments.update(kwargs)
    if not flat_tensors(list(bound.arguments.values())):
        raise ValueError(f"The file has operation {fn.__name__!r} on no tensor of the model.")
    if fn is ops.get_item and isinstance(bound.arguments.get("key"), list):
        bound.arguments["key"] = tuple(bound.arguments["key"])
    return fn(*bound.args, **bound.kwargs)
