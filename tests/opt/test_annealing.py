"""Simulated annealing: the rule of Metropolis, the temperature and its choice."""

import itertools
import math

import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt import Constraints, make_strategy, optimise
from opt.feasible import FeasibleSchedules
from opt.run import Run
from tests.cases import all_schedules

SESSION = ClinicSession(4, 5, 5.0, ServiceTime.exponential(8.0), no_show=0.1)


def objective(session: ClinicSession = SESSION) -> Objective:
    """Return a small objective."""
    return Objective(session, Weights(0.4, 0.2, 0.4))


def begun(parameters: dict[str, object], constraints: Constraints | None = None) -> Run:
    """Return a run on the small session."""
    feasible = FeasibleSchedules(SESSION, constraints or Constraints(), free=False)
    return make_strategy("annealing", parameters).begin(objective(), feasible, seed=1)


@pytest.mark.parametrize("proposals", [1, 4])
@pytest.mark.parametrize(
    "constraints", [Constraints(), Constraints(capacity=2, blocked=[2])], ids=["free", "demands"]
)
def test_chains_settle_to_the_law_of_boltzmann(proposals: int, constraints: Constraints):
    """At one temperature, however many proposals are priced at once.

    Patients are drawn one by one, so that a schedule counts as often as there are ways to give its
    appointments to the patients.
    """
    chains, temperature = 4000, 1.5
    run = begun(
        {
            "chains": chains, "steps": 60, "proposals": proposals, "cooling": 0.999999,
            "initial_temperature": temperature,
        },
        constraints,
    )  # fmt: skip
    while run.finished is None:
        run.step()
    every = all_schedules(SESSION.patients, SESSION.intervals)
    every = every[run.feasible.contains(every)]
    ways = torch.tensor(
        [math.factorial(4) / math.prod(map(math.factorial, one)) for one in every.tolist()],
        dtype=torch.float64,
    )
    law = ways * torch.exp(-objective()(every).cost / temperature)
    law /= law.sum()
    ends = run.own_state()["schedules"]
    share = (ends[:, None] == every).all(2).double().mean(0)
    assert float(share.sum()) == pytest.approx(1)
    # Five standard errors; the law is far from even.
    assert ((share - law).abs() <= 5 * (law * (1 - law) / chains).sqrt()).all()
    assert law.max() > 20 * law.min()


def test_a_cold_chain_goes_downhill_only():
    """To a schedule that no move improves."""
    run = begun({"chains": 20, "steps": 120, "proposals": 5, "initial_temperature": 1e-9})
    costs = []
    while run.finished is None:
        run.step()
        costs.append(run.own_state()["costs"])
    for before, after in itertools.pairwise(costs):
        assert (after <= before).all()
    for schedule in run.own_state()["schedules"]:
        assert float(objective().moves(schedule).min()) >= float(objective()(schedule).cost) - 1e-9


def test_the_temperature_falls_by_equal_factors_and_rises_between_cycles():
    """From the initial one to a share of it."""
    run = begun({"steps": 10, "initial_temperature": 8.0, "cooling": 1 / 16, "cycles": 2})
    temperatures = []
    while run.finished is None:
        run.step()
        temperatures.append(run.temperature)
    assert temperatures == pytest.approx([8.0, 4.0, 2.0, 1.0, 0.5] * 2)


def test_the_initial_temperature_is_chosen_from_the_objective():
    """It scales with the cost, and a higher acceptance is hotter by the stated factor."""
    first = {}
    for scale in (1.0, 100.0):
        for acceptance in (0.1, 0.5):
            priced = Objective(SESSION, Weights(0.4 * scale, 0.2 * scale, 0.4 * scale))
            feasible = FeasibleSchedules(SESSION, Constraints(), free=False)
            strategy = make_strategy("annealing", {"initial_acceptance": acceptance})
            run = strategy.begin(priced, feasible, seed=1)
            run.step()
            first[scale, acceptance] = run.temperature
    assert first[100.0, 0.1] == pytest.approx(100 * first[1.0, 0.1])
    assert first[1.0, 0.5] / first[1.0, 0.1] == pytest.approx(math.log(0.1) / math.log(0.5))
    # Then a typical change of the cost is accepted with that probability.
    costs = objective()(all_schedules(4, 5)).cost
    assert 0.1 * float(costs.std()) < first[1.0, 0.5] < 10 * float(costs.std())


def test_what_is_priced_is_counted():
    """The schedules it begins with, and every proposal; fewer where some are not allowed."""
    strategy = make_strategy("annealing", {"chains": 3, "steps": 7, "proposals": 4})
    result = optimise(objective(), strategy)
    assert result.evaluations == 3 + 7 * 3 * 4
    assert result.termination == "cooled"
    demanding = optimise(objective(), strategy, constraints=Constraints(capacity=1))
    assert demanding.evaluations < result.evaluations


def test_it_finds_the_optimum_of_small_sessions():
    """Also where the number of patients is free; then everybody may stay away too."""
    session = ClinicSession(6, 8, 5.0, ServiceTime.exponential(7.0), no_show=0.1)
    strategy = make_strategy("annealing", {"steps": 80})
    for value in (None, 6.0, 0.0):
        priced = Objective(session, Weights(0.4, 0.2, 0.4), value_per_patient=value)
        best = optimise(priced)
        assert optimise(priced, strategy, seed=2).cost == pytest.approx(best.cost, rel=1e-9)


def test_a_session_with_a_single_schedule_is_done_at_once():
    """There is nowhere to move to."""
    single = objective(ClinicSession(3, 1, 5.0, ServiceTime.exponential(5.0)))
    result = optimise(single, "annealing")
    assert result.schedule == [3]
    assert result.termination == "a single schedule"


def test_constraints_that_leave_no_move_are_no_trouble():
    """Nothing but the only schedule is priced."""
    pinned = Constraints(fixed={1: 0, 2: 1, 3: 1, 4: 3})
    strategy = make_strategy("annealing", {"chains": 2, "steps": 3})
    result = optimise(objective(), strategy, constraints=pinned)
    assert result.schedule == [1, 2, 0, 1, 0]
    assert result.evaluations == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"chains": 0}, "strategy.chains is 0"),
        ({"proposals": 1.5}, "strategy.proposals is 1.5"),
        ({"chains": 10**6, "proposals": 10**3}, "strategy.chains times proposals is 1000000000"),
        ({"steps": 0}, "strategy.steps is 0"),
        ({"cycles": 601}, "strategy.cycles is 601; it must be a whole number from 1 to 600"),
        ({"initial_temperature": 0}, "strategy.initial_temperature is 0"),
        ({"initial_temperature": "hot"}, "strategy.initial_temperature is 'hot'"),
        ({"initial_acceptance": 1}, "strategy.initial_acceptance is 1; it must be greater than 0"),
        ({"cooling": float("nan")}, "strategy.cooling is nan"),
        ({"warmth": 3}, "strategy.warmth is 3; it must be one of chains"),
    ],
)
def test_impossible_parameters_are_refused(parameters: dict[str, object], message: str):
    """By name, value and range."""
    with pytest.raises(InvalidInput, match=message):
        make_strategy("annealing", parameters)
