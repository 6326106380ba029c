"""``make bench``: run the benchmarks, keep the run, compare its ratios, write RESULTS.md."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
RUNS = FOLDER / "runs"
RESULTS = FOLDER / "RESULTS.md"
#: A ratio that fell by more than this share since the last run is flagged.
TOLERATED_FALL = 0.2


def main() -> int:
    """Return the exit status: 1 if a benchmark failed or a ratio fell."""
    RUNS.mkdir(exist_ok=True)
    earlier = stored_runs()
    fresh = RUNS / "fresh.json"
    arguments = [str(FOLDER), "-m", "benchmark", f"--benchmark-json={fresh}", "-q"]
    status = int(pytest.main([*arguments, *sys.argv[1:]]))
    if status or not fresh.exists():
        return status or 1
    run = without_raw_data(json.loads(fresh.read_text()))
    fresh.unlink()
    alike = [one for one in earlier if on_gpu(one) == on_gpu(run)]
    fallen = compare(run, alike[-1]) if alike else []
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    (RUNS / f"{now}.json").write_text(json.dumps(run, indent=1) + "\n")
    RESULTS.write_text(results([*earlier, run]))
    for line in fallen:
        print(f"FELL: {line}")
    print(f"Written: {RESULTS}")
    return 1 if fallen else 0


def stored_runs() -> list[dict[str, Any]]:
    """Return the stored runs, the oldest first."""
    return [json.loads(path.read_text()) for path in sorted(RUNS.glob("2*.json"))]


def without_raw_data(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run of pytest-benchmark without single times and with the commit as it is."""
    for one in run["benchmarks"]:
        one["stats"].pop("data", None)
    flags = run["machine_info"].get("cpu", {})
    run["machine_info"]["cpu"] = {key: flags[key] for key in ("brand_raw", "count") if key in flags}
    run["machine_info"].pop("node", None)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=FOLDER
    ).stdout.strip()
    run["commit_info"] = {"id": commit}
    return run


def on_gpu(run: dict[str, Any]) -> bool:
    """Return whether a run is of benchmarks on a GPU alone."""
    return all(one["extra_info"].get("device", "cpu") != "cpu" for one in run["benchmarks"])


def ratios(run: dict[str, Any]) -> dict[str, float]:
    """Return the ratios of a run by benchmark."""
    return {
        one["name"]: one["extra_info"]["ratio"]
        for one in run["benchmarks"]
        if "ratio" in one["extra_info"]
    }


def compare(run: dict[str, Any], last: dict[str, Any]) -> list[str]:
    """Return what fell by more than is tolerated."""
    before = ratios(last)
    return [
        f"{name}: ratio {ratio:.2f}, was {before[name]:.2f}"
        for name, ratio in ratios(run).items()
        if name in before and ratio < (1 - TOLERATED_FALL) * before[name]
    ]


def results(runs: list[dict[str, Any]]) -> str:
    """Return RESULTS.md: the newest run in full, that on a GPU, and the ratios of the others."""
    gpu_runs = [run for run in runs if on_gpu(run)]
    runs = [run for run in runs if not on_gpu(run)]
    newest = runs[-1]
    cpu = newest["machine_info"]["cpu"]
    lines = [
        "# Benchmark results",
        "",
        "Made by `make bench` from the runs in `runs/`; do not edit. One thread, float64; medians.",
        f"Newest run: {newest['datetime'][:16]} UTC, commit {newest['commit_info']['id'][:10]}, "
        f"{cpu.get('brand_raw', 'unknown processor')}, Python "
        f"{newest['machine_info']['python_version']}. The ratio says how many times ours the "
        "baseline takes in the same run.",
        "",
        "| benchmark | median ms | baseline | ratio | wanted |",
        "| --- | ---: | --- | ---: | ---: |",
    ]
    lines += rows(newest)
    if gpu_runs:
        lines += on_a_gpu(gpu_runs[-1])
    lines += ["", "## Other figures", ""]
    for one in [*newest["benchmarks"], *(gpu_runs[-1]["benchmarks"] if gpu_runs else ())]:
        for name, value in one["extra_info"].items():
            if name not in ("baseline", "ratio", "target", "device"):
                lines.append(f"- {one['name']}: {name.replace('_', ' ')} {value:,.6g}")
    lines += [
        "",
        "## Ratios of all runs",
        "",
        "| run | commit | " + " | ".join(ratios(newest)) + " |",
    ]
    lines.append("| --- | --- |" + " ---: |" * len(ratios(newest)))
    for run in reversed(runs):
        values = ratios(run)
        cells = [f"{values[name]:.2f}" if name in values else "" for name in ratios(newest)]
        commit = run["commit_info"]["id"][:10]
        lines.append(f"| {run['datetime'][:16]} | {commit} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def rows(run: dict[str, Any]) -> list[str]:
    """Return a row of the table for each benchmark of a run."""
    lines = []
    for one in run["benchmarks"]:
        extra = one["extra_info"]
        target = extra.get("target")
        lines.append(
            f"| {one['name']} | {1000 * one['stats']['median']:.2f} | {extra.get('baseline', '')} "
            f"| {extra.get('ratio', float('nan')):.2f} | {'' if target is None else target} |"
        )
    return lines


def on_a_gpu(run: dict[str, Any]) -> list[str]:
    """Return what a run on a GPU gave."""
    device = run["benchmarks"][0]["extra_info"]["device"]
    return [
        "",
        "## On a GPU",
        "",
        f"{run['datetime'][:16]} UTC, commit {run['commit_info']['id'][:10]}, {device}; made by "
        "`python -m tests.benchmarks -m 'benchmark and gpu'`.",
        "",
        "| benchmark | median ms | baseline | ratio | wanted |",
        "| --- | ---: | --- | ---: | ---: |",
        *rows(run),
    ]


if __name__ == "__main__":
    sys.exit(main())
