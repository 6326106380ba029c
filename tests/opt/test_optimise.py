"""The driver: stopping, progress, Ctrl-C, checkpoints and exact resume."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt import (
    STRATEGIES,
    AnyOf,
    Constraints,
    MaximumEvaluations,
    MaximumSeconds,
    Progress,
    Result,
    Stall,
    TargetGap,
    make_strategy,
    optimise,
)
from opt.stopping import stopping_from_dict

SESSION = ClinicSession(9, 16, 5.0, ServiceTime.exponential(8.0), no_show=0.1)
PARAMETERS: dict[str, dict[str, Any]] = {
    "genetic": {"population": 40, "generations": 30},
    "annealing": {"chains": 4, "steps": 40, "proposals": 3},
    "local_search": {"starts": 5, "improvement": "first"},
    "surrogate": {"samples": 200, "epochs": 4, "candidates": 100, "kept": 10, "rounds": 6},
    "pareto": {"weights": 12, "side_by_side": 5, "population": 20, "generations": 10},
    "stochastic_program": {"scenarios": 10, "samples": 3},
}


def objective() -> Objective:
    """Return a small objective."""
    return Objective(SESSION, Weights(0.4, 0.2, 0.4))


def strategy(name: str) -> Any:
    """Return a strategy with parameters that keep it short."""
    return make_strategy(name, PARAMETERS.get(name))


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_strategy_returns_a_priced_schedule(name: str):
    """With a history whose best cost never rises, and progress for every iteration."""
    seen: list[Progress] = []
    result = optimise(objective(), strategy(name), on_progress=seen.append)
    assert sum(result.schedule) == 9
    assert result.cost == float(objective()(result.schedule).cost)
    best = [line.best_cost for line in result.history]
    assert best == sorted(best, reverse=True)
    assert best[-1] == pytest.approx(result.cost, rel=1e-12)
    assert [progress.iteration for progress in seen] == list(range(1, len(best) + 1))
    assert result.evaluations == seen[-1].evaluations == result.history[-1].evaluations
    assert result.seed == 0


#: Nothing; demands that p-space expresses; and demands that no coordinates express together.
DEMANDS = {
    "no constraints": Constraints(),
    "a break and pins": Constraints(blocked=[5, 6], minimum={9: 1}),
    "a break and short gaps": Constraints(blocked=[5, 6], maximum_gap=3, latest={9: 14}),
}


@pytest.mark.parametrize("demands", list(DEMANDS))
@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_strategy_is_resumed_exactly(name: str, demands: str, tmp_path: Path):
    """Stopped after a few schedules and resumed, it ends as if it had never been stopped."""
    constraints, path = DEMANDS[demands], tmp_path / "checkpoint.pt"

    def search(stopping: MaximumEvaluations | None = None, **more: Any) -> Result:
        return optimise(objective(), strategy(name), stopping, 7, constraints=constraints, **more)

    whole = search()
    for share in (0.3, 0.95):
        limit = MaximumEvaluations(max(1, int(share * whole.evaluations)))
        part = search(limit, checkpoint=path)
        rest = search(checkpoint=path, resume=True)
        assert len(part.history) < len(whole.history) or len(whole.history) == 1 or share > 0.9
        assert rest.schedule == whole.schedule
        assert rest.evaluations == whole.evaluations
        assert rest.status == whole.status
        assert rest.lower_bound == whole.lower_bound
        for one, other in zip(rest.history, whole.history, strict=True):
            assert (one.cost, one.schedule, one.evaluations) == (
                other.cost, other.schedule, other.evaluations,
            )  # fmt: skip


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_equal_seeds_give_equal_results_on_every_device(name: str, device: str):
    """Twice the same on one device."""
    one, same = (
        optimise(Objective(SESSION, Weights(1, 1, 1), device=device), strategy(name), seed=5)
        for _ in range(2)
    )
    assert one.schedule == same.schedule
    assert one.cost == same.cost


RULES = {
    "evaluations": (MaximumEvaluations(200), "evaluations"),
    "seconds": (MaximumSeconds(0.02), "seconds"),
    "stall": (Stall(5), "stall"),
    "several": (AnyOf([MaximumSeconds(100.0), AnyOf([MaximumEvaluations(300)])]), "evaluations"),
    "from configuration": (
        stopping_from_dict({"evaluations": 300, "seconds": None, "stall": None}), "evaluations"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(RULES))
def test_rules_stop_a_search_that_would_go_on(case: str):
    """Each alone and composed; the reason is kept apart from what is known of the result."""
    rule, reason = RULES[case]
    endless = make_strategy("genetic", {"population": 40, "generations": 10**9})
    result = optimise(objective(), endless, rule)
    assert result.termination == reason
    assert result.status == "heuristic"


def test_a_target_gap_stops_exact():
    """As a stopping rule, beside the strategy's own."""
    result = optimise(objective(), "exact", TargetGap(0.5))
    assert result.termination in ("gap", "proved optimal")
    assert result.gap <= 0.5


