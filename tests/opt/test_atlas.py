"""Atlases: building, resuming, looking up, verifying, and the strategy that starts from one."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hydra.core.global_hydra import GlobalHydra

from objective import (
    ClinicSession,
    InvalidInput,
    Objective,
    PatientType,
    ServiceTime,
    Square,
    WalkIns,
    Weights,
)
from opt import Constraints, MaximumEvaluations, Result, make_strategy, optimise
from opt.atlas import Atlas, Grid, Query
from opt.atlas.__main__ import main
from opt.atlas.build import BuildProgress, SolveTile, build_atlas
from opt.atlas.interpolation import blended
from opt.atlas.lookup import atlas_at
from opt.atlas.query import departures
from opt.atlas.table import read_shard, write_shard
from opt.atlas.verification import verify_sample, wrong_with
from opt.workers import LocalWorkers

ROOT = Path(__file__).parents[2]
GRID = Grid(
    patients=[2, 4],
    intervals=[5, 8],
    mean=[1.0, 1.8],
    cv=[0.6, 1.0],
    no_show=[0.0, 0.15],
    waiting_share=[0.0, 0.2, 0.5, 0.9],
)
TINY = Grid(patients=[2, 3], intervals=[4], mean=[1.0], cv=[1.0], waiting_share=[0.3, 0.6])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small atlas."""
    path = tmp_path_factory.mktemp("atlases") / "small"
    build_atlas(path, GRID)
    return path


