"""Forms: who may send them, once, and what a refused one says."""

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from serve.database import reading
from serve.models import ApiToken
from serve.web.everybody.entrance import local
from tests.serve.browser import PASSWORD, give_password
from tests.serve.conftest import Clinic

PAGE = {"Accept": "text/html"}
ONCE = "0123456789abcdef"


class Reader:
    """Somebody at a browser without JavaScript."""

    def __init__(self, app: APIFlask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=PAGE | headers)

    def send(self, path: str, form: dict[str, Any], **headers: str) -> TestResponse:
        """Send a form with the token of the page that it is on."""
        token = re.search(r'name="csrf_token" value="([^"]*)"', self.get("/account").text)
        hidden = {"csrf_token": token[1] if token else ""}
        return self.client.post(path, data=hidden | form, headers=PAGE | headers)


@pytest.fixture
def reader(app: APIFlask, clinic: Clinic) -> Reader:
    """The administrator, signed in."""
    with app.app_context():
        give_password(clinic.users["administrator"])
    made = Reader(app)
    form = {"email": "administrator@bailey.example", "password": PASSWORD}
    assert made.client.post("/sign-in", data=form, headers=PAGE).status_code == 303
    return made


def tokens(app: APIFlask) -> int:
    """Return how many tokens there are."""
    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(ApiToken)) or 0


TOKEN = {"name": "notebook", "days": "30", "scopes": ["run.read"], "once": ONCE}


def test_a_button_that_is_pressed_twice_does_its_work_once(app: APIFlask, reader: Reader):
    """The second answer leads to the page with the form, and says so."""
    made = reader.send("/account/tokens", TOKEN)
    assert made.status_code == 200
    assert "notebook" in made.text
    again = reader.send("/account/tokens", TOKEN)
    assert (again.status_code, again.location) == (303, "/account")
    assert "That is done already." in reader.get("/account").text
    assert tokens(app) == 1


def test_a_form_without_the_session_s_token_is_refused(app: APIFlask, reader: Reader):
    """As another site would send it."""
    answer = reader.client.post("/account/tokens", data=TOKEN, headers=PAGE)
    assert answer.status_code == 403
    assert tokens(app) == 0


@pytest.mark.parametrize("path", ["/sign-in", "/invitation"])
def test_a_form_of_another_site_signs_nobody_in(reader: Reader, path: str):
    """Where there is no session yet, the browser says where a form comes from."""
    answer = reader.client.post(path, data={}, headers=PAGE | {"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_refused_form_says_why_beside_what_was_typed(app: APIFlask, reader: Reader):
    """On top, and beside the field; a link leads from one to the other."""
    answer = reader.send("/account/tokens", TOKEN | {"days": "many"})
    assert answer.status_code == 422
    assert 'href="#field-days"' in answer.text
    assert 'id="error-days"' in answer.text
    assert 'value="notebook"' in answer.text
    assert re.search(r'value="run.read"\s+checked', answer.text)
    assert tokens(app) == 0


def test_whoever_is_not_signed_in_is_led_back_afterwards(app: APIFlask, clinic: Clinic):
    """Also from a part of a page, which htmx asks for."""
    client = app.test_client()
    answer = client.get("/account?a=b", headers=PAGE)
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=%2Faccount%3Fa%3Db")
    answer = client.get("/account", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Faccount")
    assert client.get("/account").status_code == 401


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/account?a=b", "/account?a=b"),
        (None, "/"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("account", "/"),
        ("/sign-in", "/"),
    ],
)
def test_nobody_is_led_to_another_site(asked: str | None, led: str):
    """Whatever a link to the sign-in page says."""
    assert local(asked) == led


def test_signing_out_everywhere_ends_every_session(app: APIFlask, reader: Reader):
    """Of another browser too."""
    other = Reader(app)
    form = {"email": "administrator@bailey.example", "password": PASSWORD}
    other.client.post("/sign-in", data=form, headers=PAGE)
    assert other.get("/account").status_code == 200
    assert reader.send("/account/sign-out-everywhere", {}).location == "/sign-in"
    assert other.get("/account").status_code == 302


def test_a_new_password_is_the_one_to_sign_in_with(app: APIFlask, reader: Reader):
    """And a wrong present one changes nothing."""
    wrong = {"old": "another one altogether", "new": "sieben grüne Tassen am Fenster"}
    answer = reader.send("/account/password", wrong)
    assert answer.status_code == 422
    assert wrong["new"] not in answer.text
    assert reader.send("/account/password", wrong | {"old": PASSWORD}).status_code == 303
    form = {"email": "administrator@bailey.example", "password": wrong["new"]}
    assert app.test_client().post("/sign-in", data=form, headers=PAGE).status_code == 303