def test_ctrl_c_returns_the_best_so_far():
    """The signal arrives during an iteration; the search ends after it, with the handler back."""
    before = signal.getsignal(signal.SIGINT)

    def interrupt(progress: Progress) -> None:
        if progress.iteration == 4:
            os.kill(os.getpid(), signal.SIGINT)

    endless = make_strategy("genetic", {"population": 40, "generations": 10**9})
    result = optimise(objective(), endless, on_progress=interrupt)
    assert result.termination == "interrupted"
    assert len(result.history) == 4
    best = min(line.cost for line in result.history)
    assert result.cost == pytest.approx(best, rel=1e-12)
    assert signal.getsignal(signal.SIGINT) is before


BAD = {
    "an unknown strategy": (lambda: optimise(objective(), "magic"), "one of exact, local_search"),
    "an unknown option": (lambda: make_strategy("exact", {"speed": 9}), "strategy.speed is 9"),
    "an option of a rule without any": (
        lambda: make_strategy("equispaced", {"spacing": 9}), "equispaced has no options"),
    "an unknown space": (lambda: make_strategy("exact", {"space": "q"}), "strategy.space is 'q'"),
    "a negative gap": (lambda: make_strategy("exact", {"target_gap": -1}), "target_gap is -1"),
    "an unknown improvement": (
        lambda: make_strategy("local_search", {"improvement": "some"}), "'best' or 'first'"),
    "an unknown neighbourhood": (
        lambda: make_strategy("local_search", {"neighbourhood": "all"}), "'moves' or"),
    "no start": (lambda: make_strategy("local_search", {"starts": 0}), "strategy.starts is 0"),
    "a negative seed": (lambda: optimise(objective(), seed=-1), "seed is -1"),
    "no seconds": (lambda: MaximumSeconds(0), "stopping.seconds is 0"),
    "no evaluations": (lambda: MaximumEvaluations(0), "stopping.evaluations is 0"),
    "an unknown rule": (lambda: stopping_from_dict({"luck": 1}), "stopping.luck is 1"),
    "a checkpoint in a folder that is not there": (
        lambda: optimise(objective(), checkpoint="/nowhere/x.pt"), "a folder that exists"),
    "no objective": (lambda: optimise(3), "objective is 3"),
    "a number for a stopping rule": (
        lambda: optimise(objective(), "genetic", 5), "stopping is 5"),
    "nothing to resume": (lambda: optimise(objective(), resume=True), "a file to resume from"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_refused_by_name(case: str):
    """Before any work starts."""
    make, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make()


def test_a_damaged_checkpoint_is_refused(tmp_path: Path):
    """Cut off, empty, of another kind, missing, or of another search."""
    good = tmp_path / "good.pt"
    optimise(objective(), "exact", MaximumEvaluations(20), checkpoint=good)
    contents = good.read_bytes()
    for name, damaged in (
        ("cut", contents[: len(contents) // 2]),
        ("empty", b""),
        ("text", b"not a checkpoint"),
    ):
        path = tmp_path / name
        path.write_bytes(damaged)
        with pytest.raises(InvalidInput, match="a checkpoint that is not damaged"):
            optimise(objective(), checkpoint=path, resume=True)
    torch.save({"version": 1, "identity": "else"}, tmp_path / "other.pt")
    with pytest.raises(InvalidInput, match="of the same search"):
        optimise(objective(), checkpoint=tmp_path / "other.pt", resume=True)
    torch.save({"version": 99}, tmp_path / "new.pt")
    with pytest.raises(InvalidInput, match="version 1"):
        optimise(objective(), checkpoint=tmp_path / "new.pt", resume=True)
    with pytest.raises(InvalidInput, match="an existing file"):
        optimise(objective(), checkpoint=tmp_path / "none.pt", resume=True)
    with pytest.raises(InvalidInput, match="of the same search"):
        optimise(objective(), checkpoint=good, resume=True, seed=1)
    incomplete = torch.load(good, weights_only=True)
    del incomplete["run"]["own"]
    torch.save(incomplete, tmp_path / "incomplete.pt")
    with pytest.raises(InvalidInput, match="complete"):
        optimise(objective(), checkpoint=tmp_path / "incomplete.pt", resume=True)


def test_a_checkpoint_after_every_iteration_is_left_behind(tmp_path: Path):
    """So that a search that is killed can go on."""
    path = tmp_path / "checkpoint.pt"
    sizes: list[bool] = []
    optimise(
        objective(),
        strategy("genetic"),
        on_progress=lambda progress: sizes.append(path.exists()),
        checkpoint=path,
        checkpoint_every=0,
    )
    assert sizes[0] is False
    assert all(sizes[1:])
    assert list(tmp_path.iterdir()) == [path]
