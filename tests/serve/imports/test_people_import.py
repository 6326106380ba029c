"""Importing providers and patients."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading, transaction
from serve.models import (
    AuditEntry,
    Import,
    ImportedRow,
    Patient,
    PatientIdentifier,
    Provider,
    WaitlistEntry,
)
from serve.settings import Settings
from tests.serve.conftest import NOW, Clinic
from tests.serve.imports.sending import imported, refused, send, undo

PATIENTS = """\
identifier,system,name,born_on,email,phone,language,area
7,hospital,Ann Archer,1970-03-21,Ann@Example.org,+31 20 1,nl,1011
007,hospital,Bob Baker,,,,,
7,insurer,Cas Cook,2001-12-31,,,,
"""


def count(app: APIFlask, model: Any) -> int:
    """Return how many rows there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def counts(report: Any) -> tuple[int, ...]:
    """Return added, changed, unchanged and skipped."""
    return tuple(report["counts"][one] for one in ("added", "changed", "unchanged", "skipped"))


def test_the_same_file_again_changes_nothing(as_role: Any, app: APIFlask):
    """Patients are known by their identifiers."""
    administrator = as_role("administrator")
    first = imported(administrator, "patients", PATIENTS)
    assert counts(first) == (3, 0, 0, 0)
    assert first["counts"]["rows"] == 3
    assert counts(imported(administrator, "patients", PATIENTS)) == (0, 0, 3, 0)
    changed = PATIENTS.replace("1011", "1012").replace("Cas Cook", "Cas Kok")
    assert counts(imported(administrator, "patients", changed)) == (0, 2, 1, 0)
    assert count(app, Patient) == 2 + 3
    with app.app_context(), reading() as session:
        ann = session.scalars(select(Patient).where(Patient.name == "Ann Archer")).one()
        assert (ann.email, ann.area, ann.version) == ("ann@example.org", "1012", 2)
        assert str(ann.born_on) == "1970-03-21"
        assert [(one.system, one.value) for one in ann.identifiers] == [("hospital", "7")]


def test_an_empty_cell_leaves_what_is_there(as_role: Any, app: APIFlask):
    """It says nothing; neither does a column that the file lacks."""
    administrator = as_role("administrator")
    imported(administrator, "patients", PATIENTS)
    report = imported(administrator, "patients", "identifier,system,name,phone\n7,hospital,A B,\n")
    assert counts(report) == (0, 1, 0, 0)
    with app.app_context(), reading() as session:
        found = session.scalars(select(Patient).where(Patient.name == "A B")).one()
        assert found.phone == "+31 20 1"


def test_a_dry_run_tells_the_same_and_writes_nothing(as_role: Any, app: APIFlask):
    """Its report is that of the import, without an identifier."""
    administrator = as_role("administrator")
    tried = imported(administrator, "patients", PATIENTS, dry_run="true")
    assert (tried["id"], tried["state"]) == (None, "dry_run")
    assert [count(app, one) for one in (Patient, Import, ImportedRow)] == [2, 0, 0]
    done = imported(administrator, "patients", PATIENTS)
    same = ("table", "counts", "problems", "problem_count")
    assert {name: tried[name] for name in same} == {name: done[name] for name in same}


def test_wrong_rows_keep_all_from_being_imported_or_are_left_out(as_role: Any, app: APIFlask):
    """Each with line, column and what would be right; no value is told."""
    administrator = as_role("administrator")
    bad = (
        PATIENTS
        + '8,,"Dee\nDrew",2200-01-01,not,12,x1,\n,,,,,,,\n9,,Eve\n7,hospital,Ann again,,,,,\n'
    )
    answer = send(administrator, "patients", bad)
    assert answer.status_code == 422
    for secret in ("Dee", "2200-01-01", "x1", "Eve", "again"):
        assert secret not in answer.text
    errors = {one["field"]: one["message"] for one in answer.get_json()["errors"]}
    assert set(errors) == {
        "line 5, name", "line 5, born_on", "line 5, email", "line 5, language", "line 8",
        "line 9, identifier",
    }  # fmt: skip
    assert errors["line 9, identifier"] == "must be no other row's identifier: line 2 has it"
    assert errors["line 8"] == "must have 8 cells, as the header has; it has 3"
    assert count(app, Patient) == 2
    report = imported(administrator, "patients", bad, on_error="skip")
    assert counts(report) == (3, 0, 0, 3)
    assert report["problem_count"] == len(report["problems"]) == 6
    assert report["problems"][0]["line"] == 5


