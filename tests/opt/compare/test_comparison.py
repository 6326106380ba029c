"""Doing the runs of a plan: order, resumption, refusals and estimates of time."""

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt.compare.comparison import Comparison, compare
from opt.compare.folder import Folder
from opt.compare.instances import Instance
from opt.compare.job import Job, Outcome, run_job
from opt.compare.plan import Plan, contenders_from
from opt.compare.progress import Remaining
from opt.constraints import Constraints
from opt.workers import LocalWorkers
from tests.opt.compare.hand_made import DEVICE, record

RULE = {"evaluations": 2000, "seconds": None, "stall": None, "gap": None}


def small_instance(name: str, mean: float) -> Instance:
    """Four patients in eight intervals."""
    session = ClinicSession(4, 8, 5.0, ServiceTime.exponential(mean), no_show=0.1)
    return Instance(name, Objective(session, Weights(1, 0.5, 1)), Constraints())


@pytest.fixture
def plan() -> Plan:
    """Two instances, a search that draws and two that do not."""
    return Plan(
        (small_instance("short", 6.0), small_instance("long", 11.0)),
        contenders_from(
            ["exact", "local_search", {"name": "genetic", "population": 10, "generations": 5}]
        ),
        3,
        RULE,
        RULE,
        DEVICE,
    )


def without_clock(comparison: Comparison) -> list[dict[str, Any]]:
    """Return all that a comparison holds, but for the seconds."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(one) for key, one in value.items() if key != "seconds"}
        return [strip(one) for one in value] if isinstance(value, list) else value

    return [
        strip(outcome.to_dict())
        for instance in comparison.plan.instances
        for contender in comparison.plan.contenders
        for outcome in comparison.outcomes(instance.name, contender)
    ]


def folder(path: Path, plan: Plan) -> Folder:
    """Return a new folder with the plan."""
    path.mkdir()
    made = Folder(path)
    made.write_plan(plan)
    return made


class LastFirst(LocalWorkers):
    """Does the last item first, as others who work beside each other may."""

    def map(self, task: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Yield the outcomes in the order of the items all the same."""
        return iter([task(item) for item in reversed(items)][::-1])


def test_outcomes_do_not_depend_on_the_order_in_which_jobs_are_done(tmp_path: Path, plan: Plan):
    """Nor does anything that is computed from them, but for the seconds."""
    forward = compare(plan, folder(tmp_path / "forward", plan), LocalWorkers())
    backward = compare(plan, folder(tmp_path / "backward", plan), LastFirst())
    assert without_clock(forward) == without_clock(backward)
    assert forward.references == backward.references
    assert all(reference.certified for reference in forward.references.values())


def test_what_the_folder_holds_is_not_done_again(tmp_path: Path, plan: Plan):
    """Half of the files are removed; exactly these runs are done, with the same outcome."""
    kept = folder(tmp_path / "kept", plan)
    first = compare(plan, kept, LocalWorkers())
    files = sorted((kept.path / "runs").glob("*.json"))
    assert len(files) == len(plan.jobs()) == 2 + 2 * (1 + 1 + 3)
    for path in files[::2]:
        path.unlink()
    done: list[bool] = []
    again = compare(
        kept.read_plan(), kept, LocalWorkers(), lambda job, outcome, now: done.append(now)
    )
    assert done.count(True) == len(files[::2])
    assert without_clock(again) == without_clock(first)


