"""``task=evaluate``: kept models are compared on a held-out period, which may be a later one."""

from pathlib import Path
from typing import Any

from forecast.data.sources import history_from, split_from
from forecast.data.tables import READ_BY
from forecast.model_files import SavedModel, load_model
from forecast.paired_test import Resampling, behind_champion
from forecast.promotion import check_unseen
from forecast.report.evaluation import print_evaluation, write_evaluation
from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys


def evaluate(settings: dict[str, Any], directory: Path) -> float:
    """Compare the kept models of a folder; return the champion's score."""
    names = ("name", "models")
    given = known_keys("task", settings["task"], names, required=names)
    saved = kept_models(Path(str(given["models"])))
    history = history_from(settings, directory)
    quantity = next(iter(saved.values())).quantity
    split = split_from(settings, history, READ_BY.get(quantity.name))
    for name, one in saved.items():
        check_unseen(name, one, split)
    fitted = {name: one.fitted for name, one in saved.items()}
    evaluation = quantity.evaluate(fitted, history, split)
    behind = behind_champion(evaluation, Resampling(seed=settings["seed"]))
    write_json(directory / "result.json", evaluation.to_dict())
    write_evaluation(directory, evaluation, behind)
    console = stdout_console()
    print_evaluation(console, evaluation, behind)
    files = "result.json, scores.csv, report.html"
    console.print(f"Written to {directory}: {files}", highlight=False, soft_wrap=True)
    return float(evaluation.losses[evaluation.champion].mean())


def kept_models(folder: Path) -> dict[str, SavedModel]:
    """Return the models of a folder by name; they are of one quantity with the same options.

    Raises
    ------
    InvalidInput
        If there is none, one was changed since it was kept, or they cannot be compared.
    """
    folders = sorted(one for one in folder.glob("*") if one.is_dir())
    if not folders:
        raise InvalidInput("task.models", str(folder), "a folder with the folders of kept models")
    saved = {one.name: load_model(one) for one in folders}
    first = next(iter(saved.values()))
    for name, one in saved.items():
        if one.quantity != first.quantity:
            allowed = f"kept with the options of {next(iter(saved))}: {first.quantity}"
            raise InvalidInput(f"task.models, {name}", one.quantity, allowed)
    return saved
