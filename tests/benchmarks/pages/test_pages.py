"""How long the pages of each role take, and how much of each is sent."""

import pytest
from playwright.sync_api import Browser
from pytest_benchmark.fixture import BenchmarkFixture

from serve.models.people import ROLES
from tests.benchmarks.measure import compare
from tests.benchmarks.pages.measuring import (
    ANSWER,
    BOOKINGS,
    HEADERS,
    MOVES,
    NEWS,
    PRICED,
    answers,
    loading,
    move,
    news,
    signed_in,
)
from tests.browser.website import Website, in_thread

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("role", ROLES)
def test_pages_of(benchmark: BenchmarkFixture, browser: Browser, website: Website, role: str):
    """The slowest one beside `/healthz`; no page sends more than it should."""
    found = answers(website, role)
    slowest = max(found, key=lambda one: one.milliseconds)

    def measured() -> None:
        client = signed_in(website, role)
        compare(
            benchmark,
            lambda: client.get(slowest.path, headers=HEADERS),
            lambda: client.get("/healthz", headers=HEADERS),
            "`/healthz`",
            target=None,
        )

    in_thread(measured)
    benchmark.extra_info["allowed_milliseconds"] = ANSWER
    benchmark.extra_info["pages"] = len(found)
    with loading(browser, website, role) as load:
        sizes = {one: load(one.path) for one in found}
    too_much = [(one.path, size) for one, size in sizes.items() if size.too_much(one.plot)]
    benchmark.extra_info["most_bytes_cold"] = max(one.cold for one in sizes.values())
    benchmark.extra_info["most_bytes_warm"] = max(one.warm for one in sizes.values())
    assert not too_much


def test_a_move_of_ones_own_schedule(
    benchmark: BenchmarkFixture, browser: Browser, website: Website
):
    """From the key to the figures on the page, as often as makes a median."""
    found = benchmark.pedantic(lambda: move(browser, website), rounds=1)
    benchmark.extra_info["milliseconds_of_a_move"] = found
    benchmark.extra_info["allowed_milliseconds"] = PRICED
    benchmark.extra_info["moves"] = MOVES


def test_a_booking_is_told_to_other_browsers(
    benchmark: BenchmarkFixture, browser: Browser, website: Website
):
    """From the booking to the row on the front desk's list, as often as makes a median."""
    found = benchmark.pedantic(lambda: news(browser, website), rounds=1)
    benchmark.extra_info["milliseconds_until_it_is_told"] = found
    benchmark.extra_info["allowed_milliseconds"] = NEWS
    benchmark.extra_info["bookings"] = BOOKINGS
