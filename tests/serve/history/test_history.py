"""The practice's history: what it did and what it imported, as the forecasts read it."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from apiflask import APIFlask
from sqlalchemy import select

from forecast.data.history import History
from forecast.data.readers import files
from objective import InvalidInput
from serve.database import reading, transaction
from serve.errors import NotFound
from serve.history.practice_history import history_of_practice
from serve.history.pseudonyms import Pseudonyms
from serve.models import (
    Appointment,
    AuditEntry,
    Offer,
    Patient,
    PatientIdentifier,
    Practice,
    Seat,
    WaitlistEntry,
)
from tests.forecast.data.clinics import forecast
from tests.serve.conftest import KEY, NOW, Clinic, make_clinic
from tests.serve.days import NINE, Visit, add_day
from tests.serve.imports.sending import imported

#: A day with one of everything.
VISITS = [
    Visit(0, "completed", arrived=-5, started=2, ended=10),
    Visit(1, "no_show"),
    Visit(2, "cancelled_by_patient", more={"cancelled_at": NINE - timedelta(days=1)}),
    Visit(3, "completed", arrived=33, started=35, ended=50, walk_in=True),
    Visit(4, "booked", booked_days=-0.01),
    Visit(5, "held", more={"held_until": NINE}),
]
IMPORTED = """\
visit_id,patient_id,provider,visit_type,booked_at,scheduled_at,status,started_at,ended_at,smoker
old-1,H1,Dr Welch,return,2026-02-02,2026-02-10T09:00,completed,2026-02-10T09:00,2026-02-10T09:12,yes
old-2,H2,Dr Welch,new,2026-02-02,2026-02-10T10:00,no_show,,,no
"""


def history(app: APIFlask, clinic: Clinic, **more: Any) -> History:
    """Return the practice's history."""
    with app.app_context(), reading() as session:
        return history_of_practice(session, clinic.practice, **{"key": KEY, **more})


@pytest.fixture
def filled(app: APIFlask, clinic: Clinic) -> Clinic:
    """A practice with a day that took place."""
    with app.app_context():
        transaction(lambda session: add_day(session, clinic, VISITS))
    return clinic


def test_appointments_are_visits_on_the_wall_clock(app: APIFlask, filled: Clinic):
    """Whoever booked, walked in, cancelled or did not come; a hold is none."""
    visits = history(app, filled).visits
    assert visits["status"].tolist() == [
        "completed", "no_show", "cancelled_by_patient", "completed", "booked",
    ]  # fmt: skip
    first, walk_in, late = visits.iloc[0], visits.iloc[3], visits.iloc[4]
    assert first["scheduled_at"] == pd.Timestamp("2026-02-23T09:00")
    assert first["arrived_at"] == pd.Timestamp("2026-02-23T08:55")
    assert first["booked_at"] == pd.Timestamp("2026-02-16T09:00")
    assert walk_in["scheduled_at"] == walk_in["booked_at"] == pd.Timestamp("2026-02-23T09:33")
    # Booked late, by staff: a visit is booked before it begins.
    assert late["booked_at"] == late["scheduled_at"]
    assert visits["provider"].unique().tolist() == ["Dr Welch"]
    assert visits["smoker"].unique().tolist() == ["no"]


def test_nobody_can_be_recognised(app: APIFlask, filled: Clinic):
    """Pseudonyms are stable, differ by practice and key, and stand for no identifier."""
    found = history(app, filled)
    told = "".join(
        getattr(found, one).to_csv() for one in ("visits", "arrivals", "consultations", "offers")
    )
    with app.app_context(), reading() as session:
        identifiers = [str(one) for one in session.scalars(select(Patient.id))]
        identifiers += [str(one) for one in session.scalars(select(Appointment.id))]
    for secret in ("Secret", "secret@", "1990", *identifiers):
        assert secret not in told
    # Born on 24 February 1990: on the 23rd not yet 36.
    assert found.visits["age"].unique().tolist() == [35.0]
    assert found.visits["area"].unique().tolist() == ["NL-1011"]
    assert history(app, filled).fingerprint() == found.fingerprint()
    other = history(app, filled, key="another key")
    assert not set(other.visits["patient_id"]) & set(found.visits["patient_id"])
    bare = history(app, filled, pseudonymised=False, key="")
    assert set(bare.visits["patient_id"]) < set(identifiers)
    with pytest.raises(InvalidInput):
        history(app, filled, key="")


