"""A training as a run of MLflow, with a run for each model that is a part of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.network import COURSE
from forecast.report.evaluation import winner_text
from forecast.tracking.choice import BASELINE
from forecast.tracking.connection import Connection, UnreachableError
from forecast.tracking.registry import DIGEST, FOLDER, MODEL, Registry
from forecast.tracking.run import Run
from forecast.tracking.settings import Tracking
from forecast.training import Training
from objective.commands.files import write_json

#: Groups of the configuration that are parameters of a training.
GROUPS = ("data", "split", "trainer", "seed", "on_error")


@contextmanager
def tracked(
    tracking: Tracking, name: str, directory: Path, say: Callable[[str], None]
) -> Iterator[Run | None]:
    """Give a run that tells how it ended, or None where it cannot be tracked, after saying so.

    Whatever happens to the tracking, the training goes on and is kept in its own folder.
    """
    try:
        run = Run(Connection(tracking), f"{name} {directory.parent.name} {directory.name}")
    except UnreachableError as error:
        say(f"{error}. The training goes on and is kept in {directory} alone.")
        yield None
        return
    try:
        yield run
    except BaseException as error:
        with suppress(UnreachableError):
            run.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    with suppress(UnreachableError):
        run.end()


def log_training(
    run: Run, training: Training, settings: Mapping[str, Any], say: Callable[[str], None]
) -> None:
    """Log a training and register its models; if that fails, say so."""
    try:
        _log_training(run, training, settings)
        parts = {name: _log_model(run, training, name) for name in training.candidates.models}
        registered = _register(training, parts)
    except UnreachableError as error:
        say(f"{error}. The training is kept in {training.directory} alone.")
        return
    tracked_at = {"uri": run.connection.uri, "run": run.id, "registered": registered}
    summary = {**training.summary(), "tracking": tracked_at}
    write_json(training.directory / "result.json", summary)
    name = run.connection.tracking.registered_name(training.evaluation.quantity)
    for model, version in registered.items():
        say(f"{model} is registered as version {version} of {name}")


def _log_training(run: Run, training: Training, settings: Mapping[str, Any]) -> None:
    evaluation = training.evaluation
    options = asdict(training.candidates.quantity)  # type: ignore[call-overload]
    given = {name: settings[name] for name in GROUPS if settings.get(name) is not None}
    listed = {name: asdict(one) for name, one in training.candidates.models.items()}
    run.tell(
        {"quantity": evaluation.quantity, "options": options, "candidates": listed, **given},
        {
            "champion": training.champion,
            BASELINE: training.baseline,
            **{key: str(value) for key, value in training.about.items()},
        },
    )
    if "commit" in training.about:
        run.tell({}, {"mlflow.source.git.commit": str(training.about["commit"])})
    run.data(training.about["history"], str(settings["data"].get("source")))
    run.note(f"{winner_text(evaluation)}\n\n" + "\n".join(evaluation.sentences))
    run.measure(_scores(training, training.champion))
    for path in sorted(training.directory.glob("*.csv")):
        run.keep(path)
    for name in ("report.html", "result.json"):
        run.keep(training.directory / name)
    for figure in evaluation.figures:
        run.keep_text(figure.plot.to_json(), f"figures/{figure.key}.json")


def _log_model(run: Run, training: Training, name: str) -> Run:
    with run.part(name) as part:
        parameters = asdict(training.candidates.models[name])
        part.tell(parameters, {MODEL: name, "quantity": training.evaluation.quantity})
        part.measure(_scores(training, name))
        checkpoints = training.directory / "checkpoints" / name
        for path in sorted(checkpoints.glob(f"*/{COURSE}")):
            part.follow(pd.read_csv(path), path.parent.name)
        if name in training.saved:
            part.note(training.cards[name])
            part.tell({}, {DIGEST: training.saved[name].digest})
            part.keep(training.folder(name), FOLDER)
    return part


def _register(training: Training, parts: Mapping[str, Run]) -> dict[str, int]:
    first = next(iter(parts.values()))
    registry = Registry(first.connection, training.evaluation.quantity)
    wanted = {
        "champion": [training.champion],
        # The champion last, so that it is the newest version.
        "all": [*(name for name in training.saved if name != training.champion), training.champion],
        "none": [],
    }[first.connection.tracking.register]
    about = {name: str(value) for name, value in training.about.items()}
    return {name: registry.add(parts[name], training.saved[name], about) for name in wanted}


def _scores(training: Training, name: str) -> dict[str, float]:
    scores = {str(key): float(value) for key, value in training.evaluation.scores.loc[name].items()}
    if training.behind is not None:
        for key, value in training.behind.loc[name].items():
            scores["behind" if key == "behind" else f"behind {key}"] = float(value)
    return scores
