"""``task=past_sessions``: sessions that took place with their forecasts, for ``opt`` to value."""

from pathlib import Path
from typing import Any, cast

from forecast.configuration import candidates_from, trainer_from
from forecast.consultation.grouped_laws import GroupedLaws
from forecast.consultation.model import ConsultationFitted
from forecast.consultation.quantity import Consultation
from forecast.data.periods import Split
from forecast.data.sources import history_from, split_from
from forecast.data.tables import READ_BY
from forecast.kept_models import kept_model
from forecast.past_sessions import Forecasters, NoShowFitted, past_sessions
from forecast.promotion import check_unseen
from forecast.quantities import make_model
from forecast.quantity import Fitted
from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.progress import stdout_console
from objective.errors import known_keys, positive_number

SETTINGS = ("name", "consultation", "candidate", "averages", "no_show", "session_minutes")


def write_past_sessions(settings: dict[str, Any], directory: Path) -> None:
    """Write sessions.json: the held-out sessions, what was forecast of them, what happened.

    Raises
    ------
    InvalidInput
        If a model is unknown or learned from the held-out period, or there is no session in it.
    """
    task = known_keys("task", settings["task"], SETTINGS, required=SETTINGS)
    minutes = task["session_minutes"]
    if minutes is not None:
        minutes = positive_number("task.session_minutes", minutes)
    quantity = candidates_from(settings).quantity
    if not isinstance(quantity, Consultation):
        raise InvalidInput("model.quantity", quantity.name, "consultation for past sessions")
    history, trainer = history_from(settings, directory), trainer_from(settings, directory)
    split = split_from(settings, history, READ_BY[quantity.name])
    kept = None if task["consultation"] is None else _kept(settings, "consultation", split)
    no_show = None if task["no_show"] is None else _kept(settings, "no_show", split)
    averages = make_model(quantity, str(task["averages"]), {})
    fitted_averages = quantity.fit(averages, history, split.train_until, trainer)
    if not isinstance(fitted_averages, GroupedLaws):
        allowed = "a model of laws by visit type: empirical, gamma, lognormal or exponential"
        raise InvalidInput("task.averages", task["averages"], allowed)
    if kept is None:
        models = candidates_from(settings).models
        if task["candidate"] not in models:
            raise InvalidInput("task.candidate", task["candidate"], "one of " + ", ".join(models))
        model = models[task["candidate"]]
        own = quantity.fit(model, history, split.train_until, trainer)
    else:
        own = cast(ConsultationFitted, kept)
    forecasters = Forecasters(fitted_averages, own, cast(NoShowFitted | None, no_show))
    contents = past_sessions(history, split, forecasters, minutes)
    file = directory / "sessions.json"
    write_json(file, contents)
    patients = sum(len(session["patients"]) for session in contents["sessions"])
    console = stdout_console()
    console.print(
        f"{len(contents['sessions'])} sessions with {patients} patients are in {file}.\n"
        "What their forecasts are worth: python -m opt +experiment=forecast_value "
        f"forecast_value.file={file}",
        highlight=False,
        soft_wrap=True,
    )


def _kept(settings: dict[str, Any], what: str, split: Split) -> Fitted:
    """Return the kept model of a quantity; raise `InvalidInput` if it learned from the period."""
    saved = kept_model(settings, settings["task"][what], what, f"task.{what}")
    check_unseen(what, saved, split)
    return saved.fitted
