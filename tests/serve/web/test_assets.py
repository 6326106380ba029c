"""What pages load, and what protects whoever reads them."""

import re

import pytest
from apiflask import APIFlask

from serve.web.assets import HERE, asset

PAGE = {"Accept": "text/html"}


def test_a_file_is_kept_until_it_changes(app: APIFlask):
    """Its address names its content; without that, browsers ask whether it changed."""
    client = app.test_client()
    with app.test_request_context():
        address = asset("bailey.css")
    assert "immutable" in client.get(address).headers["Cache-Control"]
    plain = client.get("/static/bailey.css")
    assert "immutable" not in plain.headers["Cache-Control"]
    again = client.get("/static/bailey.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", [f"vendor/{one}" for one in ("htmx.min.js", "bootstrap.min.css")])
@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_files_are_sent_compressed(app: APIFlask, name: str, encoding: str):
    """To browsers that take it."""
    client = app.test_client()
    sent = client.get(f"/static/{name}", headers={"Accept-Encoding": encoding})
    assert sent.headers["Content-Encoding"] == encoding
    assert len(sent.data) < (HERE / name).stat().st_size / 2


def test_plotly_comes_from_its_own_package(app: APIFlask):
    """In one file of less than 1.7 MB."""
    sent = app.test_client().get("/static/plotly.min.js", headers={"Accept-Encoding": "br"})
    assert sent.status_code == 200
    assert len(sent.data) < 1.7e6


@pytest.mark.parametrize(
    "path", ["/static/../page.py", "/static/%2e%2e/page.py", "/static/nothing.js", "/static/vendor"]
)
def test_nothing_but_those_files_is_sent(app: APIFlask, path: str):
    """Whatever an address looks like."""
    assert app.test_client().get(path).status_code == 404


def test_no_script_and_no_style_is_written_into_a_page(app: APIFlask):
    """And the policy would let a browser do nothing with one."""
    page = app.test_client().get("/sign-in", headers=PAGE)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)", page.text)


def test_data_are_not_compressed(app: APIFlask):
    """Their ETags are versions."""
    answer = app.test_client().get("/api/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_a_host_that_is_none_gets_into_no_header(app: APIFlask):
    """The policy names where the stream is, which follows from the request."""
    page = app.test_client().get("/sign-in", headers=PAGE | {"Host": "a;script-src *"})
    assert "script-src *" not in page.headers.get("Content-Security-Policy", "")
