"""Importing history: the forecasts' tables, checked as they check them."""

import time
from typing import Any
from uuid import UUID

from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading, transaction
from serve.imports.forget import forget_imported
from serve.models import HistoryRow, ImportedRow, Patient
from tests.serve.imports.sending import imported, refused, undo

VISITS = """\
visit_id,patient_id,provider,visit_type,booked_at,scheduled_at,status,walk_in
1,007,Dr Welch,return,2025-03-01,2025-03-21T08:00,completed,no
2,008,Dr Welch,return,2025-03-01,2025-03-21T07:30Z,No_Show,
"""


def values(app: APIFlask, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of history by their keys."""
    with app.app_context(), reading() as session:
        query = select(HistoryRow).where(HistoryRow.table == table).order_by(HistoryRow.key)
        return [one.values for one in session.scalars(query)]


def test_visits_are_kept_as_the_forecasts_read_them(as_role: Any, app: APIFlask):
    """Times on the practice's wall clock, words in lower case, nothing for what is missing."""
    administrator = as_role("administrator")
    report = imported(administrator, "visits", VISITS)
    assert report["counts"]["added"] == 2
    assert values(app, "visits")[1] == {
        "visit_id": "2", "patient_id": "008", "provider": "Dr Welch", "visit_type": "return",
        "booked_at": "2025-03-01T00:00:00", "scheduled_at": "2025-03-21T08:30:00",
        "status": "no_show", "walk_in": False,
    }  # fmt: skip
    assert imported(administrator, "visits", VISITS)["counts"]["unchanged"] == 2
    changed = VISITS.replace("completed", "arrived")
    second = imported(administrator, "visits", changed)
    assert (second["counts"]["changed"], second["counts"]["unchanged"]) == (1, 1)
    assert undo(administrator, second).status_code == 200
    assert values(app, "visits")[0]["status"] == "completed"
    assert undo(administrator, report).status_code == 200
    assert values(app, "visits") == []


def test_every_problem_of_the_forecasts_rules_is_told(as_role: Any, app: APIFlask):
    """By line and column, without values."""
    content = VISITS + (
        "1,9,Dr Welch,return,2025-03-01,2025-03-21T08:00,completed,\n"
        "3,9,Dr Welch,return,2025-03-22,2025-03-21T08:00,completed,\n"
        "4,9,Dr Welch,return,yesterday,2025-03-21T08:00,went,maybe\n"
        "5,,Dr Welch,return,2025-03-01,1700-03-21T08:00,completed,\n"
        f"6,{'x' * 201},Dr Welch,return,2025-03-01,2025-03-21T08:00,completed,\n"
    )
    errors = refused(as_role("administrator"), "visits", content)
    assert errors["line 4, visit_id"] == "must be no other row's visit_id: line 2 has it"
    assert errors["line 5, booked_at"] == "must be not after scheduled_at"
    assert set(errors) == {
        "line 4, visit_id", "line 5, booked_at", "line 6, booked_at", "line 6, status",
        "line 6, walk_in", "line 7, patient_id", "line 7, booked_at", "line 7, scheduled_at",
        "line 8, patient_id",
    }  # fmt: skip
    assert not any(word in str(errors) for word in ("yesterday", "went", "maybe"))
    report = imported(as_role("administrator"), "visits", content, on_error="skip")
    assert (report["counts"]["added"], report["counts"]["skipped"]) == (2, 5)


def test_a_table_lacks_no_column(as_role: Any):
    """The missing one is named."""
    administrator = as_role("administrator")
    assert set(refused(administrator, "visits", "visit_id\n1\n")) == {"patient_id"}
    assert set(refused(administrator, "arrivals", "series,start\na,2025-01-01\n")) == {"count"}


def test_further_columns_are_kept_if_that_is_said(as_role: Any, app: APIFlask):
    """As numbers where all are numbers; an attribute of text stays one."""
    administrator = as_role("administrator")
    content = "series,start,count,rain,code\na,2025-01-01,3,0.5,007\na,2025-01-02,4,1,008\n"
    assert set(refused(administrator, "arrivals", content)) == {"column 4"}
    imported(administrator, "arrivals", content, further="keep")
    named = content.replace("code", "Date of birth")
    assert set(refused(administrator, "arrivals", named, further="keep")) == {"column 5"}
    first = {"series": "a", "start": "2025-01-01T00:00:00", "count": 3, "rain": 0.5, "code": "007"}
    assert values(app, "arrivals")[0] == first


def test_decimal_commas_are_read_where_they_divide_nothing(as_role: Any, app: APIFlask):
    """In files whose cells are divided by a semicolon or a tab."""
    header = "visit_id;patient_id;provider;visit_type;session;started_at;minutes\n"
    content = header + "1;a;b;c;d;2025-03-21T08:00;12,5\n2;a;b;c;d;2025-03-21T09:00;7.25\n"
    imported(as_role("administrator"), "consultations", content)
    assert [one["minutes"] for one in values(app, "consultations")] == [12.5, 7.25]
    wrong = header + "1;a;b;c;d;2025-03-21T08:00;1,2,5\n"
    assert set(refused(as_role("administrator"), "consultations", wrong)) == {"line 2, minutes"}


def test_an_occasion_with_a_wrong_seat_is_left_out_as_a_whole(as_role: Any, app: APIFlask):
    """Without one of its seats, a choice is another one."""
    content = (
        "offer_id,patient_id,offered_at,seat_at,provider,chosen\n"
        "1,a,2025-03-01,2025-03-21T08:00,b,yes\n"
        "1,a,2025-03-01,never,b,no\n"
        "2,a,2025-03-02,2025-03-21T08:00,b,yes\n"
    )
    report = imported(as_role("administrator"), "offers", content, on_error="skip")
    assert (report["counts"]["added"], report["counts"]["skipped"]) == (1, 2)
    assert [one["offer_id"] for one in values(app, "offers")] == ["2"]


def test_a_long_history_is_imported_in_seconds(as_role: Any, app: APIFlask):
    """Twenty thousand visits: a bound that a slow machine keeps."""
    header, first, _ = VISITS.splitlines()
    rows = [first.replace("1,007", f"{number},{number % 999}", 1) for number in range(20_000)]
    began = time.perf_counter()
    report = imported(as_role("administrator"), "visits", "\n".join([header, *rows]))
    took = time.perf_counter() - began
    print(f"20,000 visits in {took:.1f} s")
    assert report["counts"]["added"] == 20_000
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(HistoryRow)) == 20_000
    assert took < 60


def test_a_patient_who_is_erased_is_nobody_in_what_was_imported(as_role: Any, app: APIFlask):
    """The visits stay for statistics, and what the patient was called before is gone."""
    administrator = as_role("administrator")
    patients = "identifier,name\n007,Bo\n008,Cy\n"
    imported(administrator, "patients", patients)
    changed = imported(administrator, "patients", patients.replace("Bo", "Bob"))
    imported(administrator, "visits", VISITS)

    def erase(session: Any) -> None:
        patient = session.scalars(select(Patient).where(Patient.name == "Bob")).one()
        forget_imported(session, patient)

    with app.app_context():
        transaction(erase)
    numbers = [one["patient_id"] for one in values(app, "visits")]
    assert numbers[1] == "008"
    assert len(numbers[0]) == 32
    with app.app_context(), reading() as session:
        befores = select(ImportedRow.before).where(ImportedRow.import_id == UUID(changed["id"]))
        assert session.scalars(befores).all() == [{}]
