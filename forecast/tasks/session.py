"""``task=session``: a session file that ``opt`` takes, from what is forecast of a session."""

from pathlib import Path
from typing import Any, cast

from rich.table import Table

from forecast.data.sources import history_from
from forecast.kept_models import champion_of, kept_model
from forecast.model_files import SavedModel
from forecast.session.files import FOLDER, write_sessions
from forecast.session.hand_over import SessionForecast, forecast_session
from forecast.session.models import (
    ConsultationForecaster,
    DemandForecaster,
    Models,
    NoShowForecaster,
)
from forecast.session.page import session_words, write_session_page
from forecast.session.request import SessionRequest
from forecast.tracking.settings import CHAMPION
from objective import ClinicSession
from objective.commands.progress import stdout_console
from objective.errors import known_keys

MODELS = ("no_show", "consultation", "demand")


def write_session(settings: dict[str, Any], directory: Path) -> ClinicSession:
    """Write the session's files and report; return the session as it is forecast."""
    task = {key: value for key, value in settings["task"].items() if key not in ("name", "models")}
    request = SessionRequest.from_settings(task)
    console = stdout_console()
    models, sentences = models_from(settings)
    forecast = forecast_session(request, history_from(settings, directory), models)
    directory.mkdir(parents=True, exist_ok=True)
    paths = write_sessions(directory, forecast)
    commands = _commands(directory, [path.stem for path in paths])
    write_session_page(directory / "report.html", forecast, commands)
    console.print(input_table(forecast))
    for sentence in (session_words(forecast), *sentences, *forecast.notes):
        console.print(sentence, highlight=False)
    for command in commands:
        console.print(command, highlight=False, soft_wrap=True)
    files = f"session.json, report.html, {len(paths)} files in {FOLDER}/session/"
    console.print(f"Written to {directory}: {files}", highlight=False)
    return forecast.session


def session(settings: dict[str, Any], directory: Path) -> None:
    """Run `write_session` as a task, which has no score."""
    write_session(settings, directory)


def models_from(settings: dict[str, Any]) -> tuple[Models, list[str]]:
    """Return the models that are to forecast, and what is to be said of those that cannot.

    Those that are null are left out, and so are those that should be in use where none is, or where
    the registry does not answer.

    Raises
    ------
    InvalidInput
        If a folder or a version holds no model, or one of another quantity.
    """
    given = known_keys("task.models", settings["task"].get("models") or {}, MODELS)
    saved: dict[str, SavedModel] = {}
    sentences = []
    for name, which in given.items():
        if which is None:
            continue
        if which != CHAMPION:
            saved[name] = kept_model(settings, which, name, f"task.models.{name}")
            continue
        why = "none is in use"
        try:
            champion = champion_of(settings, name)
        except OSError as error:
            champion, why = None, str(error)
        if champion is None:
            sentences.append(f"Without a model of {name.replace('_', ' ')}: {why}.")
        else:
            saved[name] = champion
    fitted = {name: one.fitted for name, one in saved.items()}
    period = getattr(saved["demand"].quantity, "period", 60) if "demand" in saved else 60
    models = Models(
        no_show=cast(NoShowForecaster | None, fitted.get("no_show")),
        consultation=cast(ConsultationForecaster | None, fitted.get("consultation")),
        demand=cast(DemandForecaster | None, fitted.get("demand")),
        period=int(period),
        names=tuple((name, one.name) for name, one in fitted.items()),
    )
    return models, sentences


def input_table(forecast: SessionForecast) -> Table:
    """Return the inputs with their quantiles."""
    table = Table()
    table.add_column("input")
    table.add_column("forecast", justify="right")
    for level in forecast.request.levels:
        table.add_column(f"{100 * level:g} %", justify="right")
    for one in forecast.inputs:
        values = (one.words(value) for value in one.quantiles)
        table.add_row(one.heading, one.words(one.value), *values)
    return table


def _commands(directory: Path, names: list[str]) -> list[str]:
    """Return what finds the best schedules: of the session, and of all of them beside it."""
    start = f"python -m opt --config-dir {(directory / FOLDER).resolve()}"
    return [f"{start} session={names[0]}", f"{start} --multirun session={','.join(names)}"]
