"""A run that tells what a provider's session will be, by the models in use."""

from datetime import date
from typing import Any

import pandas as pd

from serve.clock import wall_clock
from serve.database import reading
from serve.history.practice_history import history_of_practice
from serve.jobs.control import Control
from serve.jobs.job import Job
from serve.jobs.model_home import registry_settings
from serve.models import Practice


def session_forecast(job: Job, control: Control) -> dict[str, Any]:
    """Return a session with its inputs as they are forecast, and how sure they are.

    A quantity without a model in use is the average of the past.
    """
    from forecast.session.hand_over import forecast_session
    from forecast.session.request import SessionRequest
    from forecast.tasks.session import models_from

    asked = job.request
    with reading() as session:
        zone = session.get_one(Practice, job.practice_id).zone
        history = history_of_practice(session, job.practice_id, key=job.settings.key())
    request = SessionRequest(
        provider=asked["provider"],
        date=pd.Timestamp(date.fromisoformat(asked["day"])),
        start=asked["starts"],
        intervals=asked["intervals"],
        interval_length=asked["interval_minutes"],
        patients=asked.get("patients"),
        utilisation=asked["utilisation"],
        visit_types=asked.get("visit_types"),
        as_of=pd.Timestamp(wall_clock(job.now, zone).replace(tzinfo=None)),
    )
    settings = {"task": {"models": {name: "champion" for name in ("no_show", "consultation")}}}
    models, sentences = models_from(settings | registry_settings(job))
    told = forecast_session(request, history, models).to_dict()
    return {"task": "session", **told, "notes": [*sentences, *told["notes"]]}
