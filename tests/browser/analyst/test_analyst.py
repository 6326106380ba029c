"""An analyst looks at models, the past and strategies, in a browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from opt.atlas import Grid
from opt.atlas.build import build_atlas
from tests.browser.administrator.test_optimising import work
from tests.browser.looking import look
from tests.browser.website import Website

pytestmark = pytest.mark.browser


def test_the_past_is_shown_by_week_and_taken_away(browser: Browser, website: Website):
    """Under pseudonyms, as CSV and as Parquet."""
    with look(browser) as page:
        website.sign_in(page, "analyst")
        page.get_by_role("link", name="History").click()
        expect(page.locator("#plot-visits .main-svg").first).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV Visits").click()
        text = download.value.path().read_text()
        assert text.startswith("visit_id")
        assert len(text.splitlines()) > 100


def test_plots_are_pictures_without_javascript(browser: Browser, website: Website):
    """With their numbers as a table below."""
    with look(browser, 390, javascript=False) as page:
        website.sign_in(page, "analyst")
        page.goto(f"{website.address}/analysis/history")
        pictures = page.locator(".plot img")
        assert pictures.count() > 0
        for picture in pictures.all():
            picture.scroll_into_view_if_needed()
            answer = page.request.get(f"{website.address}{picture.get_attribute('src')}")
            assert answer.headers["content-type"] == "image/png"
            box = picture.bounding_box()
            assert box is not None
            assert box["width"] > 300
            assert box["height"] > 120


def test_strategies_are_compared_by_keyboard_alone(browser: Browser, website: Website):
    """The best first, with how each differs from it, and how the searches went."""
    with look(browser, 390) as page:
        website.sign_in(page, "analyst")
        page.goto(f"{website.address}/analysis/comparison")
        page.get_by_label("genetic", exact=True).uncheck()
        page.get_by_label("annealing", exact=True).uncheck()
        page.get_by_label("Patients").fill("6")
        page.get_by_label("Intervals", exact=True).fill("12")
        page.get_by_label("Each search may take").fill("3")
        page.get_by_label("Seeds").fill("2")
        page.get_by_role("button", name="Compare them").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("progressbar")).to_be_visible()
        work(website)
        expect(page.get_by_text("Take exact")).to_be_visible()
        expect(page.locator("tbody tr").first).to_contain_text("exact")
        expect(page.get_by_role("heading", name="Beside the first")).to_be_visible()
        expect(page.locator(".chart .main-svg").first).to_be_visible()
        page.goto(f"{website.address}/analysis/comparison")
        expect(page.get_by_text(re.compile("exact, local search, .*; done"))).to_be_visible()


def test_one_strategy_is_no_comparison(browser: Browser, website: Website):
    """And what was chosen stays."""
    with look(browser) as page:
        website.sign_in(page, "analyst")
        page.goto(f"{website.address}/analysis/comparison")
        for name in ("local search", "genetic", "annealing", "individual", "bailey welch"):
            page.get_by_label(name, exact=True).uncheck()
        page.get_by_role("button", name="Compare them").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose two strategies or more.")
        assert page.get_by_label("exact", exact=True).is_checked()


@pytest.mark.slow
def test_models_learn_and_are_let_through_the_gate(browser: Browser, website: Website):
    """With scores, calibration and a model card; later looked at for drift, and taken back."""
    with look(browser) as page:
        website.sign_in(page, "analyst")
        expect(page.get_by_text("No model is in use").first).to_be_visible()
        page.get_by_label("What").select_option(label="Consultation times")
        page.get_by_label("Let the best through the gate at once").check()
        page.get_by_role("button", name="Let all models learn").click()
        expect(page.get_by_role("button", name="Stop it")).to_be_visible()
        work(website)
        expect(page.get_by_text("The best model is")).to_be_visible()
        page.get_by_text("Model card").click()
        expect(page.locator(".card-text")).to_be_visible()
        expect(page.locator(".chart .main-svg").first).to_be_visible()
        work(website)
        page.goto(f"{website.address}/analysis")
        expect(page.get_by_text("Model in use")).to_be_visible()
        page.get_by_role("button", name="Is it still right? Consultation times").click()
        work(website)
        expect(
            page.get_by_text(re.compile("as right as it was|is not what happens now"))
        ).to_be_visible()
        expect(page.locator("#plot-calibration .main-svg").first).to_be_visible()
        page.goto(f"{website.address}/analysis")
        expect(page.get_by_role("link", name=re.compile("^Drift as of"))).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Back to the model before Consultation times").click()
        work(website)
        expect(page.get_by_text("There is no model that was in use before.")).to_be_visible()


@pytest.mark.slow
def test_a_coming_session_is_forecast_and_optimised(browser: Browser, website: Website):
    """What it is forecast from stands beside each number; a session that is past is refused."""
    with look(browser, 390) as page:
        website.sign_in(page, "analyst")
        page.goto(f"{website.address}/analysis")
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Coming session").click()
        page.get_by_label("Patients").fill("8")
        page.get_by_label("Intervals", exact=True).fill("24")
        page.get_by_role("button", name="Forecast it").click()
        work(website)
        expect(page.get_by_text("09:00: 8 patients")).to_be_visible()
        expect(page.get_by_role("rowheader", name="No-shows")).to_be_visible()
        page.get_by_label("For whom is it to be good?").fill("70")
        page.get_by_role("button", name="Search the best schedule").click()
        work(website)
        expect(page.get_by_text("that is proved")).to_be_visible()
        page.goto(f"{website.address}/analysis/session")
        page.get_by_label("Date").fill("2026-01-05")
        page.get_by_role("button", name="Forecast it").click()
        work(website)
        expect(page.get_by_role("alert").or_(page.locator(".alert-danger")).first).to_be_visible()


@pytest.mark.slow
def test_last_month_is_replayed_under_another_template(browser: Browser, website: Website):
    """In words with intervals, and session by session."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/optimise?compare=1&patients=12&mean=12")
        page.get_by_label("For visits of type").select_option(label="return")
        page.get_by_role("button", name="Compare with the best").click()
        page.get_by_label("Name", exact=True).fill("Mornings")
        page.get_by_role("button", name="Keep my schedule").click()
        page.goto(f"{website.address}/sign-in")
        website.sign_in(page, "analyst")
        page.goto(f"{website.address}/analysis/replay")
        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_text("Patients would have waited")).to_be_visible()
        expect(page.locator("#plot-sessions .main-svg").first).to_be_visible()


def test_an_optimum_is_looked_up_in_an_atlas(browser: Browser, website: Website):
    """And where there is none, the page says how it is made."""
    with look(browser, 390) as page:
        website.sign_in(page, "analyst")
        page.goto(f"{website.address}/analysis/atlas")
        expect(page.get_by_text("No atlas is here yet.")).to_be_visible()
        grid = Grid(patients=[3, 4], intervals=[8], mean=[1.5, 2.0], waiting_share=[0.3, 0.7])
        home = Path(website.app.config["SETTINGS"].home)
        build_atlas(home / "atlas", grid)
        page.reload()
        expect(page.get_by_text("that is proved.")).to_be_visible()
        page.get_by_label("Patients").select_option("3")
        expect(page).to_have_url(re.compile("patients=3"))
        page.get_by_role("link", name="Look at it with intervals of 5 minutes").click()
        expect(page.get_by_role("heading", name="Is there a better schedule?")).to_be_visible()
