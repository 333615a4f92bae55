"""The code of benchmarks/: its arithmetic on made-up figures, its models, one worker."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import keraslite as keras
from benchmarks import __main__ as command
from benchmarks import competitors, ratios, report, schedule, targets, worker, workloads
from benchmarks.keras_models import MODELS
from benchmarks.native import parameters

pytestmark = pytest.mark.engine_free
ROOT = Path(__file__).parent.parent
MACHINE = {
    "date": "2026-11-21", "processor": "made up", "cores": 2, "device": "cpu", "python": "3.11",
    "versions": {"keraslite": "0.1.0"}, "load_before": 0.0,
}  # fmt: skip


def record(number, competitor, engine="torch", workload="cnn", **figures):
    where = {"pass": number, "engine": engine, "workload": workload, "competitor": competitor}
    return {**where, "figures": figures, "losses": [1.0]}


RECORDS = [
    record(0, "keraslite", step_ms=5.0, import_extra_s=0.1),
    record(0, "keras", step_ms=10.0, import_extra_s=3.0),
    record(1, "keras", step_ms=10.0, import_extra_s=3.0),
    record(1, "keraslite", step_ms=8.0, import_extra_s=0.3),
    record(2, "keraslite", step_ms=6.0, import_extra_s=0.2),
    record(2, "keras", step_ms=20.0, import_extra_s=3.0),
]


# ---- ratios ----


def test_ratios_are_taken_within_a_pass():
    (cell,) = [c for c in ratios.cells(RECORDS) if c.figure == "step_ms"]
    assert (cell.ratio, cell.low, cell.high) == (0.5, 0.3, 0.8)
    assert (cell.own, cell.other) == (6.0, 10.0)


def test_a_pass_without_its_partner_is_left_out():
    failed = {k: v for k, v in RECORDS[1].items() if k != "figures"} | {"error": "no memory"}
    records = [RECORDS[0], failed, *RECORDS[2:]]
    (cell,) = [c for c in ratios.cells(records) if c.figure == "step_ms"]
    assert (cell.low, cell.high) == (0.3, 0.8) and cell.ratio == pytest.approx(0.55)
    assert ratios.failures(records) == {("torch", "cnn", "keras"): "no memory"}


def test_rivals_that_import_nothing_have_no_ratio_of_it():
    records = [
        record(0, "keraslite", import_extra_s=0.1),
        record(0, "native", import_extra_s=0.0),
    ]
    assert ratios.cells(records) == []


def test_imports_are_paired_process_by_process():
    records = [
        record(0, "keraslite", workload="cnn", import_s=1.0),
        record(0, "keras", workload="cnn", import_s=2.0),
        record(0, "keraslite", workload="mlp", import_s=3.0),
        record(0, "keras", workload="mlp", import_s=4.0),
    ]
    (cell,) = ratios.cells(records)
    assert (cell.workload, cell.low, cell.ratio, cell.high) == ("import", 0.5, 0.625, 0.75)


def test_import_extras_are_those_of_keraslite():
    assert ratios.import_extras(RECORDS) == {"torch": (0.2, 0.1, 0.3)}


# ---- targets ----


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("torch", "cnn", "keras", "step_ms"), 0.6),
        (("torch", "resnet20", "native", "step_ms"), 1.05),
        (("numpy", "tiny_mlp", "native", "step_ms"), 0.5),
        (("numpy", "mlp", "sklearn", "step_ms"), None),
        (("numpy", "dlrm", "native", "step_ms"), None),
        (("jax", "growth", "native", "step_ms (depth 8)"), 1.05),
        (("jax", "import", "keras", "import_s"), 1.0),
        (("jax", "import", "native", "import_s"), None),
        (("jax", "mlp", "keras", "predict_one_ms"), 0.1),
        (("jax", "mlp", "keras", "predict_batch_ms"), 1.0),
        (("jax", "mlp", "native", "peak_mib"), 1.2),
        (("jax", "mlp", "keras", "grown_mib"), None),
    ],
)
def test_targets(place, expected):
    assert targets.target(*place) == expected


# ---- report ----


def test_report_says_where_keraslite_loses():
    slow = [
        record(0, "keraslite", workload="mlp", step_ms=3.0, import_extra_s=0.2),
        record(0, "keras", workload="mlp", step_ms=2.0, import_extra_s=3.0),
    ]
    text = report.render(RECORDS + slow, MACHINE)
    assert "| torch | cnn | keras | 6 | 10 | 0.50 (0.30 - 0.80) | 0.6 | ✓ |" in text
    assert "| torch | mlp | keras | 3 | 2 | 1.50 (1.50 - 1.50) | 0.5 | ✗ |" in text
    losses = text.split("keraslite loses here:")[1]
    assert "torch mlp, step_ms to keras: 1.50 (1.50 - 1.50), target 0.5\n" in losses
    assert "torch, import: 0.200 s, target 0.15 s" in losses
    assert "cnn" not in losses


def test_report_of_a_missed_target_and_of_a_failure():
    records = [
        record(0, "keraslite", step_ms=8.0, import_extra_s=0.1),
        record(0, "keras", step_ms=10.0, import_extra_s=3.0),
        {"pass": 0, "engine": "jax", "workload": "cnn", "competitor": "keras", "error": "broke"},
    ]
    text = report.render(records, MACHINE)
    assert "target 0.6 (ahead, but by less than aimed at)" in text
    assert "- jax / cnn / keras: broke" in text


def test_report_without_losses():
    text = report.render(RECORDS[:2], MACHINE)
    assert text.endswith("keraslite loses here:\n\n- nowhere in this run\n")


def test_growth_stands_in_a_table_of_its_own():
    records = [
        record(0, "keraslite", workload="growth", **{"step_ms (depth 8)": 1.0}),
        record(0, "native", workload="growth", **{"step_ms (depth 8)": 2.0}),
    ]
    text = report.render([r | {"figures": r["figures"] | {"import_extra_s": 0.1}} for r in records],
                         MACHINE)  # fmt: skip
    assert "## Growth: ms per step" in text
    assert "| torch | growth (depth 8) | native | 1 | 2 | 0.50 (0.50 - 0.50) | 1.05 | ✓ |" in text


# ---- schedule ----


def test_order_rotates():
    names = ["keraslite", "keras", "native"]
    assert [schedule.rotated(names, i)[0] for i in range(4)] == [*names, names[0]]
    assert sorted(schedule.rotated(names, 2)) == sorted(names)


def test_groups():
    wanted = ["keras", "native", "sklearn"]
    found = list(schedule.groups(["numpy", "jax"], ["mlp", "lstm"], wanted))
    assert found == [
        ("numpy", "mlp", ["keraslite", "keras", "native", "sklearn"]),
        ("jax", "mlp", ["keraslite", "keras", "native"]),
        ("numpy", "lstm", ["keraslite", "native"]),
        ("jax", "lstm", ["keraslite", "keras", "native"]),
    ]
    assert list(schedule.groups(["jax"], ["mlp"], [])) == [("jax", "mlp", ["keraslite"])]


def test_long_workloads_run_less_often_unless_many_passes_are_wanted():
    assert [workloads.passes(name, 5) for name in ("mlp", "resnet20", "growth")] == [5, 3, 3]
    assert [workloads.passes(name, 2) for name in ("mlp", "growth")] == [2, 2]
    assert workloads.passes("growth", 7) == 7


def test_a_worker_that_fails_is_a_record(tmp_path):
    options = SimpleNamespace(budget=0.1, quick=True, device="cpu")
    found = schedule.run_worker("numpy", "nobody", "tiny_mlp", options, str(tmp_path))
    assert "invalid choice: 'nobody'" in found["error"]


# ---- workloads ----


@pytest.mark.parametrize("label", [*workloads.WORKLOADS, *workloads.GROWTH])
def test_models_train_as_many_numbers_as_the_workload_says(label):
    workload = {**workloads.WORKLOADS, **workloads.GROWTH}[label]
    model = MODELS[workload.name](keras, workload)
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == workload.parameters
    assert parameters.count(workload) == workload.parameters


def test_a_wrong_size_is_refused():
    workload = workloads.WORKLOADS["mlp"]
    with pytest.raises(ValueError, match=r"mlp: 3 parameters .* has 669706"):
        worker.check_size(SimpleNamespace(parameters=3), workload)


@pytest.mark.parametrize("name", workloads.WORKLOADS)
def test_data_are_the_same_in_every_process(name):
    workload = workloads.WORKLOADS[name].quick()
    (x, y), (again, _) = workload.data(), workload.data()
    first = x["c0"] if isinstance(x, dict) else x
    assert len(first) == len(y) == workload.batch * 3
    assert np.array_equal(first, again["c0"] if isinstance(x, dict) else again)


def test_initial_parameters():
    found = parameters.initial(workloads.WORKLOADS["resnet20"])
    assert not found["dense0_b"].any() and (found["stem_scale"] == 1).all()
    assert 0 < np.abs(found["stem_w"]).max() <= np.sqrt(6 / (9 * 19))


# ---- the worker and the command ----

FIGURES = {
    "import_s", "import_extra_s", "first_step_s", "first_epoch_s", "step_ms", "peak_mib",
    "grown_mib",
}  # fmt: skip


def test_worker_measures_everything():
    command = [sys.executable, "-m", "benchmarks.worker", "--engine", "numpy", "--competitor",
               "keraslite", "--workload", "tiny_mlp", "--budget", "0.01", "--quick"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found = json.loads(done.stdout)
    assert found["figures"].keys() == FIGURES
    assert all(value > 0 for value in found["figures"].values())
    assert len(found["losses"]) >= worker.EPOCHS and found["losses"][-1] < found["losses"][0]


def test_predictions_are_timed():
    workload = workloads.WORKLOADS["mlp"].quick()
    competitor = competitors.KerasApi(keras, workload)
    x, _ = workload.data(3)
    assert np.allclose(competitor.call(x), competitor.predict(x), atol=1e-5)
    options = SimpleNamespace(quick=True, budget=0.01)
    found = worker.predictions(competitor, workload, options)
    assert found.keys() == {f"{n}_ms" for n in ("call_one", "predict_one", "predict_batch",
                                                "predict_10000")}  # fmt: skip
    assert found["predict_10000_ms"] > found["predict_one_ms"] > 0


FOUND = {r["competitor"]: r["figures"] for r in [*RECORDS[:2], record(0, "native", step_ms=4.0)]}


def test_command_writes_what_it_prints(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "save_plot", lambda records, path: None)
    monkeypatch.setattr(
        schedule, "run_worker", lambda engine, name, *rest: {"figures": FOUND[name]}
    )
    monkeypatch.setattr(schedule, "installed", list)
    arguments = ["--quick", "--engines", "jax", "--workloads", "cnn", "--name", "run"]
    command.main([*arguments, "--out", str(tmp_path)])
    assert (tmp_path / "run.md").read_text() in capsys.readouterr().out
    document = json.loads((tmp_path / "run.json").read_text())
    assert [r["competitor"] for r in document["records"]] == ["keraslite", "keras", "native"]
    assert document["machine"]["cores"] >= 1 and "numpy" in document["machine"]["versions"]


def test_names_of_files_and_quick_runs():
    found = command.options(["--quick", "--device", "cuda"])
    assert (found.passes, found.name[-5:]) == (1, "-cuda")
    assert command.options([]).workloads == workloads.NAMES
