"""What the quarter comes to, and what the page says of it, also where Bailey is not better."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from serve.loop.comparing import Quarters, estimate
from serve.loop.page import verdicts, write_quarters
from serve.loop.quarter import PLANS
from serve.loop.world import World

MONDAY = date(2026, 3, 2)
WEEKS = 8


def group(waiting: float, late: float, promised: float) -> dict[str, Any]:
    """Return the figures of some sessions."""
    one = {"measured": waiting, "planned_where_measured": promised}
    return {
        "waiting": one, "idle": {"measured": 20.0, "planned_where_measured": 20.5},
        "overtime": {"measured": late, "planned_where_measured": late},
        "access": {"mean_days": 3.0},
    }  # fmt: skip


def quarters(shift: float = 5.0, seen: int = 6, answered: int = 7) -> Quarters:
    """Return made-up quarters: the rules' waits are longer by a shift that hardly varies."""
    played = {}
    for place, plan in enumerate(PLANS):
        weeks = []
        for week in range(WEEKS):
            more = place * shift + 0.1 * (week % 3) * place
            groups = [group(10.0 + more + 0.2 * number, 5.0, 10.3) for number in range(3)]
            learned = {
                "model": "gamma", "promoted": week == answered,
                "since": "2026-04-06" if week >= seen else None,
                "drift": {"off": week in (2, seen), "observed": 15.0, "expected": 12.0},
            }  # fmt: skip
            prepared = {
                "quantities": {"consultation": learned},
                "providers": [{"consultation_mean": 12.0}],
            }
            weeks.append(
                {"monday": (MONDAY + timedelta(weeks=week)).isoformat(), "providers": groups,
                 "total": groups[1], "prepared": prepared if place == 0 else {}}
            )  # fmt: skip
        played[plan] = {"plan": plan, "weeks": weeks}
    return Quarters(World(0, MONDAY), played)


def test_a_mean_has_the_interval_of_students_law():
    """Four numbers by hand: mean 5, error 1.2910, quantile 3.1824."""
    one = estimate([2.0, 4.0, 6.0, 8.0])
    assert one.mean == 5
    assert one.high - one.mean == pytest.approx(1.2909944 * 3.1824463)
    assert (one.sign, estimate([1.0, 1.1, 0.9]).sign, estimate([-1.0, -1.2]).sign) == (1, 1, 0)
    assert estimate([3.0]).low == 3.0


def test_plans_are_compared_week_by_week():
    """By what is measured, and weighted: waiting counts once, idle time half."""
    made = quarters()
    assert made.mean(PLANS[0], "cost") == pytest.approx(10.2 + 10.0 + 5.0)
    difference = made.difference(PLANS[1], "waiting")
    assert difference.mean == pytest.approx(5.0 + 0.1 * (0 + 1 + 2 + 0 + 1 + 2 + 0 + 1) / 8)
    assert difference.count == WEEKS
    assert made.difference(PLANS[1], "access").mean == 0
    assert made.difference(PLANS[2], "cost", range(2)).count == 2


def test_phases_follow_from_what_was_seen_and_answered():
    """Before the drift, until it is answered, and after; all weeks are in one of them."""
    made = quarters()
    assert (made.seen, made.answered, made.alarms) == (6, 7, [2, 6])
    assert [(one.name, list(one.weeks)) for one in made.phases] == [
        ("before the drift", [0, 1, 2, 3, 4]), ("drift not answered yet", [5, 6]),
        ("drift answered", [7]),
    ]  # fmt: skip
    never = quarters(seen=99, answered=99)
    assert (never.seen, never.answered) == (None, None)
    assert [len(one.weeks) for one in never.phases] == [5, 3]


def test_what_was_promised_is_compared_with_what_came():
    """Over the weeks of each provider."""
    planned, came, gap = quarters().promised("waiting", quarters().phases[0])
    assert (planned, came) == (pytest.approx(10.3), pytest.approx(10.2))
    assert gap.mean == pytest.approx(-0.1)
    assert gap.count == 15
    assert quarters().promised("idle", quarters().phases[0])[2].sign == -1


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (5.0, "costs less than the individual rule"),
        (-5.0, "costs more than the individual rule"),
        (0.0, "is not surely better than the individual rule"),
    ],
)
def test_the_page_says_how_the_plans_compare(shift: float, said: str, tmp_path: Path):
    """Also where a rule is better; with every figure and its numbers."""
    made = quarters(shift)
    if shift == 0.0:
        weeks = made.played[PLANS[1]]["weeks"]
        for place, one in enumerate(weeks):
            one["total"] = group(10.2 + (-1) ** place, 5.0, 10.3)
    assert said in verdicts(made)[0]
    page = write_quarters(tmp_path, made).read_text()
    assert said in page
    assert "took longer" not in page
    assert "From week 6 on consultations take 30 % longer" in page
    assert "saw it after week 6, and by chance before that 1 times." in page
    assert "passed the gate before week 8" in page
    for name in ("cost", "waiting", "idle", "overtime", "access", "learned", "promised"):
        assert f'id="heading-{name}"' in page
    assert "nan" not in page.split("</script>", 1)[1].lower().replace("finance", "")


def test_a_rule_that_is_better_at_something_is_said():
    """Waits are longer under Bailey's plan, its overtime shorter."""
    made = quarters(-2.0)
    for one in made.played[PLANS[1]]["weeks"]:
        one["total"]["overtime"]["measured"] = 20.0
    sentence = verdicts(made)[0]
    assert "costs less" in sentence
    assert "Under the rule there is less of waiting: by " in sentence
