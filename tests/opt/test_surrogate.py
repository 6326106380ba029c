"""The search in which a network ranks and the chain prices."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, WalkIns, Weights
from opt import Constraints, MaximumEvaluations, make_strategy, optimise
from opt.feasible import FeasibleSchedules
from opt.strategies.surrogate import Surrogate
from opt.surrogate.networks import features, make_network
from opt.surrogate.schedules import ScheduleSource
from opt.surrogate.training import Trainer, held_out, r_squared, rank_correlation
from tests.command import command

WEIGHTS = Weights(0.4, 0.2, 0.4)
SMALL = {"samples": 300, "epochs": 15, "candidates": 200, "kept": 20, "rounds": 6, "hidden": 16}
NETWORKS = ("fully_connected", "recurrent")


def walk_in_objective(value: float | None = None) -> Objective:
    """Return a session with walk-ins, where a schedule is dear to price."""
    session = ClinicSession(
        6, 10, 5.0, ServiceTime.gamma(7.0, 0.6), 0.1, WalkIns(ServiceTime.poisson(6.0), rate=0.1)
    )
    return Objective(session, WEIGHTS, value_per_patient=value)


def source(objective: Objective, constraints: Constraints | None = None) -> ScheduleSource:
    """Return a source of schedules with a generator of its own."""
    feasible = FeasibleSchedules(objective.session, constraints or Constraints(), objective.free)
    return ScheduleSource(objective, feasible, torch.Generator().manual_seed(3))


@pytest.mark.parametrize("network", NETWORKS)
def test_it_ends_near_the_proved_optimum_and_above_it(network: str):
    """With every reported cost that of the chain, and far fewer schedules priced than drawn."""
    objective = walk_in_objective()
    proved = optimise(objective)
    result = optimise(objective, make_strategy("surrogate", {**SMALL, "network": network}))
    assert proved.cost - 1e-9 <= result.cost <= 1.02 * proved.cost
    for line in result.history:
        assert float(objective(line.schedule).cost) == pytest.approx(line.cost, rel=1e-12)
    (finding,) = result.findings
    told = finding.to_dict()
    assert told["priced"] <= 6 * 20 < told["candidates"]
    assert result.evaluations == told["sampled"] + told["priced"]
    everything = told["candidates"] + told["sampled"]
    assert told["saved_share"] == (told["candidates"] - told["priced"]) / everything
    assert told["quality"]["rank_correlation"] > 0.5
    assert told["seconds"]["training"] > 0
    assert result.status == "heuristic"


def test_without_a_network_every_candidate_is_priced():
    """The same search to compare with."""
    result = optimise(walk_in_objective(), make_strategy("surrogate", {**SMALL, "network": "none"}))
    told = result.findings[0].to_dict()
    assert told["priced"] == told["candidates"] > 0
    assert told["saved_share"] == 0
    assert told["seconds_saved"] is None
    assert told["seconds"]["training"] == 0


def test_a_network_whose_guesses_are_reversed_still_reports_the_chains_costs(
    monkeypatch: pytest.MonkeyPatch,
):
    """The network decides what is priced, never what is accepted."""
    predict = Trainer.predict
    monkeypatch.setattr(Trainer, "predict", lambda self, schedules: -predict(self, schedules))
    objective = walk_in_objective()
    result = optimise(objective, make_strategy("surrogate", SMALL))
    assert result.cost == float(objective(result.schedule).cost)
    best = [line.best_cost for line in result.history]
    assert best == sorted(best, reverse=True)


DEMANDS = {
    "a capacity and a break": Constraints(capacity=1, blocked=[4]),
    "a largest gap beside a break": Constraints(blocked=[3], maximum_gap=3),
}


@pytest.mark.parametrize("demands", list(DEMANDS))
def test_only_feasible_schedules_are_drawn(demands: str):
    """To learn from and as candidates."""
    objective, constraints = walk_in_objective(), DEMANDS[demands]
    feasible = FeasibleSchedules(objective.session, constraints, objective.free)
    drawn = source(objective, constraints)
    varied = drawn.varied(200, drawn.rules)
    neighbours = drawn.neighbours(varied[:20], 200)
    assert bool(feasible.contains(varied).all())
    assert bool(feasible.contains(neighbours).all())
    result = optimise(objective, make_strategy("surrogate", SMALL), constraints=constraints)
    assert bool(feasible.contains(torch.tensor([result.schedule]))[0])


def test_where_the_number_of_patients_is_free_it_varies():
    """Patients are left out and taken in; the best is no worse than any rule's."""
    objective = walk_in_objective(value=4.0)
    drawn = source(objective)
    assert len(set(drawn.varied(200, drawn.rules).sum(1).tolist())) > 3
    result = optimise(objective, make_strategy("surrogate", SMALL))
    assert result.cost <= optimise(objective, "bailey_welch").cost
    assert result.cost >= optimise(objective).cost - 1e-9


def test_training_schedules_are_varied():
    """Clustered ones, spread ones and perturbed rules, all of the session."""
    objective = Objective(ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0)), WEIGHTS)
    drawn = source(objective)
    varied = drawn.varied(400, drawn.rules)
    assert varied.shape == (400, 48)
    assert bool((varied.sum(1) == 24).all())
    assert bool((varied >= 0).all())
    largest = varied.max(1).values
    assert int(largest.max()) > 8
    assert int(largest.min()) <= 2
    assert len(torch.unique(varied, dim=0)) > 300


