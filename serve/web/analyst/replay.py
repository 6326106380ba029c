"""What would last month have been under another template."""

from datetime import timedelta
from typing import Any

from objective import Weights
from opt.replay.comparison import Comparison
from opt.replay.figures import parts_figure, sessions_figure
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent
from serve.api.templates import TemplatesIn, get_template, get_templates
from serve.figures.days import days_of_practice
from serve.figures.replaying import AS_BOOKED, TEMPLATE, replayed
from serve.web.analyst.blueprint import pages
from serve.web.forms import read
from serve.web.names import everything, providers_of
from serve.web.page import shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import minutes, on_wall

#: Days back that are replayed if nothing else is said.
USUAL = timedelta(days=28)


class ReplayForm(Sent):
    """Which template, on which sessions."""

    template_id: Identifier | None = None
    provider_id: Identifier | None = None
    first: Day | None = None
    last: Day | None = None


@shows(pages, "/replay", "history.export", also=("template.read",))
def replay(call: Call) -> str:
    """Show sessions that are over under another template."""
    asked = read(ReplayForm)
    last = asked.last or on_wall(call.now) - timedelta(days=1)
    first = asked.first or last - USUAL
    templates = everything(get_templates, call.to("template.read"), TemplatesIn())
    found = None
    if asked.template_id is not None:
        template = get_template(call.to("template.read"), asked.template_id)
        days = [
            day
            for day in days_of_practice(call.session, call.practice_id, first, last)
            if asked.provider_id in (None, day.provider_id)
            and day.ends_at < call.now
            and _alike(day.objective, template.objective)
        ]
        weights = Weights.from_dict(template.objective["weights"])
        length = template.objective["session"]["interval_length"]
        found = replayed(days, template.schedule, length, weights)
        call.note("history", None, details={"replayed": len(days)})
    return render(
        "analyst/replay.html",
        asked=asked,
        first=first,
        last=last,
        templates=templates,
        providers=providers_of(call),
        found=found,
        words=[] if found is None else in_words(found),
        figures=[] if found is None else figures_of(found),
    )


def _alike(held: dict[str, Any], template: dict[str, Any]) -> bool:
    """Return whether a session was as long as those that a template is for."""

    def length(objective: dict[str, Any]) -> float:
        session = objective["session"]
        return float(session["intervals"] * session["interval_length"])

    return abs(length(held) - length(template)) < 1e-6


def in_words(found: Comparison) -> list[str]:
    """Return by how much each part would have been another one, with its interval of 95 %."""
    sentences = {
        "waiting": _("Patients would have waited %(much)s (%(low)s to %(high)s)."),
        "idle": _("The provider would have idled %(much)s (%(low)s to %(high)s)."),
        "tardiness": _("Sessions would have ended %(much)s late (%(low)s to %(high)s)."),
    }
    told = []
    for part, sentence in sentences.items():
        change = found.difference(TEMPLATE, AS_BOOKED, part)
        word = _("%(time)s more") if change.mean >= 0 else _("%(time)s less")
        told.append(
            sentence
            % {
                "much": word % {"time": minutes(abs(change.mean), 1)},
                "low": f"{change.low:+.1f}",
                "high": f"{change.high:+.1f}",
            }
        )
    return told


def figures_of(found: Comparison) -> list[Any]:
    """Return the parts of both, and the difference of each session."""
    return [parts_figure(found), sessions_figure(found, TEMPLATE, AS_BOOKED, "sessions")]