def test_providers_are_known_by_identifier_or_name(as_role: Any, app: APIFlask, clinic: Clinic):
    """One who is here without an identifier gets it."""
    administrator = as_role("administrator")
    first = imported(administrator, "providers", "name;external_id\nDr Welch;W\nDr Koole;K\n")
    assert counts(first) == (1, 1, 0, 0)
    renamed = imported(administrator, "providers", "name;external_id;active\nDr Coole;K;no\n")
    assert counts(renamed) == (0, 1, 0, 0)
    taken = refused(administrator, "providers", "name,external_id\nDr Welch,X\nDr Coole,W\n")
    assert set(taken) == {"line 2, external_id", "line 3, name"}
    with app.app_context(), reading() as session:
        there = session.scalars(select(Provider).order_by(Provider.name)).all()
        told = [(one.name, one.external_id, one.active) for one in there]
        assert told == [("Dr Coole", "K", False), ("Dr Welch", "W", True)]


def test_an_import_is_undone_step_by_step(as_role: Any, app: APIFlask):
    """The later one first; what it added goes, what it changed is as before."""
    administrator = as_role("administrator")
    first = imported(administrator, "patients", PATIENTS)
    second = imported(administrator, "patients", PATIENTS.replace("Ann Archer", "Ann Bow"))
    early = undo(administrator, first)
    assert early.status_code == 409
    assert early.get_json()["reason"] == "used_since"
    assert [one["message"] for one in early.get_json()["errors"]] == ["was changed since"]
    assert undo(administrator, second).status_code == 200
    with app.app_context(), reading() as session:
        names = select(Patient.name, Patient.version).order_by(Patient.name)
        assert ("Ann Archer", 3) in [tuple(one) for one in session.execute(names)]
    assert undo(administrator, first).status_code == 200
    assert [count(app, one) for one in (Patient, PatientIdentifier, ImportedRow)] == [2, 0, 0]
    again = undo(administrator, {"id": first["id"], "version": 2})
    assert (again.status_code, again.get_json()["reason"]) == (409, "already_undone")
    page = administrator.get("/imports", limit=1)
    rest = administrator.get("/imports", cursor=page["next"])
    told = [(one["id"], one["state"]) for one in page["items"] + rest["items"]]
    assert sorted(told) == sorted((one["id"], "undone") for one in (first, second))


def test_what_was_used_since_is_not_undone(as_role: Any, app: APIFlask, clinic: Clinic):
    """All that stands in the way is told, and nothing is taken away."""
    administrator = as_role("administrator")
    report = imported(administrator, "patients", PATIENTS)

    def wait(session: Any) -> UUID:
        patient = session.scalars(select(Patient).where(Patient.name == "Bob Baker")).one()
        session.add(
            WaitlistEntry(
                practice_id=clinic.practice, patient_id=patient.id,
                visit_type_id=clinic.visit_type, earliest=NOW.date(), latest=NOW.date(),
            )
        )  # fmt: skip
        other = session.scalars(select(Patient).where(Patient.name == "Cas Cook")).one()
        session.add(
            PatientIdentifier(
                practice_id=clinic.practice, patient_id=other.id, system="lab", value="1"
            )
        )
        return UUID(str(patient.id))

    with app.app_context():
        patient = transaction(wait)
    answer = undo(administrator, report)
    assert answer.status_code == 409
    errors = {one["field"]: one["message"] for one in answer.get_json()["errors"]}
    assert errors[f"patient {patient}"] == "is used by a waitlist entry"
    assert sorted(errors.values()) == [
        "is used by a patient identifier",
        "is used by a waitlist entry",
    ]
    assert count(app, Patient) == 5


