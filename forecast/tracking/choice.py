"""Which kept model is meant: a version of the registry, the folder of a model, or that of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from forecast.model_files import DESCRIPTION, SavedModel, load_model
from forecast.tracking.registry import DIGEST, FOLDER, MODEL, Registry, load_from
from forecast.tracking.settings import CHAMPION
from objective import InvalidInput
from objective.commands.json_text import parse_json

ALLOWED = "the number of a version, champion, or the folder of a run or of a model"
#: What a run keeps of the baseline's name.
BASELINE = "baseline"


@dataclass(frozen=True)
class Chosen:
    """A kept model, and where it was found.

    Attributes
    ----------
    saved
        The model.
    version
        Its number in the registry; None if it was not found there.
    folder
        Its folder; None if it was not found in one.
    """

    saved: SavedModel
    version: int | None = None
    folder: Path | None = None

    @property
    def words(self) -> str:
        """What messages call it."""
        place = "of the same training" if self.folder is None else str(self.folder)
        if self.version is not None:
            place = f"version {self.version}"
        return f"{self.saved.fitted.name.replace('_', ' ')} ({place})"


def choose(registry: Registry | None, given: object, field: str) -> Chosen:
    """Return the model that is meant; None means the newest version.

    Raises
    ------
    InvalidInput
        Naming ``field`` if there is none, or a file of it was changed.
    """
    if isinstance(given, str) and given != CHAMPION and not given.isdigit():
        return _in_folder(Path(given), field)
    if registry is None:
        raise InvalidInput(field, given, "a folder, because no registry is tracked")
    if given is None:
        number = registry.newest()
    elif given == CHAMPION:
        number = registry.champion()
    elif isinstance(given, (int, str)) and not isinstance(given, bool):
        number = int(given)
    else:
        raise InvalidInput(field, given, ALLOWED)
    if number is None:
        what = "model in use" if given == CHAMPION else "such version"
        raise InvalidInput(field, given, f"there: the registry has no {what} of {registry.name}")
    return Chosen(registry.load(number), version=number)


def baseline_of(registry: Registry, candidate: Chosen, name: str | None) -> Chosen | None:
    """Return the baseline that learned in the same training as a candidate; None if it is it.

    Parameters
    ----------
    name
        Which model that is; None for the first one of the training that may come into use.

    Raises
    ------
    InvalidInput
        If there was no such model.
    """
    if candidate.folder is not None:
        run = candidate.folder.parents[1]
        name = name or _summary(run / "result.json", "task.candidate")[BASELINE]
        if name == candidate.saved.fitted.name:
            return None
        return _in_folder(run / "models" / str(name), "task.baseline")
    client, connection = registry.client, registry.connection
    with connection.told():
        part = client.get_run(registry.version(candidate.version or 0).run_id or "")
        whole = part.data.tags.get(MLFLOW_PARENT_RUN_ID)
        name = name or (client.get_run(whole).data.tags.get(BASELINE) if whole else None)
        if name is None or name == candidate.saved.fitted.name:
            return None
        query = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{whole}' and tags.{MODEL} = '{name}'"
        found = client.search_runs([part.info.experiment_id], query, max_results=1)
    if not found or DIGEST not in found[0].data.tags:
        raise InvalidInput("task.baseline", name, "a model of the training of the candidate")
    uri = f"{found[0].info.artifact_uri}/{FOLDER}"
    return Chosen(load_from(connection, uri, found[0].data.tags[DIGEST]))


def _in_folder(folder: Path, field: str) -> Chosen:
    """Return the model of a folder, or the champion of the folder of a run."""
    if (folder / DESCRIPTION).is_file():
        return Chosen(load_model(folder), folder=folder)
    if not (folder / "result.json").is_file():
        raise InvalidInput(field, str(folder), ALLOWED)
    summary = _summary(folder / "result.json", field)
    name = str(summary["champion"])
    chosen = folder / "models" / name
    return Chosen(load_model(chosen, summary["models"][name]["sha256"]), folder=chosen)


def _summary(path: Path, field: str) -> dict[str, Any]:
    """Return what a training says of itself."""
    try:
        contents = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        contents = None
    if not isinstance(contents, dict) or not {"champion", "models", BASELINE} <= contents.keys():
        raise InvalidInput(field, str(path), "the result.json of task=train")
    return contents
