"""Somebody who calls the API of an application in this process."""

from typing import Any
from uuid import uuid4

from apiflask import APIFlask


class RefusedCall(Exception):
    """An answer that is not the one that was hoped for.

    Attributes
    ----------
    status, reason
        The answer's status, and its word for programs.
    """

    def __init__(self, status: int, body: Any) -> None:
        problem = body if isinstance(body, dict) else {}
        self.status = status
        self.reason = str(problem.get("reason", ""))
        super().__init__(f"{status}: {problem.get('detail', '')} {problem.get('errors', '')}")


class Caller:
    """A client with a token; every request has a key of its own."""

    def __init__(self, app: APIFlask, token: str) -> None:
        self.client = app.test_client()
        self.token = token

    def get(self, path: str, **query: Any) -> Any:
        """Return what is there."""
        return self._send("GET", path, query_string=query)

    def every(self, path: str, **query: Any) -> list[Any]:
        """Return all items of a list, page after page."""
        found: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.get(path, **query, **cursor)
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    def post(self, path: str, body: Any = None, version: int | None = None, **more: Any) -> Any:
        """Send a body, or with a version change what has it."""
        return self._change("POST", path, body, version, **more)

    def put(self, path: str, body: Any, version: int) -> Any:
        """Put a body in the place of what has a version."""
        return self._change("PUT", path, body, version)

    def _change(self, method: str, path: str, body: Any, version: int | None, **more: Any) -> Any:
        headers = {"Idempotency-Key": uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if "data" not in more:
            more["json"] = {} if body is None else body
        return self._send(method, path, headers=headers, **more)

    def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        answer = self.client.open(
            f"/api/v1{path}",
            method=method,
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
            **more,
        )
        body = answer.get_json(silent=True)
        if answer.status_code >= 400:
            raise RefusedCall(answer.status_code, body)
        return body
