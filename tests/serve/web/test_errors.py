"""Pages that say what went wrong."""

from apiflask import APIFlask

PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_a_page_and_a_program_problem_details(app: APIFlask):
    """Of the same error."""
    client = app.test_client()
    page = client.get("/nothing", headers=PAGE)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert page.headers["X-Request-Id"] in page.text
    assert client.get("/nothing").mimetype == "application/problem+json"
    assert client.get("/nothing", headers={"Accept": "*/*"}).is_json
    assert client.get("/api/v1/nothing", headers=PAGE).mimetype == "application/problem+json"


def test_an_unexpected_error_tells_no_detail(app: APIFlask):
    """But its number, to find it in the logs by."""

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret detail")

    page = app.test_client().get("/broken", headers=PAGE)
    assert page.status_code == 500
    assert "secret" not in page.text
    assert page.headers["X-Request-Id"] in page.text


def test_a_wrong_method_is_told_on_a_page(app: APIFlask):
    """As any other error."""
    page = app.test_client().delete("/sign-in", headers=PAGE)
    assert (page.status_code, page.mimetype) == (405, "text/html")
