"""Is the practice running as planned: six figures, by week and provider, and what to do first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from objective.pages.figure import Figure, blank_plot
from objective.pages.style import ACCENT, COLOURS, NEUTRAL
from serve.api.availability import get_rules
from serve.api.availability_fields import ListIn
from serve.api.call import Call
from serve.api.fields import Sent
from serve.api.publishing import ClinicDaysIn, get_clinic_days
from serve.api.templates import TemplatesIn, get_templates
from serve.figures.days import days_of_practice
from serve.figures.practice_figures import figures_by, sessions_of
from serve.models import Provider
from serve.web.administrator.blueprint import pages
from serve.web.forms import read
from serve.web.names import everything, locations_of, providers_of, visit_types_of
from serve.web.page import shows
from serve.web.rendering import render
from serve.web.texts import _, marked
from serve.web.times import clock, minutes, on_wall, percent, short_day

#: Size of a sparkline, in units of its own.
WIDE, HIGH = 120.0, 32.0
HALF_DAYS = [(day, half) for day in range(5) for half in ("am", "pm")]


class Period(Sent):
    """How many weeks back."""

    weeks: Literal["4", "8", "13", "26"] = "8"


@dataclass(frozen=True)
class Tile:
    """A figure against its plan.

    Attributes
    ----------
    value, beside
        As it was measured, and the plan or what else is beside it, in words.
    difference
        What that means, in words.
    line
        Its weeks as the points of a line; empty for fewer than two.
    """

    key: str
    label: str
    value: str
    beside: str
    difference: str
    line: str


@shows(
    pages,
    "",
    "practice.metrics",
    also=("availability.read", "template.read", "clinic_day.read"),
)
def overview(call: Call) -> str:
    """Show how the practice does; or, where it is empty, what to do first."""
    weeks = int(read(Period).weeks)
    today = on_wall(call.now)
    monday = today - timedelta(days=today.weekday())
    first, last = monday - timedelta(weeks=weeks), today
    steps = steps_of(call)
    providers = providers_of(call)
    held = sessions_of(days_of_practice(call.session, call.practice_id, first, last))
    (total,) = figures_by(held, "total")
    by_week, by_provider = figures_by(held, "week"), figures_by(held, "provider")
    window = ClinicDaysIn(first=monday, last=monday + timedelta(days=27))
    sessions = everything(get_clinic_days, call.to("clinic_day.read"), window)
    return render(
        "administrator/overview.html",
        weeks=weeks,
        steps=steps if not all(done for _label, _endpoint, done in steps) else [],
        tiles=tiles(total, by_week),
        heat=heat_of(sessions, providers, call),
        half_days=HALF_DAYS,
        figures=[
            week_figure("waiting", by_week),
            week_figure("overtime", by_week),
            provider_figure(by_provider, providers),
        ]
        if total.sessions
        else [],
        sessions=total.sessions,
    )


#: What an empty practice needs, in order, and where it is done.
STEPS = (
    ("location", marked("Add a location"), "administrator.places"),
    ("visit_type", marked("Add a type of visit"), "administrator.visit_types"),
    ("provider", marked("Add a provider"), "administrator.providers"),
    ("availability", marked("Say when the provider holds clinic"), "administrator.providers"),
    ("template", marked("Make a template: how many patients each interval holds"),
     "administrator.optimise"),
    ("published", marked("Publish it to dates: then it can be booked"), "administrator.templates"),
)  # fmt: skip


def steps_of(call: Call) -> list[tuple[str, str, bool]]:
    """Return what a practice needs before it can be booked, and whether it is there."""
    today = on_wall(call.now)
    window = ClinicDaysIn(
        first=today - timedelta(days=180), last=today + timedelta(days=180), limit=1
    )
    there = {
        "location": bool(locations_of(call)),
        "visit_type": bool(visit_types_of(call)),
        "provider": bool(providers_of(call)),
        "availability": bool(get_rules(call.to("availability.read"), ListIn(limit=1))["items"]),
        "template": bool(get_templates(call.to("template.read"), TemplatesIn(limit=1))["items"]),
        "published": bool(get_clinic_days(call.to("clinic_day.read"), window)["items"]),
    }
    if there["published"]:
        # Sessions can be filled by a rule as well.
        there["template"] = True
    return [(label, endpoint, there[key]) for key, label, endpoint in STEPS]


def tiles(total: Any, by_week: Sequence[Any]) -> list[Tile]:
    """Return the six figures of a period."""

    def compared(key: str, label: str, name: str, share: bool = False) -> Tile:
        one = getattr(total, name)
        word = percent if share else (lambda value: minutes(value, 1))
        difference = ""
        if one.measured is not None and one.planned_where_measured is not None:
            more = one.measured - one.planned_where_measured
            if abs(more) < (0.005 if share else 0.05):
                difference = _("as planned")
            elif more > 0:
                difference = _("%(much)s more than planned") % {"much": word(more)}
            else:
                difference = _("%(much)s less than planned") % {"much": word(-more)}
        beside = _("planned %(value)s") % {"value": word(one.planned)}
        line = sparkline([getattr(week, name).measured for week in by_week])
        return Tile(key, label, word(one.measured), beside, difference, line)

    access, missed = total.access, total.no_shows
    days = _("%(days)s days") % {
        "days": "–" if access.median_days is None else f"{access.median_days:.1f}"
    }
    spread = ""
    if missed.low is not None:
        spread = _("between %(low)s and %(high)s") % {
            "low": percent(missed.low, 1),
            "high": percent(missed.high, 1),
        }
    return [
        compared("waiting", _("waiting of a patient"), "waiting"),
        compared("idle", _("idle in a session"), "idle"),
        compared("tardiness", _("overtime of a session"), "overtime"),
        compared("use", _("of the time used"), "utilisation", share=True),
        Tile("access", _("from request to visit"), days, _("median of %(number)s visits")
             % {"number": access.appointments}, "",
             sparkline([week.access.median_days for week in by_week])),
        Tile("no-shows", _("did not come"), percent(missed.rate, 1),
             _("%(missed)s of %(expected)s") % {"missed": missed.missed,
                                                "expected": missed.expected},
             spread, sparkline([week.no_shows.rate for week in by_week])),
    ]  # fmt: skip


def sparkline(values: Sequence[float | None]) -> str:
    """Return the points of a line through values, as SVG has them; None is left out."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low = min(value for _place, value in known)
    high = max(value for _place, value in known)
    span = (high - low) or 1.0
    return " ".join(
        f"{WIDE * place / (len(values) - 1):.1f},{HIGH - 2 - (HIGH - 4) * (value - low) / span:.1f}"
        for place, value in known
    )


