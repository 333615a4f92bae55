"""The ratios of training steps as a picture: a panel an engine, a row a workload."""

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

COLORS = {"keras": "#b2182b", "native": "#2166ac", "sklearn": "#4d9221"}
TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]


def save(cells, path):
    """Write a PNG of the cells of `step_ms`; nothing if there are none."""
    cells = [cell for cell in cells if cell.figure == "step_ms"]
    engines = list(dict.fromkeys(cell.engine for cell in cells))
    if not engines:
        return
    workloads = list(dict.fromkeys(cell.workload for cell in cells))
    height = 1.4 + 0.42 * len(workloads)
    figure, axes = plt.subplots(
        1, len(engines), figsize=(1.6 + 2.9 * len(engines), height), sharex=True, sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for panel, engine in zip(axes[0], engines):
        _panel(panel, engine, workloads, [c for c in cells if c.engine == engine])
    low, high = min(c.low for c in cells), max(c.high for c in cells)
    axes[0][0].set_xlim(min(low, 0.5) * 0.8, max(high, 2) * 1.25)
    axes[0][0].set_yticks(range(len(workloads)), workloads)
    axes[0][0].invert_yaxis()
    handles = {h.get_label(): h for panel in axes[0] for h in panel.containers}
    figure.legend(handles.values(), [f"to {name}" for name in handles], loc="outside lower center",
                  ncols=3, frameon=False)  # fmt: skip
    figure.suptitle("Training step: keraslite's time / the other's (below 1: keraslite is faster)")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _panel(panel, engine, workloads, cells):
    rivals = [name for name in COLORS if any(c.rival == name for c in cells)]
    for index, rival in enumerate(rivals):
        mine = [c for c in cells if c.rival == rival]
        shift = 0.18 * (index - (len(rivals) - 1) / 2)
        panel.errorbar(
            [c.ratio for c in mine], [workloads.index(c.workload) + shift for c in mine],
            xerr=[[c.ratio - c.low for c in mine], [c.high - c.ratio for c in mine]],
            fmt="o", markersize=5, capsize=2, elinewidth=1, color=COLORS[rival], label=rival,
        )  # fmt: skip
    panel.axvline(1, color="0.3", linewidth=1)
    panel.set_xscale("log")
    panel.set_xticks(TICKS)
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.tick_params(axis="x", labelsize=8)
    panel.grid(axis="x", color="0.9")
    panel.set_axisbelow(True)
    panel.set_title(engine)
    panel.spines[["top", "right"]].set_visible(False)
