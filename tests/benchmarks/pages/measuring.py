"""Answers of pages in this process, and what a browser loads for each."""

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.free_seats import seats_of_days
from serve.models import VisitType
from tests.browser.looking import PATIENCE
from tests.browser.patient.conftest import book_for_somebody_new
from tests.browser.stops import Stop, stops
from tests.browser.website import NOW, Website, in_thread
from tests.serve.browser import PASSWORD

#: What is wanted: milliseconds until an answer, and bytes that a browser loads that was never
#: here, without a plot and with one, and one that has loaded the page before.
ANSWER, COLD, COLD_WITH_PLOT, WARM = 200.0, 150_000, 1_700_000, 60_000
#: Requests of which the median is taken, after one to warm up.
REQUESTS = 9
HEADERS = {"Accept": "text/html", "Accept-Encoding": "br, gzip"}
#: Milliseconds until a move in the editor of one's own schedule is priced that are wanted.
PRICED = 150.0
#: Milliseconds until what one books is on the pages of others that are wanted, bookings of which
#: the median is taken, and their day.
NEWS, BOOKINGS, BOOKED_DAY = 2000.0, 9, date(2026, 3, 9)
#: Milliseconds after which nothing more is loaded.
QUIET = 400


@dataclass(frozen=True)
class Answer:
    """A page, and how long its answer takes.

    Attributes
    ----------
    milliseconds
        The median.
    plot
        Whether a plot is drawn in it.
    """

    role: str
    name: str
    path: str
    milliseconds: float
    plot: bool


@dataclass(frozen=True)
class Loaded:
    """Bytes that a browser loads for a page, compressed: the first time, and once more."""

    cold: int
    warm: int

    def too_much(self, plot: bool) -> bool:
        """Return whether that is more than is wanted."""
        return self.cold > (COLD_WITH_PLOT if plot else COLD) or self.warm > WARM


def signed_in(website: Website, role: str) -> FlaskClient:
    """Return a client of the demo's user of a role."""
    client = website.app.test_client()
    sent = {"email": f"{role}@demo-clinic.example", "password": PASSWORD}
    answer = client.post("/sign-in", data=sent, headers=HEADERS)
    assert answer.status_code == 303, answer.text
    return client


def answers(website: Website, role: str) -> list[Answer]:
    """Return how long each page of a role takes."""
    every = stops(website, role)
    return in_thread(lambda: list(_answers(website, role, every)))


def healthz(website: Website) -> float:
    """Return the median of the answer without any work, milliseconds."""
    client = website.app.test_client()
    return in_thread(lambda: median_of(client, "/healthz"))


def median_of(client: FlaskClient, path: str) -> float:
    """Return the median time of a request, milliseconds."""
    client.get(path, headers=HEADERS)
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        client.get(path, headers=HEADERS)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


#: A move in the editor of one's own schedule, from the key to the figures on the page.
MOVE = """number => new Promise(done => {
    const editor = document.getElementById("editor");
    const input = editor.querySelectorAll("input[name=x]")[10];
    const began = performance.now();
    editor.addEventListener("priced", () => done(performance.now() - began), {once: true});
    input.value = String(number % 3);
    input.dispatchEvent(new Event("input", {bubbles: true}));
})"""
#: Moves of which the median is taken, and the session in which patients are moved.
MOVES, EDITOR = 50, "/practice/optimise?compare=1&patients=24&intervals=48"


def move(browser: Browser, website: Website) -> float:
    """Return the median time until a move in the editor is priced, milliseconds."""
    context = browser.new_context()
    page = context.new_page()
    website.sign_in(page, "administrator")
    page.goto(f"{website.address}{EDITOR}")
    page.wait_for_timeout(QUIET)
    times: list[float] = [page.evaluate(MOVE, number) for number in range(MOVES)]
    context.close()
    return statistics.median(times)


def news(browser: Browser, website: Website) -> float:
    """Return the median time from a booking until the front desk's list has it, milliseconds."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    website.sign_in(page, "front_desk")
    page.goto(f"{website.address}/desk?day={BOOKED_DAY}")
    page.wait_for_timeout(1500)  # Until its stream is open.
    rows = page.locator("tbody tr")
    times = []
    for number in range(BOOKINGS):
        expected = rows.count() + 1
        began = website.work(partial(book_a_seat, number=number))
        page.wait_for_function(
            "count => document.querySelectorAll('tbody tr').length === count", arg=expected
        )
        times.append(1000 * (time.perf_counter() - began))
    context.close()
    return statistics.median(times)


def book_a_seat(session: Session, number: int) -> float:
    """Book a free seat of the day for somebody new; return when that began."""
    for visit_type in session.scalars(select(VisitType).order_by(VisitType.name)):
        found = seats_of_days(
            session, visit_type.practice_id, visit_type.id, BOOKED_DAY, BOOKED_DAY, NOW
        )
        free = next((seat for one in found for seat in one.free), None)
        if free is not None:
            began = time.perf_counter()
            book_for_somebody_new(session, visit_type.practice_id, free.id, f"Quick {number}")
            return began
    raise AssertionError(f"no seat is free on {BOOKED_DAY}")


def _answers(website: Website, role: str, every: list[Stop]) -> Iterator[Answer]:
    client = signed_in(website, role)
    for stop in every:
        for path in stop.paths:
            answer = client.get(path, headers={"Accept": "text/html"})
            if answer.status_code == 200:
                plot = "data-figure" in answer.text
                yield Answer(role, stop.name, path, median_of(client, path), plot)
                break


@contextmanager
def loading(browser: Browser, website: Website, role: str) -> Iterator[Any]:
    """Give a function that returns what a browser loads for a path."""
    context = browser.new_context()
    page = context.new_page()
    website.sign_in(page, role)
    cookies = context.cookies()
    context.close()

    def load(path: str) -> Loaded:
        fresh = browser.new_context()
        fresh.set_default_timeout(PATIENCE)
        fresh.add_cookies(cookies)
        sizes = [_bytes(fresh.new_page(), f"{website.address}{path}") for _ in range(2)]
        fresh.close()
        return Loaded(*sizes)

    yield load


def _bytes(page: Any, address: str) -> int:
    """Return the bytes of all answers for a page, of which what is kept in the browser has none."""
    loaded = 0
    ours: set[str] = set()
    listening = page.context.new_cdp_session(page)
    listening.send("Network.enable")

    def asked(event: Any) -> None:
        # The stream of events goes on for ever, and is no part of the page.
        if not re.search(r"/(events|api)\b", event["request"]["url"].split("?")[0]):
            ours.add(event["requestId"])

    def done(event: Any) -> None:
        nonlocal loaded
        if event["requestId"] in ours:
            loaded += int(event["encodedDataLength"])

    listening.on("Network.requestWillBeSent", asked)
    listening.on("Network.loadingFinished", done)
    page.goto(address, wait_until="load")
    for plot in page.locator("[data-figure]").all():
        # Plotly is loaded for the first plot, after the page.
        if plot.is_visible():
            plot.locator(".main-svg").first.wait_for()
    page.wait_for_timeout(QUIET)
    page.close()
    return loaded