def test_the_oldest_are_told_as_ninety(app: APIFlask, filled: Clinic):
    """So few are older that their age would name them; an unknown birthday is missing."""

    def work(session: Any) -> None:
        patients = list(session.scalars(select(Patient).where(Patient.name == "Secret Name")))
        patients[0].born_on = pd.Timestamp("1910-01-01").date()
        patients[1].born_on = None

    with app.app_context():
        transaction(work)
    ages = history(app, filled).visits["age"]
    assert ages.max() == 90
    assert ages.isna().sum() <= 1


def test_consultations_have_the_clinic_day_as_their_session(app: APIFlask, filled: Clinic):
    """With minutes from their beginning to their end."""
    found = history(app, filled).consultations
    assert found["minutes"].tolist() == [8.0, 15.0]
    assert found["session"].unique().tolist() == ["Dr Welch 2026-02-23 09:00"]
    assert "external_id" not in found


def test_requests_and_walk_ins_are_counted_by_type(app: APIFlask, filled: Clinic):
    """Per day and per hour; from the first day of a visit on, so the first count is of that day."""
    found = history(app, filled).arrivals
    counted = found[found["count"] > 0].set_index("series")
    assert counted["count"].to_dict() == {"return: requests": 1, "return: walk_ins": 1}
    assert counted.loc["return: walk_ins", "start"] == pd.Timestamp("2026-02-23T09:00")


def test_offers_of_the_waiting_list_are_choices(app: APIFlask, filled: Clinic):
    """Those that were answered or ran out."""

    def work(session: Any) -> None:
        seat = session.scalars(select(Seat).order_by(Seat.starts_at)).first()
        hold = session.scalars(select(Appointment).order_by(Appointment.starts_at)).first()
        for patient, status in ((filled.patient, "accepted"), (filled.stranger, "offered")):
            entry = WaitlistEntry(
                practice_id=filled.practice, patient_id=patient, visit_type_id=filled.visit_type,
                earliest=NINE.date(), latest=NINE.date(),
            )  # fmt: skip
            session.add(entry)
            session.flush()
            session.add(
                Offer(
                    entry_id=entry.id, seat_id=seat.id, hold_id=hold.id, status=status,
                    ends_at=NOW, created_at=NINE - timedelta(days=1),
                )
            )  # fmt: skip

    with app.app_context():
        transaction(work)
    offers = history(app, filled).offers
    assert offers[["provider", "chosen"]].to_numpy().tolist() == [["Dr Welch", True]]
    assert offers["seat_at"][0] == pd.Timestamp("2026-02-23T09:00")


def test_imported_history_is_united_with_the_practices_own(
    as_role: Any, app: APIFlask, filled: Clinic
):
    """A patient with a number is one patient, and a visit that is here too is one visit."""
    imported(as_role("administrator"), "visits", IMPORTED, further="keep")

    def work(session: Any) -> None:
        booked = session.scalars(select(Appointment).where(Appointment.status == "completed"))
        seen = next(one for one in booked if not one.walk_in)
        session.add(
            PatientIdentifier(
                practice_id=filled.practice, patient_id=seen.patient_id, system="his", value="H1"
            )
        )
        missed = session.scalars(select(Appointment).where(Appointment.status == "no_show")).one()
        missed.external_id = "old-2"

    with app.app_context():
        transaction(work)
    found = history(app, filled)
    assert len(found.visits) == 6
    first = found.visits.iloc[0]
    assert first["scheduled_at"] == pd.Timestamp("2026-02-10T09:00")
    assert first["smoker"] == "yes"
    assert (found.visits["patient_id"] == first["patient_id"]).sum() == 2
    assert "old-1" not in found.visits.to_csv()
    assert sorted(found.consultations["minutes"]) == [8.0, 12.0, 15.0]


def test_a_practice_without_anything_has_an_empty_history(app: APIFlask, clinic: Clinic):
    """And one that is not there has none."""
    found = history(app, clinic)
    assert [len(one) for one in (found.visits, found.arrivals, found.offers)] == [0, 0, 0]
    with pytest.raises(NotFound):
        history(app, Clinic(*[clinic.patient] * 6, users={}))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_is_read_back_by_the_forecasts(
    as_role: Any, app: APIFlask, filled: Clinic, tmp_path: Path, kind: str
):
    """Equal to what was exported."""
    imported(as_role("administrator"), "visits", IMPORTED, further="keep")
    analyst = as_role("analyst")
    for table in ("visits", "arrivals", "consultations"):
        answer = analyst("GET", f"/history/{table}", query_string={"format": kind})
        assert answer.status_code == 200, answer.text
        assert f"{table}.{kind}" in answer.headers["Content-Disposition"]
        (tmp_path / f"{table}.{kind}").write_bytes(answer.data)
    found = files({"folder": str(tmp_path)}, "stop", tmp_path)
    expected = history(app, filled)
    for table in ("visits", "arrivals", "consultations"):
        first, second = getattr(found, table), getattr(expected, table)
        assert set(first) == set(second)
        pd.testing.assert_frame_equal(first, second[list(first)], check_dtype=False)


