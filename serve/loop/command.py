"""``python -m serve.loop``: the loop closed on an embedded service, week after week."""

import json
import logging
import shutil
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from objective import ServiceTime
from objective.commands.progress import stdout_console
from objective.one_thread import one_thread
from serve import create_app
from serve.clock import at_wall_clock
from serve.loop.day import Played
from serve.loop.learning import Learned, learn, publish
from serve.loop.setting_up import PAST_WEEKS, ZONE, set_up
from serve.loop.simulated_clock import SimulatedClock
from serve.loop.truth import Truth
from serve.loop.week import Asked, play_week
from serve.settings import Settings

#: The first day of the loop: a Monday.
FIRST = "2026-03-02"
#: When the week to come is planned: on the Saturday before.
PLANNED_AT = time(12)
RESULT = "loop.json"


@click.command()
@click.option("--weeks", default=2, show_default=True, type=click.IntRange(1, 52))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1))
@click.option("--first", default=FIRST, show_default=True, help="The first day: a Monday.")
@click.option(
    "--folder", default="outputs/loop", show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the service keeps its data and the loop its result; what is there goes.",
)  # fmt: skip
def loop(weeks: int, seed: int, first: str, folder: Path) -> None:
    """Play a made-up practice of one provider in simulated time, through the API.

    Before each week the models learn from what has happened, the best schedule for their forecast
    is found and published; then patients book, and the days happen.
    """
    monday = _monday(first)
    result = folder / RESULT
    if folder.exists() and any(folder.iterdir()) and not result.exists():
        allowed = "it holds something else than an earlier loop; name another"
        raise click.BadParameter(allowed, param_hint="--folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    result.write_text("{}\n")
    logging.getLogger("serve").setLevel(logging.WARNING)
    console = stdout_console()
    with one_thread():
        told = play_weeks(folder, monday, weeks, seed, console)
    result.write_text(json.dumps(told, indent=2) + "\n")
    console.print(f"Written to {folder}: loop.json, bailey.db", highlight=False)


def play_weeks(
    folder: Path, monday: date, weeks: int, seed: int, console: Console
) -> dict[str, Any]:
    """Play some weeks; return what was learned, published and measured in each."""
    truth = Truth()
    clock = SimulatedClock(at_wall_clock(monday - timedelta(days=2), PLANNED_AT, ZONE))
    app = create_app(Settings(home=str(folder), rate_limit=""), clock)
    with console.status("Setting up a practice and importing its past"):
        practice, administrator = set_up(app, truth, monday, seed)
    console.print(
        f"A practice of one provider and {truth.patients} patients; "
        f"{PAST_WEEKS} weeks of its past imported. Nobody in it exists.",
        highlight=False,
    )
    generator = np.random.default_rng([seed, 2])
    told = []
    for number in range(weeks):
        first = monday + timedelta(weeks=number)
        clock.forward_to(at_wall_clock(first - timedelta(days=2), PLANNED_AT, ZONE))
        with console.status(f"Week {number + 1}: learning, optimising, publishing"):
            learned = learn(app, administrator, practice, first, seed)
            days = publish(administrator, learned, practice, first)
        console.print(_words(number + 1, learned, days), highlight=False)
        played: list[Played] = []
        with console.status(f"Week {number + 1}: booking and running the days"):
            asked = play_week(
                practice, administrator, clock, truth, first, generator,
                lambda _, one, kept=played: kept.append(one),
            )  # fmt: skip
        measured = administrator.get(
            "/practice/metrics",
            first=first.isoformat(),
            last=(first + timedelta(days=6)).isoformat(),
            by="total",
        )
        told.append(_week(first, learned, asked, played, measured))
    for table in (_inputs(told, truth), _figures(told)):
        console.print(table)
    return {"seed": seed, "truth": vars(truth), "weeks": told}


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.weekday() != 0 or not 2000 <= day.year < 2100:
        raise click.BadParameter("it must be a Monday like 2026-03-02", param_hint="--first")
    return day


def _words(number: int, learned: Learned, days: int) -> str:
    session = learned.session
    seats = sum(learned.template["schedule"])
    proof = "proved optimal" if learned.status == "optimal" else str(learned.status)
    return (
        f"Week {number}: no-shows by {learned.models['no_show'].replace('_', ' ')}, consultations "
        f"by {learned.models['consultation'].replace('_', ' ')}; {seats} seats in "
        f"{session['intervals']} intervals, {proof}, published on {days} days."
    )


def _week(
    first: date, learned: Learned, asked: Asked, played: list[Played], measured: Any
) -> dict[str, Any]:
    """Return what is told of a week."""
    law = ServiceTime.from_dict(learned.session["service_time"])
    (figures,) = measured["groups"]
    return {
        "first": first.isoformat(),
        "models": learned.models,
        "no_show": learned.session["no_show"],
        "consultation_mean": law.mean,
        "consultation_cv": law.cv,
        "status": learned.status,
        "gap": learned.gap,
        "schedule": learned.template["schedule"],
        "asked": asked.asked,
        "booked": asked.booked,
        "seen": sum(one.seen for one in played),
        "waited_in_truth": sum(one.waited for one in played) / max(1, sum(d.seen for d in played)),
        "figures": figures,
    }


def _inputs(told: list[dict[str, Any]], truth: Truth) -> Table:
    """Return what was learned beside what is true."""
    table = Table(title="What the models learned")
    for name in ("week", "no-shows", "consultation", "variation", "seats"):
        table.add_column(name, justify="right")
    for one in told:
        table.add_row(
            one["first"],
            f"{100 * one['no_show']:.1f} %",
            f"{one['consultation_mean']:.1f} min",
            f"{one['consultation_cv']:.2f}",
            str(sum(one["schedule"])),
        )
    truths = (f"{100 * truth.no_show:.1f} %", f"{truth.minutes:.1f} min", f"{truth.cv:.2f}")
    table.add_row("in truth", *truths, "")
    return table


def _figures(told: list[dict[str, Any]]) -> Table:
    """Return what was planned and what was measured."""
    table = Table(title="Planned and measured, minutes")
    for name in ("week", "asked", "booked", "seen", "waiting", "idle", "overtime", "access"):
        table.add_column(name, justify="right")
    for one in told:
        figures = one["figures"]
        table.add_row(
            one["first"],
            str(one["asked"]),
            str(one["booked"]),
            str(one["seen"]),
            *(_compared(figures[name]) for name in ("waiting", "idle", "overtime")),
            _number(figures["access"]["mean_days"], " days"),
        )
    return table


def _compared(figure: dict[str, Any]) -> str:
    return f"{_number(figure['planned'])} / {_number(figure['measured'])}"


def _number(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.1f}{unit}"
