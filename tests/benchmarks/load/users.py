"""What locust lets so many people do at once: search seats, book, and look whether it is up.

The runner gives what it needs in the variable ``BAILEY_LOAD``, as JSON: a token, types of visits,
patients, and the dates between which seats are searched.
"""

import json
import os
import random
from uuid import uuid4

from locust import HttpUser, between, task

GIVEN = json.loads(os.environ["BAILEY_LOAD"])
HEADERS = {"Authorization": f"Bearer {GIVEN['token']}"}


class Desk(HttpUser):
    """Somebody who books for patients."""

    wait_time = between(0.2, 1.0)

    @task(3)
    def search(self) -> None:
        """Search free seats."""
        self._seats("search")

    @task(2)
    def book(self) -> None:
        """Search a seat and book it; that somebody else was first is no failure."""
        seats = self._seats("search")
        if not seats:
            return
        body = {
            "seat_id": random.choice(seats)["id"], "patient_id": random.choice(GIVEN["patients"]),
        }  # fmt: skip
        headers = HEADERS | {"Idempotency-Key": uuid4().hex}
        with self.client.post(
            "/api/v1/appointments", json=body, headers=headers, name="book", catch_response=True
        ) as answer:
            if answer.status_code == 409:
                answer.success()

    @task(1)
    def look(self) -> None:
        """Ask whether the service is up."""
        self.client.get("/healthz", name="healthz")

    def _seats(self, name: str) -> list[dict[str, str]]:
        query = {
            "visit_type_id": random.choice(GIVEN["visit_types"]),
            "first": GIVEN["first"], "last": GIVEN["last"], "limit": 20,
        }  # fmt: skip
        answer = self.client.get("/api/v1/seats", params=query, headers=HEADERS, name=name)
        found: list[dict[str, str]] = answer.json().get("items", []) if answer.ok else []
        return found
