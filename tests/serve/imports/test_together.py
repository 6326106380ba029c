"""Imports that come at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading
from serve.models import Patient
from tests.serve.imports.sending import imported


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
