"""Workers on a Ray cluster of two machines (two raylets with real worker processes)."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt import optimise
from opt.atlas.build import build_atlas
from opt.atlas.grid import Grid
from opt.cluster import pool
from opt.cluster.ray_workers import RayWorkers
from opt.compare.job import run_job
from opt.configuration import workers_from
from opt.stopping import MaximumEvaluations
from opt.strategies.genetic import Genetic
from opt.workers import LocalWorkers, Workers
from tests.cases import REAL_CLINICS, random_schedules
from tests.opt.compare.hand_made import plan as small_plan

pytest.importorskip("ray", reason="needs Ray: pip install 'bailey[ray]'")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start a head and another node, each with one core; this process stays outside at first."""
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    cluster.add_node(**small)
    yield cluster.address
    cluster.shutdown()


@pytest.fixture(scope="module")
def workers(address: str) -> Iterator[RayWorkers]:
    """Two actors."""
    with RayWorkers(2, address=address) as workers:
        yield workers


def square(number: int) -> int:
    """Refuse negative numbers."""
    if number < 0:
        raise InvalidInput("number", number, "at least 0")
    return number * number


@dataclass(frozen=True)
class Sleeper:
    """A task that says where it is done, and may end the process that does it."""

    folder: Path
    seconds: float = 0.0
    #: Items at which the process ends, as often as there are files with the names given.
    deadly: frozenset[int] = frozenset()
    lives: int = 1

    def __call__(self, item: int) -> tuple[int, int]:
        """Return the item's square, and the threads that torch uses."""
        (self.folder / f"{item}.{os.getpid()}").touch()
        if item in self.deadly and len(list(self.folder.glob(f"{item}.*"))) <= self.lives:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        return square(item), torch.get_num_threads()

    def processes(self, item: int) -> list[int]:
        """Return where an item was done."""
        return [int(path.suffix[1:]) for path in self.folder.glob(f"{item}.*")]


def kill_when(task: Sleeper, item: int) -> threading.Thread:
    """Kill the process that does an item, as soon as it is at it."""

    def wait_and_kill() -> None:
        deadline = time.monotonic() + 60
        while not task.processes(item) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(task.processes(item)[0], signal.SIGKILL)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


def test_outcomes_come_in_the_order_of_the_items(workers: RayWorkers, tmp_path: Path):
    """Each as soon as it and those before are done, from two processes of one thread each."""
    task = Sleeper(tmp_path, seconds=0.05)
    assert list(workers.map(task, range(8))) == [(n * n, 1) for n in range(8)]
    there = {process for n in range(8) for process in task.processes(n)}
    assert len(there) == 2
    assert os.getpid() not in there
    assert list(workers.map(square, [])) == []


def test_a_map_can_be_used_within_another(workers: RayWorkers):
    """As a search may price schedules while its islands are under way."""
    nested = [list(workers.map(square, range(n))) for n in workers.map(square, range(4))]
    assert nested == [[k * k for k in range(n * n)] for n in range(4)]


def test_what_a_task_raises_is_raised_in_its_turn(workers: RayWorkers):
    """As itself, after the outcomes of the items before it; others can be done afterwards."""
    outcomes = workers.map(square, [2, -1, 3])
    assert next(outcomes) == 4
    with pytest.raises(InvalidInput, match="number is -1; it must be at least 0") as raised:
        next(outcomes)
    assert type(raised.value) is InvalidInput
    assert list(workers.map(square, [5])) == [25]


def test_a_killed_process_changes_nothing(workers: RayWorkers, tmp_path: Path):
    """Its item is done again by another; the next map finds two processes again."""
    task = Sleeper(tmp_path, seconds=0.2)
    killer = kill_when(task, 2)
    assert list(workers.map(task, range(6))) == [(n * n, 1) for n in range(6)]
    killer.join()
    assert len(task.processes(2)) == 2
    folder = tmp_path / "next"
    folder.mkdir()
    again = Sleeper(folder, seconds=0.05)
    deadline = time.monotonic() + 60
    while len({one for n in range(4) for one in again.processes(n)}) < 2:
        assert time.monotonic() < deadline
        assert list(workers.map(again, range(4))) == [(n * n, 1) for n in range(4)]


