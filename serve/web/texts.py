"""What pages say, in the reader's language; English is what the program itself says."""

import gettext
from functools import lru_cache
from pathlib import Path

from flask import g, has_request_context, request

#: Catalogues of translations.
CATALOGUES, DOMAIN = Path(__file__).parent / "locale", "pages"


@lru_cache(maxsize=64)
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the texts of a language, or English where there is no translation."""
    return gettext.translation(DOMAIN, str(CATALOGUES), languages=[language], fallback=True)


def language() -> str:
    """Return the language of the request: the first that the browser asks for and that is here."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        here = [path.name for path in CATALOGUES.glob("*") if path.is_dir()]
        g.language = request.accept_languages.best_match([*here, "en"], default="en")
    return str(g.language)


def _(text: str) -> str:
    """Return a text in the reader's language."""
    return catalogue(language()).gettext(text)


def plural(one: str, many: str, number: int) -> str:
    """Return one of two texts by a number, in the reader's language."""
    return catalogue(language()).ngettext(one, many, number)


def marked(text: str) -> str:
    """Return a text as it is, to be found by whoever translates and put into words later."""
    return text
