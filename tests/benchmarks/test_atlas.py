"""Building an atlas, looking optima up, and starting searches from them."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import make_strategy, optimise
from opt.atlas import Atlas, Grid, Query
from opt.atlas.build import SolveTile, build_atlas
from opt.atlas.optimum import atlas_weights
from opt.atlas.verification import verify_sample
from tests.benchmarks.measure import median_seconds, note

pytestmark = pytest.mark.benchmark

GRID = Grid(
    patients=[3, 4, 5, 6],
    intervals=[6, 8, 10, 12],
    mean=[1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0],
    cv=[0.6, 1.0],
    no_show=[0.0, 0.05, 0.1, 0.2],
    waiting_share=[k / 21 for k in range(1, 21)],
)
#: One instance in so many is also solved by itself, and one tile in so many on both devices.
ALONE_ONE_IN, TILE_ONE_IN = 200, 32


def processor_seconds(function: Callable[[], object]) -> float:
    """Return the processor time of a call: other programs on the machine do not count."""
    began = time.process_time()
    function()
    return time.process_time() - began


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the atlas is built."""
    return tmp_path_factory.mktemp("atlases") / "atlas"


@pytest.mark.timeout(3600)
def test_build_atlas(benchmark: BenchmarkFixture, folder: Path):
    """At least 20,000 certified optima, beside single searches for a sample of the same grid."""
    instances = [
        (tile, mean, share)
        for tile in GRID.tiles()
        for mean in tile.means
        for share in tile.waiting_shares
    ]
    sample = instances[:: len(instances) // ALONE_ONE_IN]
    spent: list[float] = []

    def build() -> None:
        spent.append(processor_seconds(lambda: build_atlas(folder, GRID)))

    def alone() -> None:
        for tile, mean, share in sample:
            optimise(Objective(tile.session(mean), atlas_weights(share), step=tile.step))

    single = processor_seconds(alone) / len(sample)
    benchmark.pedantic(build, rounds=1)
    atlas = Atlas.read(folder)
    assert len(atlas) >= 20_000
    assert all(not checked.wrong for checked in verify_sample(atlas, 200))
    rate = GRID.instances / spent[0]
    note(benchmark, "one `optimise` after the other, on a sample", single * rate, target=None)
    benchmark.extra_info["certified_instances"] = len(atlas)
    benchmark.extra_info["instances_per_second_and_core"] = rate


@pytest.mark.gpu
def test_build_atlas_on_a_gpu(benchmark: BenchmarkFixture):
    """Some tiles on both devices."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    tiles = GRID.tiles()[::TILE_ONE_IN]

    def solve(device: str) -> Callable[[], object]:
        return lambda: [SolveTile(device)(tile) for tile in tiles]

    solve("cuda")()
    began = time.perf_counter()
    solve("cpu")()
    processor = time.perf_counter() - began
    benchmark.pedantic(solve("cuda"), rounds=1)
    median = float(benchmark.stats.stats.median)
    note(
        benchmark,
        "the same tiles on one core",
        processor / median,
        target=None,
        device=torch.cuda.get_device_name(),
    )
    number = sum(tile.instances for tile in tiles)
    benchmark.extra_info["instances_per_second"] = number / median


def queries(number: int) -> list[Query]:
    """Draw instances beside the grid."""
    chance = np.random.default_rng(0)
    return [
        Query(
            int(chance.integers(3, 7)), int(chance.integers(6, 13)), float(chance.uniform(1, 3)),
            float(chance.choice([0.6, 0.8, 1.0])), float(chance.uniform(0, 0.2)),
            float(chance.uniform(0.05, 0.95)),
        )
        for _ in range(number)
    ]  # fmt: skip


def test_lookup(benchmark: BenchmarkFixture, folder: Path):
    """The nearest of an atlas by its tree, beside a comparison with every row in numpy."""
    build_atlas(folder, GRID)
    began = time.perf_counter()
    atlas = Atlas.read(folder)
    reading = time.perf_counter() - began
    wanted = queries(1_000)
    known = [
        Query(one.patients, one.intervals, one.mean, one.cv, one.no_show, one.waiting_share)
        for one in (atlas[row] for row in range(0, len(atlas), len(atlas) // 1_000))
    ]
    assert all(atlas.find(query) is not None for query in known)
    every = np.asarray(atlas._tree.data)
    places = [query.coordinates for query in wanted]

    def brute() -> None:
        for place in places:
            int(((every - place) ** 2).sum(1).argmin())

    def nearest() -> None:
        for query in wanted:
            atlas.nearest_rows(query)

    baseline = median_seconds(brute, 3)
    benchmark.pedantic(nearest, rounds=5, warmup_rounds=1)
    median = float(benchmark.stats.stats.median)
    note(benchmark, "1,000 comparisons with every row", baseline / median, target=None)
    exact = median_seconds(lambda: [atlas.find(query) for query in known], 5)
    starts = median_seconds(lambda: [atlas.start(query, 4) for query in wanted], 3)
    benchmark.extra_info["microseconds_exact"] = 1e6 * exact / len(known)
    benchmark.extra_info["microseconds_nearest"] = 1e6 * median / len(wanted)
    benchmark.extra_info["microseconds_start_between_four"] = 1e6 * starts / len(wanted)
    benchmark.extra_info["seconds_to_read_the_atlas"] = reading


@pytest.mark.parametrize("known", [False, True], ids=["beside the grid", "in the atlas"])
def test_search_from_an_atlas(benchmark: BenchmarkFixture, folder: Path, known: bool):
    """Proved optima from the atlas, beside the same searches from spread appointments."""
    build_atlas(folder, GRID)
    atlas = Atlas.read(folder)
    if known:
        objectives = [atlas[row].objective(5.0) for row in range(0, len(atlas), len(atlas) // 40)]
    else:
        objectives = [objective_of(query) for query in queries(40)]
    warm = make_strategy("atlas", {"path": str(folder)})
    runs: dict[str, list[float]] = {}

    def search(name: str) -> None:
        strategy = warm if name == "warm" else "exact"
        results = [optimise(objective, strategy) for objective in objectives]
        assert all(result.status == "optimal" for result in results)
        # The search alone: reading the atlas once serves every search that follows.
        seconds = sum(result.seconds for result in results)
        runs.setdefault(name, []).append(seconds)
        runs[f"{name} schedules"] = [sum(result.evaluations for result in results)]

    benchmark.pedantic(lambda: (search("cold"), search("warm")), rounds=3, warmup_rounds=1)
    cold, after = np.median(runs["cold"]), np.median(runs["warm"])
    note(benchmark, "exact from spread appointments", float(cold / after), target=None)
    benchmark.extra_info["schedules_priced"] = runs["warm schedules"][0]
    benchmark.extra_info["schedules_priced_without"] = runs["cold schedules"][0]


def objective_of(query: Query) -> Objective:
    """Return the objective of an instance with intervals of five minutes."""
    mean = 5 * query.mean
    law = ServiceTime.exponential(mean) if query.cv == 1 else ServiceTime.gamma(mean, query.cv)
    session = ClinicSession(query.patients, query.intervals, 5.0, law, query.no_show)
    return Objective(session, Weights(query.waiting_share, 0.0, 1 - query.waiting_share))