class Interrupting(LocalWorkers):
    """Is interrupted at the end of the second item, when the search deals with Ctrl-C itself."""

    def map(self, task: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Yield the outcomes in the order of the items."""
        for place, item in enumerate(items):
            if place == 1:
                before = signal.signal(signal.SIGINT, lambda number, frame: None)
                signal.raise_signal(signal.SIGINT)
                signal.signal(signal.SIGINT, before)
            yield task(item)


def test_an_interruption_that_a_search_kept_to_itself_is_noticed(tmp_path: Path, plan: Plan):
    """The run that is finished is kept, and no other one begins."""
    kept = folder(tmp_path / "kept", plan)
    with pytest.raises(KeyboardInterrupt):
        compare(plan, kept, Interrupting())
    assert len(list((kept.path / "runs").glob("*.json"))) == 2
    assert without_clock(compare(plan, kept, LocalWorkers()))


@pytest.mark.parametrize("contents", ["", "{", "[]", "{}", '{"record": {}}'])
def test_a_file_that_is_no_run_is_named(tmp_path: Path, plan: Plan, contents: str):
    """Not taken for a run, and not overwritten in silence."""
    kept = folder(tmp_path / "kept", plan)
    path = kept.path / "runs" / "short.genetic_population_10_generations_5.1.json"
    path.write_text(contents)
    with pytest.raises(InvalidInput, match="resume"):
        compare(plan, kept, LocalWorkers())


def test_an_outcome_is_the_same_after_it_was_written_and_read(plan: Plan):
    """Curve, history and schedule."""
    for job in plan.jobs()[:3]:
        outcome = run_job(job)
        assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome


def test_a_run_is_that_of_optimise(plan: Plan):
    """The same schedule, cost and history as without a comparison."""
    from opt import make_strategy, optimise
    from opt.stopping import stopping_from_dict

    job = plan.jobs()[-1]
    result = optimise(
        plan.instances[1].objective,
        make_strategy("genetic", {"population": 10, "generations": 5}),
        stopping_from_dict(RULE),
        seed=job.seed,
    )
    outcome = run_job(job).record
    assert outcome is not None
    assert outcome.schedule == result.schedule
    assert outcome.cost == result.cost
    assert outcome.evaluations == result.evaluations
    assert [line.cost for line in outcome.history] == [line.cost for line in result.history]
    assert outcome.curve[-1].cost == pytest.approx(result.cost, rel=1e-12)


def test_a_strategy_that_refuses_an_instance_says_why_and_the_others_go_on(
    tmp_path: Path, plan: Plan
):
    """Shift vectors are for at most 16 intervals."""
    long = Instance(
        "many intervals",
        Objective(ClinicSession(3, 20, 5.0, ServiceTime.exponential(6.0)), Weights(1, 0.5, 1)),
        Constraints(),
    )
    strategies = ["exact", {"name": "local_search", "neighbourhood": "shift_vectors"}]
    refusing = replace(
        plan, instances=(*plan.instances, long), contenders=contenders_from(strategies)
    )
    comparison = compare(refusing, folder(tmp_path / "runs", refusing), LocalWorkers())
    exact, shifts = refusing.contenders
    (outcome,) = comparison.outcomes("many intervals", shifts)
    assert outcome.record is None
    assert "session.intervals" in outcome.refused
    assert comparison.records("many intervals", exact)
    assert comparison.records("short", shifts)


def test_the_remaining_time_is_that_of_runs_like_those_that_remain():
    """Two quick runs and a slow one are done in 12 s of work; a quick and a slow one remain."""

    def job(label: str, seed: int) -> Job:
        return Job("a", label, contenders_from(["exact"])[0].strategy, seed, {}, {}, {}, {})

    jobs = [job("quick", 0), job("quick", 1), job("quick", 2), job("slow", 0), job("slow", 1)]
    remaining = Remaining(jobs)
    assert remaining.seconds(0.0) is None
    for one, evaluations in ((jobs[0], 10), (jobs[1], 10), (jobs[3], 100)):
        outcome = Outcome("a", one.label, one.seed, record((evaluations, 1.0)))
        remaining.done(one, outcome, now=True)
    assert remaining.seconds(12.0) == pytest.approx(11.0)
    # Done two at a time, it took half as long.
    assert remaining.seconds(6.0) == pytest.approx(5.5)
    remaining.done(jobs[4], Outcome("a", "slow", 1, record((100, 1.0))), now=False)
    assert remaining.seconds(12.0) == pytest.approx(1.0)
