"""``task=promote``: a candidate comes into use if it is surely better than the model in use.

Whether or not it does, the command ends with status 0 and writes promotion.json; a wrong input ends
it with another status, as everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.data.sources import history_from, split_from
from forecast.data.tables import READ_BY
from forecast.paired_test import Resampling
from forecast.promotion import Rule, Verdict, check_unseen, judge
from forecast.quantities import checked_quantity
from forecast.tracking.choice import Chosen, baseline_of, choose
from forecast.tracking.connection import Connection
from forecast.tracking.registry import FOLDER, Registry
from forecast.tracking.run import Run
from forecast.tracking.settings import CHAMPION, tracking_from
from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys

OPTIONS = ("name", "candidate", "current", "baseline", "margin", "confidence", "resamples")


@dataclass(frozen=True)
class Judgement:
    """Whether a candidate may come into use, and why.

    Attributes
    ----------
    registry
        Where its quantity's models are.
    candidate
        The model that was judged.
    promoted
        Whether it may.
    verdict
        The numbers; None where there was nothing to compare with.
    grounds
        All that, as plain names and numbers.
    """

    registry: Registry
    candidate: Chosen
    promoted: bool
    verdict: Verdict | None
    grounds: Mapping[str, Any]

    def put_to_use(self) -> int:
        """Put the candidate to use and return its version."""
        version = _registered(self.registry, self.candidate)
        self.registry.promote(version, self.grounds)
        return version


def promote(settings: dict[str, Any], directory: Path) -> float | None:
    """Judge a candidate and put it to use, or not; return its gain."""
    judgement = judged(settings, directory)
    candidate, registry = judgement.candidate, judgement.registry
    promoted, grounds = judgement.promoted, judgement.grounds
    version = judgement.put_to_use() if promoted else candidate.version
    now = registry.champion()
    contents = {"promoted": promoted, "quantity": settings["model"]["quantity"]}
    contents |= {"version": version, "in_use": now}
    write_json(directory / "promotion.json", {**contents, **grounds})
    console = stdout_console()
    outcome = f"is in use now as version {now}" if promoted else "does not come into use"
    against = "" if grounds["current"] is None else f", compared with {grounds['current']},"
    for line in (
        f"{candidate.words}{against} {outcome}.",
        grounds["reason"],
        "" if promoted else f"In use: {'no model' if now is None else f'version {now}'}.",
    ):
        if line:
            console.print(line, highlight=False, soft_wrap=True)
    return None if judgement.verdict is None else judgement.verdict.gain


def judged(settings: dict[str, Any], directory: Path) -> Judgement:
    """Return whether a candidate may come into use; nothing is changed."""
    given = known_keys("task", settings["task"], OPTIONS, required=OPTIONS)
    resampling = Resampling(given["resamples"], given["confidence"], settings["seed"])
    rule = Rule(given["margin"], resampling)
    quantity = checked_quantity(settings)
    history = history_from(settings, directory)
    split = split_from(settings, history, READ_BY.get(quantity))
    registry = Registry(Connection(tracking_from(settings)), quantity)
    candidate = choose(registry, given["candidate"], "task.candidate")
    if candidate.saved.quantity.name != quantity:
        allowed = f"a model of {quantity}, or model={candidate.saved.quantity.name} chosen"
        raise InvalidInput("task.candidate", candidate.saved.quantity.name, allowed)
    in_use = registry.champion()
    current: Chosen | None
    if given["current"] == CHAMPION and in_use is None:
        current = baseline_of(registry, candidate, given["baseline"])
    else:
        current = choose(registry, given["current"], "task.current")
    verdict, reason = None, "It is the first model, and no other is there to compare it with."
    if current is None:
        check_unseen("the candidate", candidate.saved, split)
    elif candidate.version is not None and candidate.version == in_use:
        reason = "It is the model in use already."
    else:
        verdict = judge(candidate.saved, current.saved, history, split, rule)
        reason = _reason(verdict)
    grounds = {
        "candidate": candidate.words,
        "current": None if current is None else current.words,
        "reason": reason,
        "verdict": None if verdict is None else verdict.to_dict(),
    }
    promoted = verdict.better if verdict is not None else current is None
    return Judgement(registry, candidate, promoted, verdict, grounds)


def _reason(verdict: Verdict) -> str:
    place = "above" if verdict.better else "not all above"
    what = "0" if verdict.margin == 0 else f"the margin of {verdict.margin:g}"
    return f"{verdict.text}, {place} {what}."


def _registered(registry: Registry, candidate: Chosen) -> int:
    """Return the candidate's version; one from a folder is registered first."""
    if candidate.version is not None:
        return candidate.version
    known = registry.find(candidate.saved.digest)
    if known is not None:
        return known
    folder = candidate.folder or Path()
    run = Run(registry.connection, f"{candidate.saved.fitted.name} from {folder}")
    run.keep(folder, FOLDER)
    run.end()
    about = {name: str(value) for name, value in candidate.saved.about.items()}
    return registry.add(run, candidate.saved, about)