def test_the_same_request_sent_twice_imports_once(as_role: Any, app: APIFlask):
    """Although the form is divided by another text each time; another file is another request."""
    administrator = as_role("administrator")
    first = send(administrator, "patients", PATIENTS, key="once")
    again = send(administrator, "patients", PATIENTS, key="once")
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(app, Import) == 1
    assert send(administrator, "patients", PATIENTS + "9,,X,,,,,\n", key="once").status_code == 422


@pytest.mark.parametrize("role", ["patient", "provider", "front_desk", "analyst", "nobody"])
def test_only_an_administrator_imports(as_role: Any, role: str):
    """Nobody else may import, or read of imports."""
    expected = 401 if role == "nobody" else 403
    assert send(as_role(role), "patients", PATIENTS).status_code == expected
    assert as_role(role)("GET", "/imports").status_code == expected


def test_imports_are_audited(as_role: Any, app: APIFlask):
    """With counts, and nothing of the patients."""
    report = imported(as_role("administrator"), "patients", PATIENTS)
    with app.app_context(), reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "import")).all()
        assert [str(one.subject_id) for one in entries] == [report["id"]]
        assert entries[0].details["added"] == 3


def test_a_cell_that_looks_like_a_formula_is_a_text(as_role: Any, app: APIFlask):
    """It is kept as it is; the apostrophe by which exports guard it is taken away."""
    content = "identifier,name\n=1+1,=cmd|' /C calc'!A0\n'-2,'t Hart\n"
    imported(as_role("administrator"), "patients", content)
    with app.app_context(), reading() as session:
        values = session.scalars(select(PatientIdentifier.value)).all()
        assert set(values) == {"=1+1", "-2"}
        names = session.scalars(select(Patient.name)).all()
        assert {"=cmd|' /C calc'!A0", "'t Hart"} < set(names)


def test_many_patients_are_imported_in_seconds(as_role: Any):
    """Ten thousand, and again: a bound that a slow machine keeps."""
    administrator = as_role("administrator")
    rows = [f"{number},Patient {number},1980-01-{number % 28 + 1:02}" for number in range(10_000)]
    content = "\n".join(["identifier,name,born_on", *rows])
    began = time.perf_counter()
    report = imported(administrator, "patients", content)
    first = time.perf_counter() - began
    assert counts(report) == (10_000, 0, 0, 0)
    again = imported(administrator, "patients", content.replace("Patient 1", "Patiënt 1"))
    second = time.perf_counter() - began - first
    assert counts(again) == (0, 1_111, 8_889, 0)
    assert undo(administrator, again).status_code == 200
    assert undo(administrator, report).status_code == 200
    third = time.perf_counter() - began - first - second
    print(f"added in {first:.1f} s, compared in {second:.1f} s, undone in {third:.1f} s")
    assert max(first, second, third) < 30


def test_the_command_line_imports_too(
    app: APIFlask, clinic: Clinic, settings: Settings, tmp_path: Path
):
    """With the same report, and in plain words what is wrong."""
    path = tmp_path / "patients.csv"
    path.write_text(PATIENTS)
    runner = app.test_cli_runner()
    command = ["import", "patients", str(path), "--practice", "Bailey"]
    tried = runner.invoke(args=[*command, "--dry-run"])
    assert json.loads(tried.output) == {
        "state": "dry_run", "rows": 3, "added": 3, "changed": 0, "unchanged": 0, "skipped": 0,
    }  # fmt: skip
    assert count(app, Patient) == 2
    assert json.loads(runner.invoke(args=command).output)["state"] == "done"
    path.write_text(PATIENTS + "1,,,,,,,\n")
    wrong = runner.invoke(args=command)
    assert wrong.exit_code == 1
    assert "line 5, name: must be given" in wrong.output
    nobody = runner.invoke(args=[*command[:-1], "Nobody"])
    assert (nobody.exit_code, "--practice must be" in nobody.output) == (1, True)