def test_neighbours_are_one_or_two_moves_away():
    """Each patient that moves changes two intervals by one."""
    drawn = source(walk_in_objective())
    start = drawn.rules[:1]
    apart = (drawn.neighbours(start, 300) - start).abs().sum(1)
    assert set(apart.tolist()) <= {0, 2, 4}
    assert {2, 4} <= set(apart.tolist())


def test_rank_correlation_and_r_squared_are_those_of_the_textbook():
    """Beside scipy and the definition; nothing where a side does not vary."""
    random = np.random.default_rng(0)
    guess, truth = random.normal(size=50), random.normal(size=50)
    assert rank_correlation(guess, truth) == pytest.approx(float(spearmanr(guess, truth)[0]))
    assert rank_correlation(truth**3, truth) == pytest.approx(1.0)
    assert r_squared(truth, truth) == 1.0
    assert r_squared(np.full(50, truth.mean()), truth) == pytest.approx(0.0)
    assert rank_correlation(np.ones(5), truth[:5]) is None
    assert r_squared(guess[:5], np.ones(5)) is None


def test_held_out_schedules_are_not_learned_from():
    """Whatever they cost, the network becomes the same."""
    torch.manual_seed(0)
    schedules = torch.randint(0, 3, (100, 8))
    costs = schedules.double() @ torch.arange(8.0, dtype=torch.float64)
    other = torch.where(held_out(100, torch.device("cpu")), costs.flip(0) + costs.min(), costs)
    learned = []
    for these in (costs, other):
        trainer = Trainer("fully_connected", 8, 8, 8, seed=1, device=torch.device("cpu"))
        trainer._lowest, trainer._spread = 0.0, 10.0
        trainer.epoch(schedules, these, torch.Generator().manual_seed(5))
        learned.append(trainer.predict(schedules))
    assert torch.equal(*learned)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_starts_from_the_seed_and_leaves_the_global_generator_alone(network: Any):
    """Twice the same, another seed another network."""
    seen = features(torch.ones(3, 8, dtype=torch.int64), 8)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    one, same, other = (make_network(network, 8, 4, seed)(seen) for seed in (7, 7, 8))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("network", [*NETWORKS, "none"])
@pytest.mark.parametrize("share", [0.4, 0.8])
def test_it_is_resumed_exactly_with_every_network(network: str, share: float, tmp_path: Path):
    """Amid the sample, and amid the rounds, with weights and optimiser out of the checkpoint."""
    strategy = make_strategy("surrogate", {**SMALL, "network": network})
    path = tmp_path / "checkpoint.pt"
    whole = optimise(walk_in_objective(), strategy, seed=4)
    limit = MaximumEvaluations(int(share * whole.evaluations))
    part = optimise(walk_in_objective(), strategy, limit, 4, checkpoint=path)
    rest = optimise(walk_in_objective(), strategy, seed=4, checkpoint=path, resume=True)
    assert len(part.history) < len(whole.history)
    assert [line.schedule for line in rest.history] == [line.schedule for line in whole.history]
    mine, theirs = (one.findings[0].to_dict() for one in (rest, whole))
    for changing in ("seconds", "seconds_saved"):
        mine.pop(changing), theirs.pop(changing)
    assert mine == theirs


BAD = {
    "an unknown network": ({"network": "convolutional"}, "strategy.network is 'convolutional'"),
    "no width": ({"hidden": 0}, "strategy.hidden is 0"),
    "too small a sample": ({"samples": 3}, "strategy.samples is 3"),
    "no epoch": ({"epochs": 0}, "strategy.epochs is 0"),
    "half a candidate": ({"candidates": 0.5}, "strategy.candidates is 0.5"),
    "more kept than drawn": ({"candidates": 10, "kept": 11}, "strategy.kept is 11"),
    "no round": ({"rounds": 0}, "strategy.rounds is 0"),
    "an unknown option": ({"depth": 2}, "strategy.depth is 2"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_parameters_are_refused_by_name(case: str):
    """Before any work starts."""
    parameters, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make_strategy("surrogate", parameters)


def test_it_ends_where_there_are_no_new_candidates():
    """In a session with few schedules all of them are priced."""
    objective = Objective(ClinicSession(2, 3, 5.0, ServiceTime.exponential(4.0)), WEIGHTS)
    result = optimise(objective, Surrogate(samples=10, epochs=2, candidates=50, kept=50))
    assert result.termination == "no new candidates"
    assert result.cost == pytest.approx(optimise(objective).cost, rel=1e-12)


def test_a_single_interval_has_one_schedule(tmp_path: Path):
    """Nothing to move, nothing to rank."""
    objective = Objective(ClinicSession(3, 1, 5.0, ServiceTime.exponential(4.0)), WEIGHTS)
    result = optimise(objective, make_strategy("surrogate", SMALL))
    assert result.schedule == [3]
    assert result.findings[0].to_dict()["quality"]["rank_correlation"] is None
    assert "rank correlation" in result.findings[0].sentence


def test_the_report_and_the_files_show_what_the_surrogate_was_worth(tmp_path: Path):
    """The command prints the account, writes a row per round and draws them."""
    parameters = [f"strategy.{name}={value}" for name, value in SMALL.items()]
    done = command(
        "strategy=surrogate", *parameters, "session.patients=5", "session.intervals=9",
        "hydra.run.dir=run", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "The fully connected network learned from" in done.stdout
    assert len((tmp_path / "run" / "surrogate.csv").read_text().splitlines()) > 1
    assert "What the surrogate spared the chain" in (tmp_path / "run" / "report.html").read_text()
    told = json.loads((tmp_path / "run" / "result.json").read_text())["findings"]["surrogate"]
    assert told["training_size"] > 200
