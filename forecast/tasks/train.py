"""``task=train``: models of a quantity learn, are compared on what came after, and are kept."""

import logging
from pathlib import Path
from typing import Any

from forecast.configuration import candidates_from, trainer_from
from forecast.data.sources import history_from, split_from
from forecast.data.tables import READ_BY
from forecast.evaluation import Evaluation
from forecast.model_files import save_model
from forecast.quantity import Fitted
from forecast.report.evaluation import print_evaluation, write_evaluation
from objective.commands.progress import stdout_console

logger = logging.getLogger(__name__)


def train(settings: dict[str, Any], directory: Path) -> float:
    """Train, compare and keep the models of a quantity; return the champion's score."""
    candidates = candidates_from(settings)
    trainer = trainer_from(settings, directory)
    history = history_from(settings, directory)
    quantity = candidates.quantity
    split = split_from(settings, history, READ_BY.get(quantity.name))
    console = stdout_console()
    fitted: dict[str, Fitted] = {}
    for number, (name, model) in enumerate(candidates.models.items(), start=1):
        console.print(f"{number} of {len(candidates.models)}: {name} learns", highlight=False)
        fitted[name] = quantity.fit(model, history, split.train_until, trainer)
    evaluation: Evaluation = quantity.evaluate(fitted, history, split)
    about = {
        "train_until": str(split.train_until),
        "history": history.fingerprint(),
        "seed": trainer.seed,
    }
    for name, one in fitted.items():
        if candidates.models[name].promotable:
            save_model(directory / "models" / name, quantity, one, about)
    write_evaluation(directory, evaluation)
    print_evaluation(console, evaluation)
    console.print(f"Written to {directory}: scores.csv, report.html, models/", highlight=False)
    return float(evaluation.losses[evaluation.champion].mean())