@pytest.fixture(scope="module")
def atlas(folder: Path) -> Atlas:
    """The small atlas, read back."""
    return Atlas.read(folder)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A tiny atlas to be damaged."""
    build_atlas(tmp_path / "tiny", TINY)
    return tmp_path / "tiny"


def objective_of(query: Query, minutes: float = 5.0) -> Objective:
    """Return the objective of an instance with intervals of so many minutes."""
    mean = query.mean * minutes
    law = ServiceTime.exponential(mean) if query.cv == 1 else ServiceTime.gamma(mean, query.cv)
    session = ClinicSession(query.patients, query.intervals, minutes, law, query.no_show)
    share = query.waiting_share
    # Idle time is tardiness plus a constant, so it does not matter how the rest is divided.
    weights = Weights(2 * share, 0.7 * (1 - share), 1.3 * (1 - share))
    return Objective(session, weights, step=None if query.cv == 1 else 0.2 * minutes)


def test_the_table_holds_every_instance_once_and_certified(folder: Path, atlas: Atlas):
    """As any reader of Parquet sees it: one table, one row per combination, no gap."""
    table = pd.read_parquet(folder / "rows")
    assert len(table) == len(atlas) == GRID.instances == 128
    keys = ["patients", "intervals", "mean", "cv", "no_show", "waiting_share"]
    assert not table.duplicated(keys).any()
    for name in keys:
        assert sorted(set(table[name])) == list(getattr(GRID, name))
    assert (table["gap"] <= 1e-9).all()
    assert (table["cost"] - table["lower_bound"] <= 1e-9).all()
    assert (table["schedule"].map(sum) == table["patients"]).all()
    assert (table["schedule"].map(len) == table["intervals"]).all()
    weighed = table.waiting_share * table.waiting + (1 - table.waiting_share) * table.tardiness
    assert np.allclose(table["cost"], weighed, rtol=1e-12)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["schema_version"] == 1
    assert manifest["instances"] == 128
    assert Grid.from_dict(manifest["grid"]) == GRID


@pytest.mark.parametrize("minutes", [1.0, 5.0, 7.5])
def test_rows_equal_optimise_whatever_the_length_of_an_interval(atlas: Atlas, minutes: float):
    """Waiting, tardiness and bound of a session in minutes are those of the row times minutes."""
    for row in range(0, len(atlas), 9):
        optimum = atlas[row]
        query = Query(
            optimum.patients, optimum.intervals, optimum.mean, optimum.cv, optimum.no_show,
            optimum.waiting_share,
        )  # fmt: skip
        objective = objective_of(query, minutes)
        result = optimise(objective)
        same = objective(optimum.schedule)
        assert result.status == "optimal"
        assert float(same.cost[0]) == pytest.approx(result.cost, rel=1e-9, abs=1e-9)
        for name in ("waiting", "idle", "tardiness"):
            theirs = minutes * getattr(optimum, name)
            assert float(getattr(same, name)[0]) == pytest.approx(theirs, rel=1e-9, abs=1e-9)
        # The weights here are twice the atlas's, and idle time adds a constant.
        idle = objective.weights.idle * float((same.idle - same.tardiness)[0])
        bound = 2 * minutes * optimum.lower_bound + idle
        assert bound == pytest.approx(result.lower_bound, rel=1e-9, abs=1e-8)


def test_tiles_are_the_same_on_every_device(device: str):
    """Costs and bounds up to rounding."""
    for tile in TINY.tiles():
        for mine, theirs in zip(SolveTile(device)(tile), SolveTile("cpu")(tile), strict=True):
            assert mine.cost == pytest.approx(theirs.cost, rel=1e-9)
            assert mine.lower_bound == pytest.approx(theirs.lower_bound, rel=1e-9)


def test_lognormal_laws_stay_what_they_are(tmp_path: Path):
    """Also with coefficient 1, where a gamma law would be exponential."""
    grid = Grid([3], [6], [1.5], [0.5, 1.0], waiting_share=[0.4], law="lognormal", step=0.25)
    build_atlas(tmp_path / "lognormal", grid)
    atlas = Atlas.read(tmp_path / "lognormal")
    for row, cv in enumerate((0.5, 1.0)):
        session = ClinicSession(3, 6, 8.0, ServiceTime.lognormal(12.0, cv))
        objective = Objective(session, Weights(0.4, 0.0, 0.6), step=2.0)
        assert atlas[row].law == "lognormal"
        assert atlas.find(Query.of(objective)) == row
        assert atlas.find(Query(3, 6, 1.5, cv, 0.0, 0.4, law="lognormal")) == row
        assert 8 * atlas[row].cost == pytest.approx(optimise(objective).cost, rel=1e-9)
        result = from_atlas(tmp_path / "lognormal", objective)
        assert result.findings[0].to_dict()["found"] is True
        other = Objective(session, Weights(0.4, 0.0, 0.6), step=1.0)
        assert from_atlas(tmp_path / "lognormal", other).findings[0].to_dict()["found"] is False


def test_an_atlas_is_read_once_while_its_files_stay(tiny: Path):
    """And again when one changes."""
    first = atlas_at(tiny)
    assert atlas_at(tiny) is first
    rows = [first[row] for row in (0, 1)]
    write_shard(tiny, TINY.tiles()[0], rows[:1])
    assert len(atlas_at(tiny)) == len(first) - 1


def test_a_folder_of_other_things_is_refused_without_a_look_at_them(tmp_path: Path):
    """A link to nowhere among them is nobody's business."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match=r"with a readable manifest\.json"):
        atlas_at(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of an atlas."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_killed_at_a_random_time_goes_on_to_the_same_table(folder: Path, tmp_path: Path):
    """A process of its own, killed without warning; never half a file of a tile's name."""
    path = tmp_path / "killed"
    names = ("patients", "intervals", "mean", "cv", "no_show", "waiting_share")
    arguments = [f"grid.{name}={list(getattr(GRID, name))}" for name in names]
    process = subprocess.Popen(
        [sys.executable, "-m", "opt.atlas", f"path={path}", *arguments],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while not list(path.glob("rows/*.parquet")):
        assert process.poll() is None, "the build ended before it could be killed"
        time.sleep(0.002)
    time.sleep(random.uniform(0, 0.2))
    process.send_signal(signal.SIGKILL)
    process.wait()
    stored = list(path.glob("rows/*.parquet"))
    assert 0 < len(stored) < len(GRID.tiles())
    for shard in stored:
        pq.read_table(shard)
    with pytest.raises(InvalidInput, match=r"missing; python -m opt\.atlas path=.* goes on"):
        Atlas.read(path)
    seen: list[BuildProgress] = []
    done = build_atlas(path, GRID, on_progress=seen.append)
    assert seen[0].stored == done.stored > 0
    assert done.stored + done.solved == done.total == GRID.instances
    assert contents(path) == contents(folder)
    # Once more: there is nothing left to do.
    assert build_atlas(path, GRID).solved == 0


class Backwards(LocalWorkers):
    """Workers who begin with the last item."""

    def map(self, task: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Yield the outcomes in the order of the items all the same."""
        done = [task(item) for item in reversed(items)]
        return iter(done[::-1])


def test_tiles_do_not_depend_on_the_order_in_which_workers_do_them(tiny: Path, tmp_path: Path):
    """The table is the same to the last byte."""
    build_atlas(tmp_path / "other", TINY, workers=Backwards())
    assert contents(tmp_path / "other") == contents(tiny)


def test_a_sample_is_verified_from_the_files_alone(atlas: Atlas):
    """A row that claims something else is found out."""
    assert all(not checked.wrong for checked in verify_sample(atlas, 40))
    assert len(list(verify_sample(atlas, 7, seed=3))) == 7
    optimum = atlas[41]
    moved = [*optimum.schedule[1:], optimum.schedule[0]]
    lies = {
        "cost is": replace(optimum, schedule=moved),
        "the schedule costs": replace(optimum, cost=optimum.cost * 0.99),
        "tardiness is": replace(optimum, tardiness=optimum.tardiness + 0.1),
        "the chains prove": replace(optimum, lower_bound=optimum.lower_bound + 0.01),
        "the gap is not closed": replace(optimum, lower_bound=optimum.cost - 1, gap=1.0),
        "is not one of its session": replace(optimum, schedule=optimum.schedule[:-1]),
    }
    for message, lie in lies.items():
        assert any(message in wrong for wrong in wrong_with(lie)), message


def test_every_instance_is_found_by_its_key_and_nothing_else(atlas: Atlas):
    """Rounding aside; a value beside the grid is not there."""
    for row in range(len(atlas)):
        one = atlas[row]
        query = Query(
            one.patients, one.intervals, one.mean * (1 + 1e-14), one.cv, one.no_show,
            one.waiting_share,
        )  # fmt: skip
        assert atlas.find(query) == row
        assert atlas.schedule(row).tolist() == one.schedule
        assert atlas.cost(row) == one.cost
        assert atlas.find(Query.of(objective_of(query))) == row
    assert atlas.find(Query(4, 8, 1.5)) is None
    assert atlas.find(Query(4, 8, 1.8, 0.6, 0.0, 0.5, law="lognormal")) is None
    assert atlas.find(Query(4, 8, 1.8, 0.6, 0.0, 0.5, step=0.1)) is None


def test_the_nearest_is_that_of_brute_force(atlas: Atlas):
    """Distances to every row, computed one by one from the documented coordinates."""
    chance = np.random.default_rng(2)

    def coordinates(one: Any) -> np.ndarray:
        odds = (one.waiting_share + 1e-3) / (1 - one.waiting_share + 1e-3)
        load = one.patients * (1 - one.no_show) * one.mean / one.intervals
        raw = np.log([one.patients, one.intervals, load])
        return np.array([0.5, 0.5, 4, 2, 2, 0.5]) * [*raw, one.cv, one.no_show, np.log(odds)]

    rows = np.array([coordinates(atlas[row]) for row in range(len(atlas))])
    for _ in range(100):
        query = Query(
            int(chance.integers(1, 9)), int(chance.integers(2, 20)), float(chance.uniform(0.3, 4)),
            float(chance.uniform(0.2, 1.5)), float(chance.uniform(0, 0.5)), float(chance.random()),
        )  # fmt: skip
        brute = np.sort(np.linalg.norm(rows - coordinates(query), axis=1))[:5]
        found = atlas.nearest(query, 5)
        assert [one.distance for one in found] == pytest.approx(brute.tolist(), rel=1e-12)
        assert atlas.nearest(query)[0].distance == pytest.approx(brute[0], rel=1e-12)


def test_schedules_are_stretched_to_other_sizes():
    """Equal sizes give the schedule itself; others keep the number and the order of magnitude."""
    assert blended([[2, 0, 1, 0]], [1.0], 3, 4).tolist() == [2, 0, 1, 0]
    assert blended([[2, 0, 1, 0]], [1.0], 3, 8).tolist() == [2, 0, 0, 0, 1, 0, 0, 0]
    twice = blended([[2, 0, 1, 0]], [1.0], 6, 4)
    assert twice.sum() == 6
    assert twice[0] >= 3
    between = blended([[1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0]], [0.5, 0.5], 1, 8)
    assert between.tolist() == [0, 0, 1, 0, 0, 0, 0, 0]


def from_atlas(folder: Path, objective: Objective, **more: Any) -> Result:
    """Search with the strategy on an atlas."""
    parameters = {"path": str(folder), **more.pop("parameters", {})}
    return optimise(objective, make_strategy("atlas", parameters), **more)


@pytest.mark.parametrize("cv", [0.6, 1.0])
def test_a_session_that_is_in_the_atlas_is_returned_at_once_with_its_proof(folder: Path, cv: float):
    """One step, the schedules of its chains only, and a certificate that verifies."""
    objective = objective_of(Query(4, 8, 1.8, cv, 0.15, 0.5))
    result, cold = from_atlas(folder, objective), optimise(objective)
    assert result.findings[0].to_dict()["found"] is True
    assert len(result.history) == 1
    assert result.status == "optimal"
    assert result.cost == pytest.approx(cold.cost, rel=1e-12)
    assert result.evaluations < cold.evaluations
    assert "its proof was evaluated again" in result.findings[0].sentence


def test_a_session_beside_the_grid_starts_from_the_nearest_and_is_proved(folder: Path):
    """Of other means, sizes, laws and weights, with one neighbour and with several."""
    sessions = {
        "another mean": Query(4, 8, 1.7, 1.0, 0.15, 0.5),
        "other weights": Query(4, 8, 1.8, 1.0, 0.0, 0.55),
        "another size": Query(7, 15, 1.8, 1.0, 0.05, 0.5),
        "a coarser law": Query(3, 9, 2.2, 0.9, 0.3, 0.05),
    }
    for name, query in sessions.items():
        objective = objective_of(query)
        cold = optimise(objective)
        for neighbours in (1, 4):
            result = from_atlas(folder, objective, parameters={"neighbours": neighbours})
            assert result.status == "optimal", name
            assert result.cost == pytest.approx(cold.cost, rel=1e-9), name
            told = result.findings[0]
            assert told.to_dict()["found"] is False
            assert len(told.table()[1]) == neighbours


OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "walk-ins": ({"walk_ins": WalkIns(ServiceTime.poisson(4.0), rate=0.1)}, {}, "walk-ins"),
    "patients who differ": (
        {"patient_types": {"a": PatientType(ServiceTime.gamma(12.0, 0.5)), "b": PatientType()},
         "order": ["a", "b", "b", "a"]}, {}, "patients who differ"),
    "another law": ({"service_time": ServiceTime.poisson(9.0)}, {}, "another law"),
    "a free number": ({}, {"value_per_patient": 3.0}, "free number"),
    "makespan idle time": ({}, {"idle": "makespan"}, "makespan"),
    "penalties": ({}, {"waiting_penalty": Square()}, "penalties"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(OTHERS))
def test_a_session_that_no_atlas_knows_starts_from_what_is_nearest(case: str, folder: Path):
    """And says what the atlas does not know; the result is that of the search without it."""
    session, more, message = OTHERS[case]
    fields = {"service_time": ServiceTime.exponential(9.0), "no_show": 0.1, **session}
    objective = Objective(ClinicSession(4, 8, 5.0, **fields), Weights(0.4, 0.2, 0.4), **more)
    result, cold = from_atlas(folder, objective), optimise(objective)
    assert result.status == cold.status == "optimal"
    assert result.cost == pytest.approx(cold.cost, rel=1e-9)
    assert any(message in one for one in departures(objective, Constraints()))
    assert message in result.findings[0].sentence


def test_constraints_are_met_although_the_atlas_knows_none(folder: Path):
    """The instance is in the atlas, but its optimum is not allowed."""
    objective = objective_of(Query(4, 8, 1.8, 1.0, 0.0, 0.5))
    constraints = Constraints(capacity=1, blocked=[0])
    result = from_atlas(folder, objective, constraints=constraints)
    assert result.schedule[0] == 0
    assert max(result.schedule) == 1
    assert result.cost == pytest.approx(optimise(objective, constraints=constraints).cost)
    assert result.findings[0].to_dict()["departures"] == ["constraints"]


def test_a_search_from_an_atlas_is_resumed_exactly(folder: Path, tmp_path: Path):
    """Amid the descent, and after a proof was recalled."""
    path = tmp_path / "checkpoint.pt"
    for query in (Query(7, 15, 1.8, 1.0, 0.05, 0.5), Query(4, 8, 1.8, 1.0, 0.0, 0.5)):
        objective = objective_of(query)
        whole = from_atlas(folder, objective)
        from_atlas(folder, objective, stopping=MaximumEvaluations(20), checkpoint=path)
        rest = from_atlas(folder, objective, checkpoint=path, resume=True)
        assert rest.schedule == whole.schedule
        assert rest.evaluations == whole.evaluations
        assert rest.lower_bound == whole.lower_bound
        assert rest.status == whole.status == "optimal"


def test_without_an_atlas_the_strategy_is_the_exact_search():
    """And says so."""
    objective = objective_of(Query(5, 9, 1.7))
    result, cold = optimise(objective, "atlas"), optimise(objective)
    assert (result.schedule, result.evaluations) == (cold.schedule, cold.evaluations)
    assert "No atlas was given" in result.findings[0].sentence


def damage_version(folder: Path) -> None:
    """Make the manifest one of another version."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}))


def damage_shard_version(folder: Path) -> None:
    """Make a tile one of another version."""
    shard = folder / "rows" / "000001.parquet"
    table = pq.read_table(shard)
    about = json.loads(table.schema.metadata[b"bailey.atlas"])
    about["schema_version"] = 0
    pq.write_table(table.replace_schema_metadata({b"bailey.atlas": json.dumps(about)}), shard)


def damage_grid(folder: Path) -> None:
    """Put an unknown field into the manifest's grid."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["grid"]["speed"] = [1]
    (folder / "manifest.json").write_text(json.dumps(manifest))


def damage_bytes(folder: Path) -> None:
    """Change the values of a column, as a disk might."""
    shard = folder / "rows" / "000000.parquet"
    place = pq.read_metadata(shard).row_group(0).column(3)
    data = bytearray(shard.read_bytes())
    middle = place.data_page_offset + place.total_compressed_size - 3
    data[middle] ^= 0xFF
    shard.write_bytes(bytes(data))


def damage_columns(folder: Path) -> None:
    """Leave a column out."""
    shard = folder / "rows" / "000000.parquet"
    table = pq.read_table(shard)
    pq.write_table(table.drop_columns(["gap"]), shard)


def foreign(folder: Path) -> None:
    """Put a Parquet file of something else in the place of a tile."""
    pq.write_table(pa.table({"a": [1]}), folder / "rows" / "000000.parquet")


def swap(folder: Path) -> None:
    """Put one tile in the place of another."""
    shutil.copy(folder / "rows" / "000001.parquet", folder / "rows" / "000000.parquet")


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no folder": (shutil.rmtree, "must be the folder of an atlas"),
    "no manifest": (lambda path: (path / "manifest.json").unlink(), "the folder of an atlas"),
    "a manifest of text": (
        lambda path: (path / "manifest.json").write_text("{"), "manifest that is not damaged"),
    "a manifest of a list": (
        lambda path: (path / "manifest.json").write_text("[]"), "of schema version 1"),
    "another version": (damage_version, "of schema version 1; this one is of 99"),
    "a grid with an unknown field": (damage_grid, r"grid\.speed"),
    "a tile of another version": (damage_shard_version, "000001.parquet.*schema version 1"),
    "a missing tile": (
        lambda path: (path / "rows" / "000001.parquet").unlink(),
        r"000001\.parquet.*missing; python -m opt\.atlas"),
    "half a tile": (
        lambda path: (path / "rows" / "000001.parquet").write_bytes(
            (path / "rows" / "000001.parquet").read_bytes()[:900]), "000001.*not damaged"),
    "no Parquet": (
        lambda path: (path / "rows" / "000000.parquet").write_text("rows"), "000000.*Parquet"),
    "changed bytes": (damage_bytes, "000000.*not damaged"),
    "a missing column": (damage_columns, "000000.*with the columns"),
    "a foreign table": (foreign, "000000.*a tile of an atlas"),
    "a tile of another place": (swap, "000000.*tile 0 of the manifest's grid"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(DAMAGES))
def test_a_damaged_atlas_is_refused_by_the_name_of_its_file(case: str, tiny: Path):
    """Before anything is looked up in it; and by the strategy too."""
    damage, message = DAMAGES[case]
    damage(tiny)
    with pytest.raises(InvalidInput, match=message):
        Atlas.read(tiny)
    with pytest.raises(InvalidInput, match=message):
        from_atlas(tiny, objective_of(Query(2, 4, 1.0)))


def test_a_build_refuses_what_is_not_its_own(tiny: Path, tmp_path: Path):
    """Another grid, another version, a damaged tile, a folder with other files."""
    other = Grid(patients=[2], intervals=[4], mean=[1.0])
    with pytest.raises(InvalidInput, match="an atlas of another grid"):
        build_atlas(tiny, other)
    (tiny / "rows" / "000000.parquet").write_text("rows")
    with pytest.raises(InvalidInput, match=r"000000\.parquet.*delete it"):
        build_atlas(tiny, TINY)
    damage_version(tiny)
    with pytest.raises(InvalidInput, match="of schema version 1"):
        build_atlas(tiny, TINY)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("dear")
    with pytest.raises(InvalidInput, match="a new or empty folder"):
        build_atlas(tmp_path / "taken", TINY)
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="a folder to write to"):
        build_atlas(tmp_path / "file" / "below", TINY)


def test_a_tile_says_what_it_is(tiny: Path):
    """Its rows are those of its tile, in the order of means, then shares."""
    tile = TINY.tiles()[1]
    table = read_shard(tiny, tile)
    assert table.column("patients").to_pylist() == [3, 3]
    assert table.column("waiting_share").to_pylist() == [0.3, 0.6]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no patients": ({"patients": []}, "grid.patients is"),
    "part of a patient": ({"patients": [1.5]}, "grid.patients is 1.5"),
    "a number for a list": ({"patients": 4}, "grid.patients is 4"),
    "text": ({"mean": "1.0"}, "grid.mean is '1.0'"),
    "a mean of nothing": ({"mean": [0.0]}, "grid.mean is 0.0"),
    "an infinite mean": ({"mean": [float("inf")]}, "grid.mean is inf"),
    "a certain no-show": ({"no_show": [1.0]}, "grid.no_show is 1.0"),
    "a share above one": ({"waiting_share": [1.2]}, "grid.waiting_share is 1.2"),
    "a value twice": ({"cv": [0.5, 0.5]}, "a list of different numbers"),
    "an unknown law": ({"law": "weibull"}, "grid.law is 'weibull'"),
    "no step": ({"step": 0.0}, "grid.step is 0.0"),
    "far too much": (
        {"mean": [1 + k / 1e4 for k in range(9000)], "patients": [*range(1, 1000)],
         "no_show": [0.0, 0.1]}, "at most 1,000,000 instances"),
    "an unknown field": ({"speed": [1]}, "grid.speed"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_grids_are_refused_by_name(case: str):
    """Before any work starts."""
    changes, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        Grid.from_dict({**TINY.to_dict(), **changes})


def test_other_bad_input_is_refused_by_name(atlas: Atlas):
    """Parameters of the strategy, of lookups and of the verification."""
    calls: list[tuple[Callable[[], Any], str]] = [
        (lambda: make_strategy("atlas", {"path": 3}), "strategy.path is 3"),
        (lambda: make_strategy("atlas", {"neighbours": 0}), "strategy.neighbours is 0"),
        (lambda: make_strategy("atlas", {"target_gap": -1}), "strategy.target_gap is -1"),
        (lambda: make_strategy("atlas", {"file": "a"}), "strategy.file"),
        (lambda: atlas.nearest(Query(2, 4, 1.0), 0), "number is 0"),
        (lambda: atlas[len(atlas)], "row is 128"),
        (lambda: Query(0, 4, 1.0), "patients is 0"),
        (lambda: Query(1, 4, -1.0), "mean is -1.0"),
        (lambda: Query(1, 4, 1.0, waiting_share=2.0), "waiting_share is 2.0"),
        (lambda: list(verify_sample(atlas, 0)), "sample is 0"),
        (lambda: list(verify_sample(atlas, 1, seed="x")), "seed is 'x'"),
        (lambda: Atlas(TINY, pa.table({})), "at least one optimum"),
    ]
    for call, message in calls:
        with pytest.raises(InvalidInput, match=message):
            call()


def run_command(
    *arguments: str, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> tuple[int, str, str]:
    """Run ``python -m opt.atlas`` in this process; return exit status, output and errors."""
    GlobalHydra.instance().clear()
    patch.setattr(sys, "argv", ["opt.atlas", *arguments])
    status: object = 0
    try:
        main()
    except SystemExit as end:
        status = end.code
    GlobalHydra.instance().clear()
    printed = capsys.readouterr()
    return int(str(status or 0)), printed.out, printed.err


def test_the_command_builds_goes_on_and_verifies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """It says how many, how fast and where, leaves nothing else behind, and finds a lie."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        return run_command(*arguments, capsys=capsys, patch=monkeypatch)

    grid = [f"grid.{name}={value}" for name, value in TINY.to_dict().items()]
    status, out, _ = run("path=tiny", *grid)
    assert status == 0
    assert "4 instances in 2 tiles" in out
    assert "4 of them with a proof. Written to tiny." in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny"]
    status, out, _ = run("path=tiny", *grid)
    assert "4 instances were there before." in out
    status, out, _ = run("verify=tiny")
    assert status == 0
    assert "Verified: 4 of 4 rows of tiny" in out
    tile = TINY.tiles()[0]
    rows = [Atlas.read(tmp_path / "tiny")[row] for row in (0, 1)]
    write_shard(tmp_path / "tiny", tile, [replace(rows[0], cost=rows[0].cost + 1), rows[1]])
    status, out, _ = run("verify=tiny")
    assert status == 1
    assert "NOT VERIFIED: row 0 of tiny" in out
    for arguments, message in (
        (["grid.speed=[1]"], "Key 'speed' is unknown; there are: patients, intervals, mean"),
        (["grid.patients=[0]"], "grid.patients is 0; it must be a whole number"),
        (["device.dtype=float32"], "device.dtype is 'float32'"),
        (["path=tiny"], "an atlas of another grid; choose another path"),
        (["verify=nowhere"], "the folder of an atlas"),
    ):
        status, _, err = run(*arguments)
        assert status == 2
        assert message in err


def test_ctrl_c_keeps_the_finished_tiles_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The exit status is that of an interrupted command."""
    solve = SolveTile.__call__

    def interrupted(self: SolveTile, tile: Any) -> Any:
        if tile.number == 1:
            raise KeyboardInterrupt
        return solve(self, tile)

    monkeypatch.setattr(SolveTile, "__call__", interrupted)
    grid = [f"grid.{name}={value}" for name, value in TINY.to_dict().items()]
    status, _, err = run_command(
        f"path={tmp_path / 'tiny'}", *grid, capsys=capsys, patch=monkeypatch
    )
    assert status == 130
    assert "the same command goes on" in err
    assert len(list(tmp_path.glob("tiny/rows/*"))) == 1
