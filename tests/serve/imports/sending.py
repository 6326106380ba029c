"""Sending files to the service."""

import io
import json
from typing import Any

from werkzeug.test import TestResponse

from tests.serve.conftest import Client


def send(client: Client, table: str, content: str | bytes, **more: Any) -> TestResponse:
    """Send a file to import."""
    data = content.encode() if isinstance(content, str) else content
    key = more.pop("key", None)
    if isinstance(more.get("mapping"), dict):
        more["mapping"] = json.dumps(more["mapping"])
    form = {"table": table, "file": (io.BytesIO(data), "file.csv"), **more}
    kind = "multipart/form-data"
    return client("POST", "/imports", key=key, data=form, content_type=kind)


def imported(client: Client, table: str, content: str | bytes, **more: Any) -> Any:
    """Return the report on a file that must be taken."""
    answer = send(client, table, content, **more)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def refused(client: Client, table: str, content: str | bytes, **more: Any) -> dict[str, str]:
    """Return the messages by place of a file that must be refused."""
    answer = send(client, table, content, **more)
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["message"] for one in answer.get_json()["errors"]}


def undo(client: Client, report: Any) -> TestResponse:
    """Ask to undo an import."""
    return client("POST", f"/imports/{report['id']}/undo", {}, version=report["version"])
