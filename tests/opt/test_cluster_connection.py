"""Clusters that are started, joined, not there, or that lose a machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt.cluster import connection
from opt.cluster.ray_workers import RayWorkers
from tests.cases import random_schedules
from tests.command import TIME_LIMIT, command

ray = pytest.importorskip("ray", reason="needs Ray: pip install 'bailey[ray]'")


@pytest.fixture(params=["nobody", "someone silent", "a web server"])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address where no cluster answers."""
    if request.param == "a web server":
        with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"127.0.0.1:{server.server_port}"
            server.shutdown()
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "someone silent":
            listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_an_address_without_a_cluster_is_refused_within_seconds(
    stranger: str, monkeypatch: pytest.MonkeyPatch
):
    """Where Ray itself waits for two minutes and ends the process."""
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 1.0)
    began = time.monotonic()
    with pytest.raises(InvalidInput, match=f"workers.address is '{stranger}'.*none answers"):
        RayWorkers(address=stranger)
    assert time.monotonic() - began < 10
    assert not ray.is_initialized()


def test_auto_without_a_cluster_is_refused():
    """With Ray's own reason."""
    with pytest.raises(InvalidInput, match=r"workers.address is 'auto'.*Could not find"):
        RayWorkers(address="auto")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_gpus_that_are_not_there_are_refused():
    """Before anything is started."""
    with pytest.raises(InvalidInput, match="it must be 0: there is no CUDA device here"):
        RayWorkers(gpus_per_actor=0.5)
    assert not ray.is_initialized()


@pytest.mark.nightly
def test_the_command_on_ray_writes_what_it_writes_alone(tmp_path: Path):
    """The same history to the last digit; the cluster it started ends with it."""
    arguments = (
        "session.patients=6", "session.intervals=12", "report=false", "strategy=genetic",
        "strategy.generations=4", "device.chunk_bytes=20000",
    )  # fmt: skip
    results = []
    for name, options in (("local", []), ("ray", ["workers.actors=2"])):
        folder = f"hydra.run.dir={name}"
        done = command(*arguments, f"workers={name}", *options, folder, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        results.append(json.loads((tmp_path / name / "result.json").read_text()))
        del results[-1]["seconds"]
    assert results[0] == results[1]
    histories = [
        [line.split(",")[:2] + line.split(",")[3:] for line in text.splitlines()]
        for text in ((tmp_path / name / "history.csv").read_text() for name in ("local", "ray"))
    ]
    assert histories[0] == histories[1]
    assert histories[0][0][2] == "best_cost"
    assert not ray.is_initialized()


def _slow_square(number: int) -> tuple[int, str]:
    time.sleep(0.2)
    return number * number, ray.get_runtime_context().get_node_id()


@pytest.mark.nightly
def test_a_lost_machine_changes_nothing():
    """What its processes were doing is done again on the machine that is left."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        # This process is of the first machine; the second actor starts where there is room for it.
        with RayWorkers(2, address=cluster.address) as workers:
            other = cluster.add_node(num_cpus=1)
            while len({node for _, node in workers.map(_slow_square, range(4))}) < 2:
                pass
            outcomes = workers.map(_slow_square, range(20))
            done = [next(outcomes) for _ in range(4)]
            cluster.remove_node(other, allow_graceful=False)
            done += outcomes
            assert [square for square, _ in done] == [n * n for n in range(20)]
            assert len({node for _, node in done[-4:]}) == 1
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.mark.nightly
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_reaches_this_process_alone(tmp_path: Path, times: int):
    """Once keeps the best schedule, twice ends at once; no process of Ray is left behind.

    A second one that comes when the schedule is being written is too late to end anything.
    """
    arguments = (
        "workers=ray", "workers.actors=2", "session=obp", "strategy=genetic",
        "strategy.population=50000", "strategy.generations=1000000", "device.chunk_bytes=500000",
        "report=false", "hydra.run.dir=run",
    )  # fmt: skip
    # A terminal sends the signal to all processes of the group, those of Ray too.
    search = subprocess.Popen(
        [sys.executable, "-m", "opt", *arguments], cwd=tmp_path, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert search.stdout is not None
    assert "iteration 1" in search.stdout.readline()
    for _ in range(times):
        os.killpg(search.pid, signal.SIGINT)
        time.sleep(0.2)
    output, _ = search.communicate(timeout=TIME_LIMIT)
    assert search.returncode == 0 or (times, search.returncode) == (2, 130), output
    assert "Traceback" not in output
    if search.returncode == 0:
        assert "stopped: interrupted" in output
        assert json.loads((tmp_path / "run" / "result.json").read_text())["status"] == "heuristic"
    deadline = time.monotonic() + 30
    while subprocess.run(["pgrep", "-g", str(search.pid)], capture_output=True).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_there_is_an_actor_for_each_gpu():
    """Large batches are priced there, to the last digit as on this process's own GPU."""
    session = ClinicSession(12, 24, 5.0, ServiceTime.poisson(9.0), 0.1)
    weights = Weights(waiting=0.4, idle=0.2, tardiness=0.4)
    schedules = random_schedules(5_000, 12, 24)
    with RayWorkers(gpus_per_actor=1.0) as workers:
        assert workers.actors == torch.cuda.device_count()
        seen = set(workers.map(_visible_gpus, range(4 * workers.actors)))
        assert all(len(names) == 1 for names in seen)
        for device in ("cpu", "cuda"):
            objective = Objective(session, weights, device=device, chunk_bytes=1_000_000)
            priced = workers.evaluator(objective)(schedules.to(device)).cost
            assert priced.device == objective.device
            expected = objective.to("cuda")(schedules.to("cuda")).cost
            assert torch.equal(priced.cpu(), expected.cpu())


def _visible_gpus(item: int) -> tuple[str, ...]:
    time.sleep(0.1)
    return tuple(os.environ["CUDA_VISIBLE_DEVICES"].split(","))
