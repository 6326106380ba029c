"""``task=train``: models of a quantity learn, are compared on what came after, and are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from forecast.configuration import Candidates, candidates_from, trainer_from
from forecast.data.history import History
from forecast.data.periods import Split
from forecast.data.sources import history_from, split_from
from forecast.data.tables import READ_BY
from forecast.evaluation import Evaluation
from forecast.model_files import save_model
from forecast.network import Trainer
from forecast.paired_test import Resampling, behind_champion
from forecast.provenance import provenance
from forecast.quantity import Fitted
from forecast.report.evaluation import print_evaluation, write_evaluation
from forecast.report.model_card import ModelCard
from forecast.tracking.settings import Tracking, tracking_from
from forecast.training import Training
from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys, whole_number

#: Of what the models look at, only the names are told: those of a week are those of a year.
LOOK = pd.Timedelta(days=7)


@dataclass(frozen=True)
class TrainingJob:
    """Everything that a training needs.

    Attributes
    ----------
    directory
        The folder of the run.
    candidates, trainer, history, split
        Which models learn where, from what, and on what they are compared.
    console
        What sentences are printed to.
    on_model
        Called before each model learns, with its place among them, from 0, and its name.
    """

    directory: Path
    candidates: Candidates
    trainer: Trainer
    history: History
    split: Split
    console: Console
    on_model: Callable[[int, str], None] = lambda place, name: None

    def say(self, text: str) -> None:
        """Print a sentence."""
        self.console.print(text, highlight=False, soft_wrap=True)


def train(settings: dict[str, Any], directory: Path) -> float:
    """Train, compare and keep the models of a quantity; return the champion's score."""
    training = train_candidates(job_from(settings, directory, stdout_console()), settings)
    return float(training.evaluation.losses[training.champion].mean())


def job_from(settings: dict[str, Any], directory: Path, console: Console) -> TrainingJob:
    """Return the training that settings describe."""
    candidates = candidates_from(settings)
    trainer = trainer_from(settings, directory)
    history = history_from(settings, directory)
    split = _split(settings, history, candidates.quantity.name)
    return TrainingJob(directory, candidates, trainer, history, split, console)


def train_candidates(job: TrainingJob, settings: dict[str, Any]) -> Training:
    """Train, compare and keep models, tracked where the settings say so."""
    tracking = tracking_from(settings)
    return _train(job) if tracking.uri is None else _tracked(job, tracking, settings)


def _tracked(job: TrainingJob, tracking: Tracking, settings: dict[str, Any]) -> Training:
    # MLflow takes a second to import.
    from forecast.tracking.training import log_training, tracked

    with tracked(tracking, job.candidates.quantity.name, job.directory, job.say) as run:
        training = _train(job)
        if run is not None:
            log_training(run, training, settings, job.say)
    return training


def _train(job: TrainingJob) -> Training:
    directory, candidates, history, split = job.directory, job.candidates, job.history, job.split
    fitted = _fit(job)
    evaluation = candidates.quantity.evaluate(fitted, history, split)
    behind = behind_champion(evaluation, Resampling(seed=job.trainer.seed))
    about = {
        "train_until": str(split.train_until),
        "history": history.fingerprint(),
        "seed": job.trainer.seed,
        **provenance(),
    }
    kept = [name for name in fitted if candidates.models[name].promotable]
    cards = _cards(kept, candidates, history, evaluation, behind, about)
    saved = {}
    for name in kept:
        folder = directory / "models" / name
        saved[name] = save_model(folder, candidates.quantity, fitted[name], about)
        (folder / "card.md").write_text(cards[name], encoding="utf-8")
    training = Training(directory, candidates, saved, evaluation, behind, about, cards)
    write_json(directory / "result.json", training.summary())
    write_evaluation(directory, evaluation, behind, cards[training.champion])
    print_evaluation(job.console, evaluation, behind)
    files = "result.json, scores.csv, report.html, models/"
    job.say(f"Written to {directory}: {files}")
    return training


def _split(settings: Mapping[str, Any], history: History, quantity: str) -> Split:
    """Return how time divides the history, in a search for parameters without the test."""
    names = ("name", "validation_days")
    given = known_keys("task", settings["task"], names, required=names)
    split = split_from(settings, history, READ_BY.get(quantity))
    if given["validation_days"] is None:
        return split
    days = whole_number("task.validation_days", given["validation_days"], 1, 36_500)
    cut = split.train_until - pd.Timedelta(days=days)
    return Split(cut, cut, split.train_until)


def _fit(job: TrainingJob) -> dict[str, Fitted]:
    fitted: dict[str, Fitted] = {}
    for number, (name, model) in enumerate(job.candidates.models.items(), start=1):
        job.say(f"{number} of {len(job.candidates.models)}: {name} learns")
        job.on_model(number - 1, name)
        folder = None if job.trainer.folder is None else job.trainer.folder / name
        own = replace(job.trainer, folder=folder)
        try:
            fitted[name] = job.candidates.quantity.fit(
                model, job.history, job.split.train_until, own
            )
        except InvalidInput as error:
            field = f"model.candidates.{name}: {error.field}"
            raise InvalidInput(field, error.value, error.allowed) from error
    return fitted


def _cards(
    names: list[str],
    candidates: Candidates,
    history: History,
    evaluation: Evaluation,
    behind: pd.DataFrame | None,
    about: Mapping[str, Any],
) -> dict[str, str]:
    split = evaluation.split
    until = min(split.until, split.first + LOOK)
    inputs = tuple(map(str, candidates.quantity.inputs(history, split.first, until).columns))
    return {
        name: ModelCard(
            name, candidates.models[name], candidates.quantity, inputs, evaluation, behind, about
        ).markdown()
        for name in names
    }
