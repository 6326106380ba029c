"""Imports that come at the same time, and of several practices."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading
from serve.models import Patient
from tests.serve.conftest import Client, make_clinic, token_for
from tests.serve.imports.sending import imported, undo


def test_the_same_file_sent_at_the_same_time_is_imported_once(as_role: Any, app: APIFlask):
    """One of them adds the rows, the others find them."""
    administrator = as_role("administrator")
    content = "identifier,name\n" + "".join(f"{one},Patient {one}\n" for one in range(300))
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: imported(administrator, "patients", content), range(4)))
    counts = sorted((one["counts"]["added"], one["counts"]["unchanged"]) for one in reports)
    assert counts == [(0, 300), (0, 300), (0, 300), (300, 0)]
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 302


def test_the_columns_of_files_are_told(as_role: Any):
    """For whoever maps a file's own."""
    told = as_role("administrator").get("/imports/columns")["tables"]
    assert [one["table"] for one in told] == [
        "providers", "patients", "appointments", "visits", "arrivals", "consultations", "offers",
    ]  # fmt: skip
    needed = {one["table"]: [c["name"] for c in one["columns"] if c["required"]] for one in told}
    assert needed["patients"] == ["identifier", "name"]
    assert needed["arrivals"] == ["series", "start", "count"]


def test_an_import_of_another_practice_is_not_there(as_role: Any, app: APIFlask):
    """It is neither read nor undone, and looks like one that never was."""
    administrator = as_role("administrator")
    report = imported(administrator, "providers", "name\nDr New\n")
    with app.app_context():
        other = Client(app, token_for(make_clinic("Other").users["administrator"]))
    assert undo(other, report).status_code == 404
    assert other("GET", f"/imports/{report['id']}").status_code == 404
    assert other("GET", f"/imports/{uuid4()}").status_code == 404
    assert other.get("/imports")["items"] == []
    unversioned = administrator("POST", f"/imports/{report['id']}/undo", {})
    assert unversioned.status_code == 428
    assert undo(administrator, report | {"version": 7}).status_code == 412
