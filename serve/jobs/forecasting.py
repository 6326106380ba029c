"""Runs about forecasts: models learn and are compared, come into use by the gate, and go back.

Whether a model in use is still right is looked at too.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console

from objective import InvalidInput
from serve.errors import Conflict
from serve.jobs.control import Control
from serve.jobs.figures import told_figure
from serve.jobs.forecast_models import drift_options
from serve.jobs.job import Job
from serve.jobs.model_home import (
    alone,
    folder_with_history,
    model_settings,
    registry_of,
    run_folder,
)

#: What a model must be better than another by, and how sure that must be.
GATE = {"current": "champion", "baseline": None, "margin": 0.0, "confidence": 0.95}
RESAMPLES = 2_000


def forecast(job: Job, control: Control) -> dict[str, Any]:
    """Do what a run about forecasts asks for."""
    from serve.jobs.session_forecast import session_forecast

    tasks = {
        "train": train,
        "promote": promote,
        "rollback": rollback,
        "drift": drift,
        "session": session_forecast,
    }
    return tasks[job.request["task"]](job, control)


def train(job: Job, control: Control) -> dict[str, Any]:
    """Let models learn from the practice's history and compare them; keep them, and the best one.

    What they learn from is kept at the beginning, so that a run that is taken up again comes to
    the same end.
    """
    from forecast.report.evaluation import scores_figure
    from forecast.tasks.train import job_from, train_candidates

    given, folder = job.request, folder_with_history(job, control)
    settings = model_settings(job, given["quantity"], folder) | {
        "task": {"name": "train", "validation_days": None},
        "split": {"held_out_days": given["held_out_days"]},
        "seed": given["seed"],
    }
    candidates = settings["model"]["candidates"]
    settings["model"]["candidates"] = {name: candidates[name] for name in given["models"]}
    models = len(given["models"])

    def on_model(place: int, name: str) -> None:
        control.tell(fraction=place / (models + 1), model=name)

    prepared = job_from(settings, folder, Console(quiet=True))
    training = train_candidates(replace(prepared, on_model=on_model), settings)
    summary = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    version = (summary.get("tracking") or {}).get("registered", {}).get(training.champion)
    summary.pop("tracking", None)
    evaluation = training.evaluation
    figures = [scores_figure(evaluation, training.behind), *evaluation.figures]
    return {
        "task": "train",
        "version": version,
        **summary,
        "figures": [told_figure(one) for one in figures],
        "card": training.cards[training.champion],
    }


def drift(job: Job, control: Control) -> dict[str, Any]:
    """Look whether the inputs of the model in use have moved, and whether it is off."""
    from forecast.drift.report import drift_figures
    from forecast.tasks.drift import watched

    given, folder = job.request, folder_with_history(job, control)
    settings = model_settings(job, given["quantity"], folder) | {
        "task": drift_options(),
        "split": {"held_out_days": given["days"]},
        "seed": 0,
    }
    found = watched(settings, folder)
    shutil.rmtree(folder)
    return {
        "task": "drift",
        **found.to_dict(),
        "quantity": given["quantity"],
        "figures": [told_figure(one) for one in drift_figures(found)],
    }


def promote(job: Job, control: Control) -> dict[str, Any]:
    """Put the best model of a training to use, if it is surely better than the one in use."""
    folder = run_folder(job.settings, job.practice_id, UUID(job.request["run_id"]))
    quantity, version = job.request["quantity"], job.request["version"]
    return {"task": "promote", **_gate(job, quantity, folder, version, control)}


def rollback(job: Job, control: Control) -> dict[str, Any]:
    """Put the model to use again that was in use before."""
    quantity = job.request["quantity"]
    with alone(job):
        registry = registry_of(job, quantity)
        kept = control.load()
        stack = json.loads(kept) if kept is not None else registry.in_use()
        control.save(json.dumps(stack).encode())
        if len(stack) < 2:
            detail = "There is no model that was in use before."
            raise Conflict(detail, "no_model_before")
        # An attempt that was cut off here may have done it.
        if registry.in_use() == stack:
            registry.load(stack[-2])
            registry.roll_back({"reason": f"run {job.run_id}"})
    before, now = stack[-1], stack[-2]
    return {"task": "rollback", "quantity": quantity, "before": before, "in_use": now}


def _gate(job: Job, quantity: str, folder: Path, version: int, control: Control) -> dict[str, Any]:
    """Judge the best model of a training on its held-out period, and put it to use or not."""
    from forecast.tasks.promote import judged

    if not folder.is_dir():
        raise InvalidInput("run_id", "the run", "a training whose models are kept here")
    summary = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    settings = model_settings(job, quantity, folder) | {
        "task": {"name": "promote", "candidate": version, **GATE, "resamples": RESAMPLES},
        "split": summary["split"],
        "seed": 0,
    }
    with alone(job):
        kept = control.load()
        if kept is not None:
            contents: dict[str, Any] = json.loads(kept)
            registry = registry_of(job, quantity)
            # An attempt that was cut off here may have put it to use.
            if contents["promoted"] and registry.champion() != version:
                registry.promote(version, _grounds(contents))
        else:
            judgement = judged(settings, folder)
            registry = judgement.registry
            contents = {
                "quantity": quantity,
                "version": version,
                "promoted": judgement.promoted,
                "was_in_use": registry.champion(),
                **judgement.grounds,
            }
            control.save(json.dumps(contents).encode())
            if judgement.promoted:
                judgement.put_to_use()
        return {**contents, "in_use": registry.champion()}


def _grounds(contents: dict[str, Any]) -> dict[str, Any]:
    return {name: contents[name] for name in ("candidate", "current", "reason", "verdict")}