def test_work_that_kills_every_process_is_given_up(
    workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With a clear error, after as many repeats as there may be."""
    monkeypatch.setattr(pool, "REPEATS", 1)
    task = Sleeper(tmp_path, deadly=frozenset([0]), lives=1000)
    with pytest.raises(ConnectionError, match="lost 2 times"):
        list(workers.map(task, [0]))
    assert len(task.processes(0)) == 2


@dataclass(frozen=True)
class Heavy:
    """A task that notes where it is unpacked."""

    folder: Path
    name: str

    def __call__(self, item: int) -> int:
        """Return the item."""
        return item

    def __reduce__(self) -> Any:
        return _unpack, (self.folder, self.name)


def _unpack(folder: Path, name: str) -> Heavy:
    with (folder / f"{name}.{os.getpid()}").open("a") as file:
        file.write("unpacked\n")
    return Heavy(folder, name)


def test_a_task_is_sent_once_to_each_actor(workers: RayWorkers, tmp_path: Path):
    """Also in later maps, and when it is made anew with equal content; others after it too."""
    for _ in range(3):
        assert list(workers.map(Heavy(tmp_path, "one"), range(20))) == list(range(20))
    for number in range(pool.KEPT_TASKS + 1):
        list(workers.map(Heavy(tmp_path, f"other {number}"), range(4)))
    files = list(tmp_path.glob("one.*"))
    assert 1 <= len(files) <= 2
    assert all(file.read_text() == "unpacked\n" for file in files)
    # By now it is forgotten, and sent again.
    assert list(workers.map(Heavy(tmp_path, "one"), range(20))) == list(range(20))
    assert any(file.read_text() == "unpacked\n" * 2 for file in files)


SESSIONS = {
    "poisson": ClinicSession(12, 24, 5.0, ServiceTime.poisson(9.0), 0.1),
    "exponential": ClinicSession(12, 24, 5.0, ServiceTime.exponential(9.0), 0.1),
    "lognormal": ClinicSession(6, 12, 5.0, ServiceTime.lognormal(9.0, 0.6)),
    **{name: REAL_CLINICS[name] for name in ("patients differ, walk-ins", "priority")},
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", list(SESSIONS))
def test_prices_equal_local_ones_to_the_last_digit(
    name: str, dtype: torch.dtype, workers: RayWorkers, weights: Weights
):
    """For batches of no schedule, of one, and of whole and broken numbers of tiles."""
    session = SESSIONS[name]
    objective = Objective(session, weights, dtype=dtype, chunk_bytes=300_000)
    tile = len(objective.parts(random_schedules(2000, session.patients, session.intervals))[0])
    local, remote = LocalWorkers().evaluator(objective), workers.evaluator(objective)
    for rows in (0, 1, tile, tile + 1, 3 * tile, 7 * tile + 13):
        schedules = random_schedules(rows, session.patients, session.intervals, seed=rows)
        schedules = schedules.reshape(rows, session.intervals).to(torch.int64)
        mine, theirs = local(schedules), remote(schedules)
        for field in fields(mine):
            assert torch.equal(getattr(mine, field.name), getattr(theirs, field.name))


def test_schedules_of_another_session_are_refused(workers: RayWorkers, weights: Weights):
    """As the objective itself refuses them."""
    price = workers.evaluator(Objective(SESSIONS["poisson"], weights, chunk_bytes=100_000))
    with pytest.raises(InvalidInput, match=r"12 patients in total"):
        price(random_schedules(500, 11, 24))


@pytest.mark.parametrize(
    "strategy",
    [
        Genetic(population=200, generations=12),
        Genetic(population=40, generations=24, islands=3, migration_every=3, restart_after=4),
    ],
    ids=["a population priced in tiles", "islands"],
)
def test_a_search_with_a_killed_process_ends_as_it_would_alone(
    workers: RayWorkers, weights: Weights, strategy: Genetic
):
    """Two processes price its population in tiles or evolve islands; one is killed half-way."""
    objective = Objective(SESSIONS["poisson"], weights, chunk_bytes=150_000)
    search = partial(
        optimise,
        objective,
        strategy,
        MaximumEvaluations(3_000),
        seed=3,
    )
    alone = search()
    processes = list(workers.map(_process, range(8)))
    killed = []

    def kill(progress: Any) -> None:
        if progress.iteration == 5:
            os.kill(processes[0], signal.SIGKILL)
            killed.append(processes[0])

    together = search(on_progress=kill, workers=workers)
    assert killed
    assert together.schedule == alone.schedule
    assert [(line.cost, line.schedule) for line in together.history] == [
        (line.cost, line.schedule) for line in alone.history
    ]
    assert together.performance.row(0) == alone.performance.row(0)


def test_islands_with_a_killed_process_end_as_they_would_alone(
    workers: RayWorkers, weights: Weights
):
    """The process is killed while it breeds the generations up to a migration."""
    objective = Objective(SESSIONS["exponential"], weights)
    genetic = Genetic(population=60, generations=80, islands=4, migration_every=20)
    search = partial(optimise, objective, genetic, seed=3)
    alone = search()
    processes = list(workers.map(_process, range(8)))
    killers = []

    def kill(progress: Any) -> None:
        if progress.iteration == 2:
            # A tenth of a second into the next step.
            killers.append(threading.Timer(0.1, os.kill, (processes[0], signal.SIGKILL)))
            killers[0].start()

    together = search(on_progress=kill, workers=workers)
    killers[0].join()
    assert together.schedule == alone.schedule
    assert [(line.cost, line.evaluations, line.schedule) for line in together.history] == [
        (line.cost, line.evaluations, line.schedule) for line in alone.history
    ]


def test_tiles_of_an_atlas_are_solved_by_actors(workers: RayWorkers, tmp_path: Path):
    """The table is that of this process to the last byte."""
    grid = Grid([2, 3, 4], [4, 5], [1.0], [1.0], waiting_share=[0.3, 0.6])
    tables = []
    for name, who in (("alone", LocalWorkers()), ("together", workers)):
        build_atlas(tmp_path / name, grid, who)
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        tables.append({path.name: path.read_bytes() for path in files})
    assert len(tables[0]) > 2
    assert tables[0] == tables[1]


def test_runs_of_a_comparison_are_done_by_actors(workers: RayWorkers):
    """Cost, schedule and evaluations of every instance, strategy and seed."""
    jobs = small_plan("three", "four", strategies=("exact", "local_search", "genetic")).jobs()
    assert len(jobs) > 6
    outcomes = workers.map(run_job, jobs)
    for mine, theirs in zip(map(run_job, jobs), outcomes, strict=True):
        assert mine.record is not None
        assert theirs.record is not None
        assert mine.record.schedule == theirs.record.schedule
        assert mine.record.cost == theirs.record.cost
        assert mine.record.evaluations == theirs.record.evaluations


def _process(item: int) -> int:
    return os.getpid()


def test_workers_that_are_taken_along_are_local(workers: RayWorkers):
    """What runs in an actor does its own work there."""
    assert list(workers.map(partial(_sum_of_squares, workers), [3, 4])) == [5, 14]


def _sum_of_squares(workers: Workers, number: int) -> int:
    assert isinstance(workers, LocalWorkers)
    return sum(workers.map(square, range(number)))


def test_no_room_for_actors_is_said_instead_of_waiting_forever(
    workers: RayWorkers, monkeypatch: pytest.MonkeyPatch
):
    """Both cores are taken by others."""
    list(workers.map(square, range(4)))
    monkeypatch.setattr(pool, "PATIENCE", 1.0)
    with RayWorkers(1) as late, pytest.raises(ConnectionError, match="no actor of Ray was ready"):
        list(late.map(square, [1]))
    assert list(workers.map(square, [7])) == [49]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"actors": 0}, "workers.actors is 0; it must be a whole number from 1"),
        ({"actors": 1.5}, "workers.actors is 1.5"),
        ({"gpus_per_actor": 2.0}, "workers.gpus_per_actor is 2.0; it must be from 0 to 1"),
        ({"gpus_per_actor": "all"}, "workers.gpus_per_actor is 'all'"),
        ({"address": "nowhere"}, "workers.address is 'nowhere'; it must be host:port"),
        ({"address": 6379}, "workers.address is 6379"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str):
    """Before Ray is started."""
    with pytest.raises(InvalidInput) as raised:
        RayWorkers(**arguments)
    assert str(raised.value).startswith(message)


def test_another_cluster_than_the_one_joined_is_refused(workers: RayWorkers):
    """A process belongs to one at a time."""
    with pytest.raises(InvalidInput, match="this process has joined that cluster already"):
        RayWorkers(address="127.0.0.1:9")


def test_gpus_that_the_cluster_does_not_have_are_refused(workers: RayWorkers):
    """The cluster stays connected for those who use it."""
    with pytest.raises(InvalidInput, match=r"gpus_per_actor is 1.0; it must be 0: the cluster"):
        RayWorkers(gpus_per_actor=1.0)
    assert list(workers.map(square, [2])) == [4]


def test_configuration_names_workers_and_nothing_else():
    """Unknown names and options are refused."""
    with workers_from({"workers": {"name": "local"}}) as local:
        assert isinstance(local, LocalWorkers)
    for settings, field in (
        ({"name": "dask"}, "workers.name"),
        ({"name": "local", "actors": 2}, "workers.actors"),
        ({"name": "ray", "actors": 2}, "workers.gpus_per_actor"),
    ):
        with pytest.raises(InvalidInput) as raised, workers_from({"workers": settings}):
            pass
        assert raised.value.field == field