def test_the_forecasts_command_reads_an_export(as_role: Any, filled: Clinic, tmp_path: Path):
    """As a practice's analyst would run it."""
    for table in ("visits", "arrivals", "consultations"):
        answer = as_role("analyst")("GET", f"/history/{table}", query_string={"format": "csv"})
        (tmp_path / f"{table}.csv").write_bytes(answer.data)
    done = forecast("task=prepare", "task.folder=read", "data=files", "data.folder=.", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "read" / "summary.json").read_text())
    assert summary["tables"]["visits"]["rows"] == 5


def test_rows_come_page_by_page_within_dates(as_role: Any, app: APIFlask, filled: Clinic):
    """Each once, in order."""
    with app.app_context():
        for week in (1, 2):
            transaction(
                lambda session, week=week: add_day(
                    session, filled, VISITS[:2], NINE + timedelta(weeks=week)
                )
            )
    analyst = as_role("analyst")
    seen, query = [], {"limit": 2, "first": "2026-03-02", "last": "2026-03-09"}
    while True:
        page = analyst.get("/history/visits", **query)
        seen += page["items"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert [one["scheduled_at"] for one in seen] == sorted(
        f"2026-03-0{day}T09:{minute}0:00" for day in (2, 9) for minute in (0, 1)
    )
    assert seen[1]["arrived_at"] is None
    assert len(analyst.get("/history/visits", last="2026-02-22")["items"]) == 0
    with app.app_context(), reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "history")).first()
        assert entry.details["table"] == "visits"


@pytest.mark.parametrize(
    ("table", "query", "status"),
    [
        ("patients", {}, 404),
        ("visits", {"format": "xlsx"}, 422),
        ("visits", {"first": "2026-03-09", "last": "2026-03-02"}, 422),
        ("visits", {"first": "0"}, 422),
        ("visits", {"cursor": "nothing"}, 422),
        ("visits", {"cursor": "WzFd"}, 422),
        ("visits", {"limit": "0"}, 422),
        ("visits", {"limit": "100000"}, 422),
    ],
)
def test_what_cannot_be_exported_is_refused(
    as_role: Any, clinic: Clinic, table: str, query: dict[str, str], status: int
):
    """With problem details."""
    answer = as_role("analyst")("GET", f"/history/{table}", query_string=query)
    assert answer.status_code == status


@pytest.mark.parametrize("role", ["patient", "provider", "front_desk", "nobody"])
def test_only_analysts_and_administrators_export(as_role: Any, clinic: Clinic, role: str):
    """Nobody else."""
    answer = as_role(role)("GET", "/history/visits")
    assert answer.status_code == (401 if role == "nobody" else 403)


def test_a_formula_is_guarded_in_a_file_and_another_practice_is_not_seen(
    as_role: Any, app: APIFlask, filled: Clinic
):
    """A spreadsheet shows it as text."""
    with app.app_context():
        other = make_clinic("Other")
        transaction(lambda session: add_day(session, other, VISITS[:1]))

        def work(session: Any) -> None:
            practice = session.get(Practice, filled.practice)
            practice.country = "NL"
            for one in session.scalars(select(Patient).where(Patient.area != "")):
                one.area = "=cmd|' /C calc'!A0"

        transaction(work)
    answer = as_role("analyst")("GET", "/history/visits", query_string={"format": "csv"})
    rows = pd.read_csv(io.BytesIO(answer.data))
    assert len(rows) == 5
    assert rows["area"].unique().tolist() == ["'=cmd|' /C calc'!A0"]
    assert history(app, filled).country == "NL"


def test_a_pseudonym_is_a_keyed_hash():
    """Its key is another one for each practice, and kinds do not share names."""
    names, others = (Pseudonyms(UUID(int=one), "secret") for one in (1, 2))
    assert names.name("patient", "1") == names.name("patient", "1")
    told = {names.name("patient", "1"), names.name("visit", "1"), names.name("patient", "2")}
    assert len(told | {others.name("patient", "1")}) == 4
