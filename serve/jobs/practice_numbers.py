"""How practices and their models do, for Prometheus: what was planned or forecast, and what came.

Practices are told by their identifiers. What nothing is known of is left out.
"""

import logging
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Flask
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.clock import now, wall_clock
from serve.database import reading
from serve.figures.days import days_of_practice
from serve.figures.practice_figures import Session as ClinicSession
from serve.figures.practice_figures import figures_by, sessions_of
from serve.jobs.forecast_models import QUANTITIES
from serve.jobs.last_forecasts import forecasts_done, model_in_use
from serve.models import Practice, Run

logger = logging.getLogger(__name__)

#: Seconds between two looks.
EVERY = 900.0
#: Days before today whose sessions are told of.
DAYS = 28
#: Names of the gauges, what they tell, and their labels after that of the practice.
GAUGES = {
    "bailey_practice_sessions": ("Sessions of the last 28 days.", ()),
    "bailey_waiting_minutes": ("Mean wait of a booked patient who came, in 28 days.", ("kind",)),
    "bailey_idle_minutes": ("Mean idle time of a session, in 28 days.", ("kind",)),
    "bailey_overtime_minutes": ("Mean overtime of a session, in 28 days.", ("kind",)),
    "bailey_no_show_rate": ("Share of those booked who did not come, in 28 days.", ("kind",)),
    "bailey_model_in_use": ("The version of a model that is in use.", ("quantity",)),
    "bailey_model_trained_timestamp_seconds": (
        "When the last training ended that ended well, since 1970.", ("quantity",)
    ),
    "bailey_model_drift": ("Whether the last look saw drift, 0 or 1.", ("quantity",)),
    "bailey_model_drift_timestamp_seconds": (
        "When the last look for drift ended, since 1970.", ("quantity",)
    ),
    "bailey_model_calibration": (
        "What happened less what the model expected, per case, at the last look.", ("quantity",)
    ),
}  # fmt: skip

Sample = tuple[str, tuple[str, ...], float]


class PracticeNumbers(Collector):
    """The numbers of all practices as they were when they were last looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: dict[UUID, list[Sample]] = {}

    def look(self, session: Session, now: datetime) -> int:
        """Look at all practices; return how many numbers there are.

        Of a practice that cannot be looked at, the numbers stay as they were.
        """
        found: dict[UUID, list[Sample]] = {}
        for practice_id, zone in session.execute(select(Practice.id, Practice.zone)).all():
            try:
                found[practice_id] = _practice(session, practice_id, wall_clock(now, zone).date())
            except Exception:
                logger.warning("practice %s cannot be looked at now", practice_id, exc_info=True)
                found[practice_id] = self._samples.get(practice_id, [])
        with self._lock:
            self._samples = found
        return sum(len(samples) for samples in found.values())

    def collect(self) -> Iterator[Metric]:
        """Tell the numbers."""
        with self._lock:
            samples = [one for of_practice in self._samples.values() for one in of_practice]
        for name, (about, labels) in GAUGES.items():
            gauge = GaugeMetricFamily(name, about, labels=("practice", *labels))
            for which, values, value in samples:
                if which == name:
                    gauge.add_metric(values, value)
            yield gauge


class Looking:
    """Looks at all practices now and then, in every worker: each tells its own numbers.

    Parameters
    ----------
    app
        The application whose practices they are.
    """

    def __init__(self, app: Flask, numbers: PracticeNumbers) -> None:
        self._app, self._numbers = app, numbers

    def run(self, stop: threading.Event) -> None:
        """Look, and look again, until told to stop."""
        with self._app.app_context():
            while not stop.is_set():
                try:
                    with reading() as session:
                        self._numbers.look(session, now())
                except Exception:
                    logger.warning("the practices cannot be looked at now", exc_info=True)
                stop.wait(EVERY)


def _practice(session: Session, practice_id: UUID, today: date) -> list[Sample]:
    """Return the numbers of a practice and of its models."""
    found = _sessions(session, practice_id, today)
    for quantity in QUANTITIES:
        found += _model(session, practice_id, quantity)
    return found


def _sessions(session: Session, practice_id: UUID, today: date) -> list[Sample]:
    """Return what the sessions of the last days were to be and what they were."""
    first, last = today - timedelta(days=DAYS), today - timedelta(days=1)
    held = sessions_of(days_of_practice(session, practice_id, first, last))
    (figures,) = figures_by(held, "total")
    name = str(practice_id)
    found: list[Sample] = [("bailey_practice_sessions", (name,), figures.sessions)]
    for what in ("waiting", "idle", "overtime"):
        one = getattr(figures, what)
        if one.measured is not None and one.planned_where_measured is not None:
            gauge = f"bailey_{what}_minutes"
            found.append((gauge, (name, "planned"), one.planned_where_measured))
            found.append((gauge, (name, "measured"), one.measured))
    expected = _expected_no_shows(held)
    if expected is not None and figures.no_shows.rate is not None:
        found.append(("bailey_no_show_rate", (name, "predicted"), expected))
        found.append(("bailey_no_show_rate", (name, "seen"), figures.no_shows.rate))
    return found


def _expected_no_shows(held: list[ClinicSession]) -> float | None:
    """Return the share of booked patients who were not expected to come."""
    booked, seen = 0, 0.0
    for one in held:
        if one.planned is not None:
            booked += sum(not visit.walk_in for visit in one.day.visits)
            seen += one.planned.seen
    return 1 - seen / booked if booked else None


def _model(session: Session, practice_id: UUID, quantity: str) -> list[Sample]:
    """Return what the last runs about a model found."""
    labels = (str(practice_id), quantity)
    found: list[Sample] = []
    used = model_in_use(session, practice_id, quantity)
    if used is not None:
        found.append(("bailey_model_in_use", labels, float(used[0])))
    trained = session.scalar(forecasts_done(practice_id, quantity, ["train"]))
    if trained is not None:
        found.append(("bailey_model_trained_timestamp_seconds", labels, _ended(trained)))
    looked = session.scalar(forecasts_done(practice_id, quantity, ["drift"]))
    if looked is not None and looked.result is not None:
        found.append(("bailey_model_drift_timestamp_seconds", labels, _ended(looked)))
        found.append(("bailey_model_drift", labels, float(looked.result["drifted"])))
        calibration = looked.result["calibration"]
        if calibration is not None:
            off = calibration["observed"] - calibration["expected"]
            found.append(("bailey_model_calibration", labels, off))
    return found


def _ended(run: Run) -> float:
    """Return when a run ended, seconds since 1970."""
    return run.finished_at.timestamp() if run.finished_at is not None else 0.0
