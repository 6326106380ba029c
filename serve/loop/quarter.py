"""A quarter of the practice under one plan: weeks are prepared, patients book, days happen."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

from serve import create_app
from serve.clock import at_wall_clock, wall_clock
from serve.loop.bailey_plan import BaileyPlan
from serve.loop.caller import Caller, RefusedCall
from serve.loop.rule_plan import RulePlan
from serve.loop.session import ARRIVE, END, MISS, START, Visit, steps_of
from serve.loop.setting_up import MINUTES, ZONE, Practice, set_up
from serve.loop.simulated_clock import SimulatedClock
from serve.loop.world import World
from serve.settings import Settings

#: The plans that are compared; the last two are rules.
PLANS = ("Bailey", "individual", "Bailey-Welch")
#: When the week to come is planned, on the Saturday before, and when the desk opens.
PLANNED_AT, OPENS = time(12), time(8)
#: Days ahead that a patient looks for a seat: what every plan has published by then.
AHEAD = 9
#: What a step is called in the API.
PATHS = {ARRIVE: "arrive", START: "start", END: "end", MISS: "no-show"}

Tell = Callable[[str], None]


class Plan(Protocol):
    """How a practice plans."""

    def prepare(self, monday: date, weeks: int) -> dict[str, Any]:
        """Prepare a week, of so many that are left; return what there is to tell."""


def plan_of(name: str, app: Any, caller: Caller, practice: Practice, world: World) -> Plan:
    """Return a plan by its name."""
    if name == PLANS[0]:
        return BaileyPlan(app, caller, practice, world)
    rule = "individual" if name == PLANS[1] else "bailey_welch"
    return RulePlan(rule, app, caller, practice, world)


def play_quarter(name: str, world: World, weeks: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Play the weeks of a quarter under a plan; return what was planned and measured in each.

    Parameters
    ----------
    folder
        Where the service keeps its data.
    tell
        Called with a word before each part.
    """
    clock = SimulatedClock(_planning(world.first))
    app = create_app(Settings(home=str(folder), rate_limit=""), clock)
    # Thousands of requests are made, each of which would be a line.
    logging.getLogger("serve").setLevel(logging.ERROR)
    tell("opening the practice")
    practice, caller = set_up(app, world)
    plan = plan_of(name, app, caller, practice, world)
    quarter = _Quarter(world, practice, caller, clock)
    told = []
    for number in range(weeks):
        monday = world.first + timedelta(weeks=number)
        clock.forward_to(_planning(monday))
        tell(f"week {number + 1}: planning")
        prepared = plan.prepare(monday, weeks - number)
        tell(f"week {number + 1}: booking and running")
        asked, booked = quarter.play_week(monday)
        window = {"first": monday.isoformat(), "last": (monday + timedelta(days=6)).isoformat()}
        groups = {
            by: caller.get("/practice/metrics", **window, by=by)["groups"]
            for by in ("total", "provider")
        }
        groups["provider"].sort(key=lambda one: practice.providers.index(one["provider_id"]))
        told.append(
            {"monday": monday.isoformat(), "asked": asked, "booked": booked, "prepared": prepared,
             "total": groups["total"][0], "providers": groups["provider"]}
        )  # fmt: skip
    return {"plan": name, "weeks": told}


def _planning(monday: date) -> datetime:
    return at_wall_clock(monday - timedelta(days=2), PLANNED_AT, ZONE)


@dataclass
class _Quarter:
    """What goes on in the practice, whoever plans it."""

    world: World
    practice: Practice
    caller: Caller
    clock: SimulatedClock
    #: Who asked for an appointment, and when, by the appointment.
    _asked: dict[str, tuple[int, date]] = field(default_factory=dict)

    def play_week(self, monday: date) -> tuple[int, int]:
        """Let patients book and days happen; return how many asked, and how many booked."""
        asked = booked = 0
        for number in range(5):
            day = monday + timedelta(days=number)
            self.clock.forward_to(at_wall_clock(day, OPENS, ZONE))
            for patient in self.world.requests(day):
                asked += 1
                booked += self._book(patient, day)
            self._run(day)
        return asked, booked

    def _book(self, patient: int, day: date) -> bool:
        """Book the earliest seat that is as wished, else the earliest; return whether any."""
        identifier = self.practice.patients[patient]
        query: Mapping[str, Any] = {
            "visit_type_id": self.practice.visit_type_id,
            "patient_id": identifier,
            "first": (day + timedelta(days=1)).isoformat(),
            "last": (day + timedelta(days=AHEAD)).isoformat(),
            "order": "earliest",
            "limit": 200,
        }
        found = sorted(self.caller.get("/seats", **query)["items"], key=self._earliest)
        wanted = [one for one in found if not one["unmet"]]
        for seat in (wanted or found)[:3]:
            try:
                body = {"patient_id": identifier, "seat_id": seat["id"]}
                made = self.caller.post("/appointments", body)
            except RefusedCall as refused:
                if refused.status != 409:
                    raise
            else:
                self._asked[made["id"]] = (patient, day)
                return True
        return False

    def _earliest(self, seat: Any) -> tuple[str, float, int]:
        """Return what orders seats, also those that are equally good, the same in every run."""
        provider = self.practice.providers.index(seat["provider_id"])
        return seat["starts_at"], round(seat["score"], 6), provider

    def _run(self, day: date) -> None:
        """Let the sessions of a day happen, step by step in the order of time."""
        window = {"first": day.isoformat(), "last": day.isoformat()}
        booked = self.caller.every("/appointments", **window, status="booked")
        steps, walking, names = [], {}, {}
        for session in self.caller.every("/clinic-days", **window):
            begins = datetime.fromisoformat(session["starts_at"])
            provider = self.practice.providers.index(session["provider_id"])
            visits = []
            for one in booked:
                if one["clinic_day_id"] == session["id"]:
                    visits.append(self._visit(one, provider, day))
                    names[visits[-1].name] = (one["id"], one["version"])
            for at, patient, quantile in self.world.walking_in(
                provider, wall_clock(begins, ZONE), MINUTES
            ):
                takes = self.world.consultation(self.world.physicians[provider], day, quantile)
                visits.append(Visit(f"walk-in {provider} {at}", at, at, takes, walk_in=True))
                walking[visits[-1].name] = (session["provider_id"], self.practice.patients[patient])
            steps += steps_of(visits, begins)
        for step in sorted(steps, key=lambda one: (one.at, one.kind, one.visit.name)):
            self.clock.forward_to(step.at)
            if step.kind == ARRIVE and step.visit.walk_in:
                provider_id, patient_id = walking[step.visit.name]
                body = {"provider_id": provider_id, "patient_id": patient_id}
                changed = self.caller.post("/walk-ins", body)
            else:
                identifier, version = names[step.visit.name]
                path = f"/appointments/{identifier}/{PATHS[step.kind]}"
                changed = self.caller.post(path, version=version)
            names[step.visit.name] = (changed["id"], changed["version"])

    def _visit(self, booked: Any, provider: int, day: date) -> Visit:
        patient, asked = self._asked[booked["id"]]
        conduct = self.world.conduct(patient, asked)
        due = datetime.fromisoformat(booked["starts_at"])
        takes = self.world.consultation(self.world.physicians[provider], day, conduct.quantile)
        # Not the appointment's identifier, which is another in every run: of two patients who are
        # due at one moment the name says who is called first.
        name = f"{asked} {patient:04}"
        return Visit(name, due, due - conduct.early if conduct.comes else None, takes)
