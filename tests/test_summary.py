"""Model.summary: rows, columns, totals, and models that are not built yet."""

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops
from keraslite.utils.summary import summary_text


def branched_model():
    first, second = keras.Input((8,), name="first"), keras.Input((8,), name="second")
    shared = layers.Dense(4, name="shared")
    hidden = layers.Concatenate(name="both")([shared(first), shared(second)]) * 2.0
    hidden = layers.BatchNormalization(name="norm")(hidden)
    inner = keras.Sequential([layers.Dense(3, name="deep")], name="inner")
    inner.trainable = False
    return keras.Model([first, second], inner(hidden), name="branched")


def rows(text):
    """Cells of the table's rows, continuation lines left out."""
    lines = [line for line in text.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    return {row[0]: row[1:] for row in cells if row[2]}


def test_a_stack_lists_names_shapes_and_parameters():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(2, name="out"),
        ],
        name="stack",
    )
    text = summary_text(model)
    assert text.startswith('Model: "stack"\n')
    assert rows(text) == {
        "conv (Conv2D)": ["(None, 6, 6, 4)", "40"],
        "flat (Flatten)": ["(None, 144)", "0"],
        "out (Dense)": ["(None, 2)", "290"],
    }
    assert " Total params: 330 (1.29 KB)\n Trainable params: 330 (1.29 KB)\n" in text
    assert text.endswith(" Non-trainable params: 0 (0.00 B)")


def test_a_graph_says_what_is_connected_to_what():
    table = rows(summary_text(branched_model(), line_length=120))
    assert table["first (InputLayer)"] == ["(None, 8)", "0", "-"]
    assert table["shared (Dense)"] == ["(None, 4)", "36", "first[0][0], second[0][0]"]
    assert table["both (Concatenate)"][2] == "shared[0][0], shared[1][0]"
    multiply = next(row for name, row in table.items() if name.startswith("multiply"))
    assert multiply == ["(None, 8)", "0", "both[0][0]"]


def test_totals_tell_frozen_and_optimizer_parameters_apart():
    model = branched_model()
    model.compile("adam", "mse")
    data = [np.zeros((2, 8), "float32")] * 2
    model.fit(data, np.zeros((2, 3), "float32"), verbose=0)
    totals = summary_text(model).splitlines()[-4:]
    assert totals == [
        " Total params: 201 (804.00 B)",
        " Trainable params: 52 (208.00 B)",
        " Non-trainable params: 43 (172.00 B)",
        " Optimizer params: 106 (424.00 B)",
    ]


def test_nested_layers_and_what_is_trained():
    table = rows(summary_text(branched_model(), 140, expand_nested=True, show_trainable=True))
    assert table["└ deep (Dense)"][1:] == ["27", "-", "N"]
    assert table["inner (Sequential)"][-1] == "N"
    assert table["norm (BatchNormalization)"][-1] == "Y"
    assert table["both (Concatenate)"][-1] == "-"


def test_a_range_of_layers():
    table = rows(summary_text(branched_model(), 120, layer_range=("shared", "norm")))
    names = [name.split(" ")[0] for name in table]
    assert names[:2] == ["shared", "both"] and names[-1] == "norm" and len(names) == 4
    with pytest.raises(ValueError, match="no layer is named 'nowhere'"):
        summary_text(branched_model(), layer_range=("shared", "nowhere"))
    with pytest.raises(ValueError, match="pair of layer names"):
        summary_text(branched_model(), layer_range="shared")


def test_unbuilt_models_say_so():
    text = summary_text(keras.Sequential([layers.Dense(3, name="later")]))
    assert rows(text) == {"later (Dense)": ["?", "0 (unbuilt)"]}
    assert "Not built yet" in text.splitlines()[-1]
    assert "Not built yet" in summary_text(keras.Sequential())


class Own(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.dense = layers.Dense(3, name="dense")

    def call(self, x):
        return ops.relu(self.dense(x))


def test_a_subclassed_model_has_shapes_after_its_first_call():
    model = Own()
    assert rows(summary_text(model)) == {"dense (Dense)": ["?", "0 (unbuilt)"]}
    model(np.ones((2, 5), "float32"))
    assert rows(summary_text(model)) == {"dense (Dense)": ["(2, 3)", "18"]}


def test_several_outputs_and_long_names_go_on_in_further_lines():
    x = keras.Input((3, 2), name="x")
    states = layers.LSTM(4, return_state=True, name="a_layer_with_quite_a_long_name")(x)
    text = summary_text(keras.Model(x, states), line_length=60)
    assert all(len(line) == 60 for line in text.splitlines()[1:-3])
    lines = [line.strip("│").split("│") for line in text.splitlines() if "│" in line]
    shapes = [cells[1].strip() for cells in lines]
    assert " ".join(filter(None, shapes)) == "(None, 3, 2) (None, 4), (None, 4), (None, 4)"


def test_summary_prints_or_calls_a_function(capsys):
    model = branched_model()
    model.summary()
    printed = capsys.readouterr().out
    lines = []
    model.summary(print_fn=lines.append)
    assert printed.rstrip("\n") == "\n".join(lines) == summary_text(model)


def test_plain_characters_where_the_terminal_has_no_others(monkeypatch):
    monkeypatch.setattr("keraslite.utils.summary._can_print_lines", lambda: False)
    summary_text(branched_model(), expand_nested=True).encode("ascii")
    assert "+=====" in summary_text(branched_model())