def heat_of(
    sessions: Sequence[dict[str, Any]], providers: dict[UUID, Provider], call: Call
) -> list[tuple[str, list[tuple[int, int] | None]]]:
    """Return for each provider how many seats of each half-day are booked, of the four weeks."""
    counts: dict[UUID, dict[tuple[int, str], list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0])
    )
    for one in sessions:
        half = "am" if int(clock(one["starts_at"])[:2]) < 12 else "pm"
        place = counts[one["provider_id"]][one["day"].weekday(), half]
        place[0] += one["taken"]
        place[1] += one["seats"]
    rows = []
    for identifier, halves in counts.items():
        cells = [
            (halves[key][0], halves[key][1]) if halves.get(key) and halves[key][1] else None
            for key in HALF_DAYS
        ]
        rows.append((providers[identifier].name, cells))
    return sorted(rows)


def week_figure(name: str, by_week: Sequence[Any]) -> Figure:
    """Return a figure planned and measured, by week."""
    words = {
        "waiting": (_("Waiting by week"), _("Minutes per patient"), COLOURS["waiting"]),
        "overtime": (_("Overtime by week"), _("Minutes per session"), COLOURS["tardiness"]),
    }
    heading, axis, colour = words[name]
    weeks = [one for one in by_week if one.week is not None]
    texts = [short_day(one.week) for one in weeks]
    plot = blank_plot(_("Week from"), axis)
    measured = [getattr(one, name).measured for one in weeks]
    planned = [getattr(one, name).planned for one in weeks]
    plot.add_bar(x=texts, y=measured, marker_color=colour, name=_("measured"))
    plot.add_scatter(
        x=texts, y=planned, mode="lines+markers", line={"color": NEUTRAL, "dash": "dot"},
        marker={"color": NEUTRAL, "size": 9, "symbol": "line-ew-open"}, name=_("planned"),
    )  # fmt: skip
    plot.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.4})
    plot.update_xaxes(type="category")
    plot.update_yaxes(rangemode="tozero")
    rows = [
        [text, _number(low), _number(high)]
        for text, low, high in zip(texts, planned, measured, strict=True)
    ]
    return Figure(
        f"week-{name}", heading, _("Bars are measured, the dotted line is what was planned."),
        plot, [_("Week from"), _("Planned, min"), _("Measured, min")], rows,
    )  # fmt: skip


def provider_figure(groups: Sequence[Any], providers: dict[UUID, Provider]) -> Figure:
    """Return waiting and overtime of each provider, planned and measured."""
    known = [one for one in groups if one.provider_id in providers]
    names = [providers[one.provider_id].name for one in known]
    plot = blank_plot(_("Minutes"), "")
    for name, word, colour in (
        ("waiting", _("waiting of a patient"), COLOURS["waiting"]),
        ("overtime", _("overtime of a session"), COLOURS["tardiness"]),
    ):
        plot.add_bar(
            y=names, x=[getattr(one, name).measured for one in known], orientation="h",
            marker_color=colour, name=word, offsetgroup=name,
        )  # fmt: skip
        plot.add_scatter(
            y=names, x=[getattr(one, name).planned for one in known], mode="markers",
            marker={"color": ACCENT, "symbol": "line-ns-open", "size": 14},
            name=_("planned"), showlegend=name == "overtime", orientation="h", offsetgroup=name,
        )  # fmt: skip
    plot.update_layout(
        barmode="group",
        scattermode="group",
        showlegend=True,
        legend={"orientation": "h", "y": -0.4},
    )
    rows = [
        [
            name,
            *(
                _number(getattr(getattr(one, key), what))
                for key in ("waiting", "overtime")
                for what in ("planned", "measured")
            ),
        ]
        for name, one in zip(names, known, strict=True)
    ]
    columns = [
        _("Provider"), _("Waiting planned, min"), _("measured, min"),
        _("Overtime planned, min"), _("measured, min"),
    ]  # fmt: skip
    return Figure(
        "providers", _("By provider"), _("Bars are measured, ticks are what was planned."),
        plot, columns, rows,
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
