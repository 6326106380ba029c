"""What came out of a run, as figures and rows of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from objective.pages.figure import Figure, blank_plot
from objective.pages.style import ACCENT, COLOURS
from serve.api.call import Call
from serve.auth.policy import may
from serve.models import Appointment, Patient, Run, WaitlistEntry
from serve.web.figures import KeptFigure, kept_figures
from serve.web.texts import _


@dataclass(frozen=True)
class Outcome:
    """What a page of a run shows.

    Attributes
    ----------
    figures
        Plots.
    names
        What the patients of an allocation's requests are called, by the request's identifier.
    reasons
        How many requests were not served, by the reason in words.
    """

    figures: Sequence[Figure | KeptFigure] = ()
    names: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


def figures_of(call: Call, run: Run) -> Outcome:
    """Return what came out of a run; nothing while it is not done."""
    if run.result is None:
        return Outcome()
    if run.kind == "frontier":
        return Outcome([frontier_figure(run.result["points"])])
    if run.kind == "allocation":
        reasons: dict[str, int] = {}
        for one in run.result["unserved"]:
            reasons[one["words"]] = reasons.get(one["words"], 0) + 1
        every = [*run.result["assignments"], *run.result["unserved"]]
        return Outcome(names=_names(call, every), reasons=reasons)
    return Outcome(kept_figures(run.result))


def frontier_figure(points: list[dict[str, Any]]) -> Figure:
    """Return the curve of the best compromises: each point is a schedule."""
    plot = blank_plot(_("Mean wait of a patient, minutes"), _("Expected overtime, minutes"))
    waiting = [one["waiting"] for one in points]
    tardiness = [one["tardiness"] for one in points]
    marker: dict[str, Any] = {"color": ACCENT, "size": 6}
    plot.add_scatter(x=waiting, y=tardiness, mode="lines+markers", marker=marker)
    knee = next((n for n, one in enumerate(points) if one["knee"]), 0)
    ring = {"color": COLOURS["tardiness"], "size": 16, "symbol": "circle-open"}
    plot.add_scatter(x=[waiting[knee]], y=[tardiness[knee]], mode="markers", marker=ring)
    rows = [
        [str(number), f"{one['waiting']:.2f}", f"{one['idle']:.2f}", f"{one['tardiness']:.2f}"]
        for number, one in enumerate(points, start=1)
    ]
    sentence = _("%(number)s schedules; of none can patients wait less without more overtime.") % {
        "number": len(points)
    }
    columns = [_("Schedule"), _("Waiting min"), _("Idle min"), _("Overtime min")]
    return Figure("frontier", _("The best compromises"), sentence, plot, columns, rows)


def _names(call: Call, requests: list[dict[str, Any]]) -> dict[str, str]:
    """Return the names of the patients of requests, where the reader may see them."""
    names = {}
    for one in requests:
        row: Appointment | WaitlistEntry | None
        if one["kind"] == "appointment":
            row = call.session.get(Appointment, UUID(one["request_id"]))
        else:
            row = call.session.get(WaitlistEntry, UUID(one["request_id"]))
        patient = None if row is None else call.session.get(Patient, row.patient_id)
        if patient is not None and may(call.actor, "patient.read", patient):
            call.to("patient.read").saw(patient)
            names[one["request_id"]] = patient.name
    return names
