"""Trainings as runs of MLflow: everything that went in and came out, and no harm if it fails."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pandas as pd
import pytest

from forecast.model_files import file_digest, load_model
from forecast.tracking.connection import Connection
from forecast.tracking.settings import Tracking
from objective import InvalidInput
from tests.forecast.coin import coin, coin_process, run_of
from tests.forecast.databases import empty_database, registry_of


def test_a_training_is_a_run_with_a_run_for_each_model(tmp_path: Path):
    """Parameters, scores, the course of the network, files, data, code, and what it says."""
    tracking = empty_database(tmp_path)
    done = coin("seed=3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "network is registered as version 1 of coin" in done.stdout
    connection = Connection(tracking)
    runs = connection.client.search_runs([connection.experiment.experiment_id])
    by_name = {one.info.run_name: one for one in runs}
    parts = {name: by_name[name] for name in ("base_rate", "network")}
    whole = next(one for name, one in by_name.items() if name not in parts)
    assert len(runs) == 3
    assert {one.info.status for one in runs} == {"FINISHED"}
    assert all(one.data.tags["mlflow.parentRunId"] == whole.info.run_id for one in parts.values())

    result = json.loads((run_of(done) / "result.json").read_text())
    assert result["tracking"]["run"] == whole.info.run_id
    assert result["tracking"]["registered"] == {"network": 1}
    parameters = whole.data.params
    assert parameters["quantity"] == "coin"
    assert parameters["seed"] == "3"
    assert parameters["options.smoothing"] == "0.0"
    assert parameters["candidates.network.schedule.epochs"] == "15"
    assert parameters["data.days"] == "60"
    assert whole.data.tags["history"] == result["about"]["history"]
    assert whole.data.tags["bailey"] == result["about"]["bailey"]
    assert len(whole.data.tags["mlflow.source.git.commit"].removesuffix("-dirty")) == 40
    assert whole.inputs.dataset_inputs[0].dataset.digest == result["about"]["history"][:36]
    assert "Network won with log loss" in whole.data.tags["mlflow.note.content"]

    scores = pd.read_csv(run_of(done) / "scores.csv", index_col="model")
    for name, part in parts.items():
        assert part.data.metrics["log loss"] == pytest.approx(scores.loc[name, "log loss"])
        assert part.data.metrics["Brier score"] == pytest.approx(scores.loc[name, "Brier score"])
        assert part.data.tags["mlflow.note.content"].startswith("# ")
    assert whole.data.metrics["log loss"] == parts["network"].data.metrics["log loss"]
    course = pd.read_csv(run_of(done) / "checkpoints/network/network/epochs.csv")
    history = connection.client.get_metric_history(
        parts["network"].info.run_id, "network/validation_loss"
    )
    assert [one.step for one in history] == list(course["epoch"])
    assert [one.value for one in history] == pytest.approx(course["validation_loss"])

    def files(run: str, folder: str | None = None) -> set[str]:
        return {one.path for one in connection.client.list_artifacts(run, folder)}

    assert {"report.html", "result.json", "scores.csv", "differences.csv"} <= files(
        whole.info.run_id
    )
    assert files(parts["network"].info.run_id, "model") == {
        "model/card.md", "model/model.json", "model/weights.safetensors"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("register", "versions"), [("none", []), ("all", ["base_rate", "network"])]
)
def test_which_models_are_registered_is_an_option(
    tmp_path: Path, register: str, versions: list[str]
):
    """The champion is the newest version."""
    tracking = empty_database(tmp_path)
    done = coin(f"tracking.register={register}", "tracking.practice=north", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    client = Connection(tracking).client
    found = client.search_model_versions("name = 'north.coin'")
    assert [one.tags["model"] for one in found[::-1]] == versions
    for one in found:
        kept = run_of(done) / "models" / one.tags["model"] / "model.json"
        assert one.tags["model_sha256"] == file_digest(kept)


def test_a_training_that_fails_is_a_run_that_failed(tmp_path: Path):
    """The message names the candidate and what is wrong with it."""
    tracking = empty_database(tmp_path)
    done = coin("data.rate=-50", cwd=tmp_path)
    assert done.returncode == 2
    assert "model.candidates.base_rate: history.visits.status is 'one class'" in done.stderr
    assert "Traceback" not in done.stderr
    connection = Connection(tracking)
    (run,) = connection.client.search_runs([connection.experiment.experiment_id])
    assert run.info.status == "FAILED"


def test_nothing_is_tracked_if_so_asked(tmp_path: Path):
    """The folder of the run has everything."""
    done = coin("tracking=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "outputs" / "mlflow.db").exists()
    load_model(run_of(done) / "models" / "network")


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that takes every connection and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("which", ["closed_port", "silent_server"])
def test_a_server_that_cannot_be_reached_does_not_stop_a_training(
    tmp_path: Path, request: pytest.FixtureRequest, which: str
):
    """It says so, keeps everything in its folder, and does not wait for long."""
    port = request.getfixturevalue(which)
    uri = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    done = coin(
        "tracking=server", f"tracking.uri={uri}", "tracking.timeout=1",
        "~model.candidates.network", cwd=tmp_path,
    )  # fmt: skip
    assert time.monotonic() - began < 20
    assert done.returncode == 0, done.stderr
    assert f"{uri} cannot be used" in done.stdout
    assert "alone" in done.stdout
    assert done.stderr == ""
    load_model(run_of(done) / "models" / "base_rate")


def test_a_database_that_is_none_does_not_stop_a_training(tmp_path: Path):
    """It says so too."""
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "mlflow.db").write_text("This is a letter and no database.\n" * 100)
    done = coin("~model.candidates.network", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mlflow.db cannot be used" in done.stdout
    load_model(run_of(done) / "models" / "base_rate")


def test_the_gate_says_in_a_line_that_the_registry_cannot_be_reached(
    tmp_path: Path, closed_port: int
):
    """There is nothing that it could do without."""
    uri = f"http://127.0.0.1:{closed_port}"
    done = coin("task=promote", f"tracking.uri={uri}", "tracking.timeout=1", cwd=tmp_path)
    assert done.returncode == 2
    assert f"error: {uri} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_trainings_side_by_side_make_the_database_together(tmp_path: Path):
    """Three begin at the same moment, and there is none yet."""
    runs = [
        coin_process("~model.candidates.network", f"hydra.run.dir=run{seed}", cwd=tmp_path)
        for seed in range(3)
    ]
    for run in runs:
        out, err = run.communicate(timeout=200)
        assert run.returncode == 0, err
        assert "is registered as version" in out, out
    versions = Connection(Tracking(f"sqlite:///{tmp_path}/outputs/mlflow.db")).client
    assert len(versions.search_model_versions("name = 'coin'")) == 3


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of MLflow."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{tmp_path}/server.db",
        "--artifacts-destination", str(tmp_path / "server_files"), "--workers", "1",
    ]  # fmt: skip
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                with urlopen(f"{address}/health", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, (tmp_path / "server.log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "server.log").read_text()
                time.sleep(0.3)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@pytest.mark.slow
def test_a_server_tracks_registers_and_gives_back(tmp_path: Path, server: str):
    """The same as a file: train, promote, load, and a file changed on the server is refused."""
    options = ("tracking=server", f"tracking.uri={server}", "tracking.timeout=60")
    done = coin(*options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "network is registered as version 1 of coin" in done.stdout
    promoted = coin("task=promote", *options, cwd=tmp_path)
    assert "is in use now as version 1" in promoted.stdout, promoted.stdout + promoted.stderr
    registry = registry_of(Tracking(server, timeout=60))
    saved = registry.load(registry.champion() or 0)
    local = load_model(run_of(done) / "models" / "network")
    assert saved.digest == local.digest
    (weights,) = [
        one
        for one in (tmp_path / "server_files").rglob("weights.safetensors")
        if file_digest(one) == file_digest(run_of(done) / "models/network/weights.safetensors")
    ]
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(InvalidInput, match=r"weights\.safetensors"):
        registry.load(1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"uri": "mlruns"}, "tracking.uri is 'mlruns'; it must be null, or begin with sqlite:///"),
        ({"uri": None, "experiment": ""}, "tracking.experiment is ''"),
        ({"uri": None, "practice": "a/b"}, "tracking.practice is 'a/b'"),
        ({"uri": None, "register": "best"}, "tracking.register is 'best'; it must be one of"),
        ({"uri": None, "timeout": 0}, "tracking.timeout is 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, object], message: str):
    """Before any work."""
    with pytest.raises(InvalidInput, match=message):
        Tracking(**options)  # type: ignore[arg-type]
