"""Published and independently computed numbers."""

from typing import Any

import pytest

from objective import ClinicSession, Objective, ServiceTime, Weights


def rows(name: str) -> list[Any]:
    """Read an oracle's rows for parametrisation."""
    import json
    from pathlib import Path

    return json.loads((Path(__file__).parents[1] / "oracles" / f"{name}.json").read_text())["rows"]


@pytest.mark.parametrize("row", rows("poisson_service"), ids=lambda row: row["name"])
def test_poisson_service_agrees_to_nine_digits(row: Any, obp: ClinicSession, weights: Weights):
    """Session idle time, exact values without truncation."""
    performance = Objective(obp, weights)(row["schedule"]).row(0)
    for part in ("waiting", "idle", "tardiness", "cost"):
        assert performance[part] == pytest.approx(row[part], abs=1e-9)


@pytest.mark.parametrize("row", rows("exponential_service"), ids=lambda row: row["name"])
def test_the_2007_program_agrees_to_nine_digits(row: Any, weights: Weights):
    """Makespan idle time, with and without no-shows, from the authors' own program."""
    session = ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0), no_show=row["no_show"])
    performance = Objective(session, weights, idle="makespan")(row["schedule"]).row(0)
    assert performance["waiting"] == pytest.approx(row["waiting"], abs=1e-9)
    assert performance["idle"] == pytest.approx(row["makespan_idle"], abs=1e-9)
    assert performance["tardiness"] == pytest.approx(row["tardiness"], abs=1e-9)
    assert performance["cost"] == pytest.approx(row["cost"], abs=1e-9)


def test_rules_of_kaandorp_koole_table_1_are_as_printed(oracle: Any):
    """Ten intervals of 24 minutes; values as printed, two decimals."""
    table = oracle("kaandorp_koole_2007")["table_1"]
    session = ClinicSession(10, 10, 24.0, ServiceTime.exponential(20.0), no_show=0.1)
    for rule in ("individual", "bailey_welch"):
        for weight, cost in table[rule]["cost"].items():
            weights = Weights(float(weight), 0.2, 1.0)
            objective = Objective(session, weights, idle="makespan")
            performance = objective(table[rule]["schedule"]).row(0)
            for part in ("waiting", "idle", "tardiness"):
                assert round(performance[part], 2) == table[rule][part]
            assert round(performance["cost"], 2) == cost


def test_koeleman_koole_rows_without_emergencies_are_within_a_hundredth(oracle: Any):
    """Printed values seem truncated; the exponential is rounded to minutes as in the paper."""
    from scipy import stats

    law = stats.expon(scale=20.0)
    minutes = [law.cdf(k + 0.5) - law.cdf(k - 0.5) for k in range(700)]
    service = ServiceTime.pmf([mass / sum(minutes) for mass in minutes])
    for row in oracle("koeleman_koole_2012")["table_6"]:
        if row["emergencies"] == 0:
            session = ClinicSession(row["patients"], 24, 10.0, service)
            objective = Objective(session, Weights(row["a_W"], 0.0, row["a_L"]))
            performance = objective(row["schedule"]).row(0)
            assert performance["waiting"] == pytest.approx(row["waiting"], abs=0.01)
            assert performance["tardiness"] == pytest.approx(row["tardiness"], abs=0.01)


def test_public_example_of_waits_of_all_booked_is_reproduced():
    """Six patients in four intervals; its costs sum the waits, and count those of no-shows."""
    probabilities = [0, 0, 0, 0.2, 0, 0.3, 0, 0, 0.5]
    session = ClinicSession(6, 4, 5.0, ServiceTime.pmf(probabilities), no_show=0.1)
    objective = Objective(session, Weights(0.5, 0.0, 0.5))
    published = {
        (3, 2, 1, 0): 37.71594467672401,
        (2, 2, 1, 1): 30.52386358592401,
        (1, 2, 1, 2): 25.53066071370001,
        (1, 1, 1, 3): 22.474543162500005,
    }
    for schedule, cost in published.items():
        performance = objective(list(schedule)).row(0)
        ours = 0.5 * 6 * performance["waiting"] + 0.5 * performance["tardiness"]
        assert ours == pytest.approx(cost, abs=1e-9)
