"""Every text is there in every language, with the same names to put in, and compiled."""

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import serve.notify
from serve.notify.kinds import KINDS
from serve.notify.language import CATALOGUES, DOMAIN, language_of
from serve.notify.texts import SAYINGS, Facts, text_of

TRANSLATED = ("de", "nl")
#: Three in the morning at which clocks in Amsterdam are put forward.
SPRING = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
FACTS = Facts(
    practice="Bailey", zone="Europe/Amsterdam", contact="020 1234567", place="Main street",
    starts_at=datetime(2026, 3, 5, 13, 5, tzinfo=UTC),
    expected_at=datetime(2026, 3, 5, 13, 25, tzinfo=UTC),
    until=datetime(2026, 3, 4, 16, 30, tzinfo=UTC),
)  # fmt: skip


def said() -> set[str]:
    """Return every text that the program says to patients."""
    folder = Path(serve.notify.__file__).parent
    keywords = {"_": None, "translate": None}
    found = extract_from_dir(folder, [("**.py", "python")], keywords=keywords)
    return {message for _, _, message, *_ in found}


def catalogue(language: str) -> Catalog:
    """Return the translations into a language."""
    path = CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def placeholders(text: str) -> set[str]:
    """Return the names for which something is put in."""
    return {name for _, name, *_ in Formatter().parse(text) if name}


def test_these_languages_are_there():
    """And every folder of a language has its catalogue."""
    assert {path.name for path in CATALOGUES.iterdir()} == set(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_with_the_same_names_in_it(language: str):
    """Nothing is left out, nothing is too much, nothing is in doubt."""
    messages = {one.id: one for one in catalogue(language) if one.id}
    assert set(messages) == said()
    for identifier, message in messages.items():
        assert message.string, identifier
        assert not message.fuzzy, identifier
        assert placeholders(message.string) == placeholders(identifier)
        assert message.string != identifier


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_the_texts(language: str):
    """It is made with ``pybabel compile -D notices -d serve/notify/locale``."""
    with (CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        compiled = {one.id: one.string for one in read_mo(file) if one.id}
    assert compiled == {one.id: one.string for one in catalogue(language) if one.id}


def test_every_kind_says_something():
    """And nothing else does."""
    assert set(SAYINGS) == set(KINDS)


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_says_when_and_where_in_its_language(kind: str, language: str):
    """With nothing left in braces, and on the practice's clock."""
    text = text_of(kind, FACTS, language_of(language))
    whole = f"{text.subject} {text.plain()}"
    assert "{" not in whole
    assert whole.startswith("Bailey: ")
    assert "14:05" in whole
    assert "020 1234567" in whole
    day = {"en": "5 March 2026", "nl": "5 maart 2026", "de": "5. März 2026"}[language]
    assert day in whole or kind == "delay"
    assert ("Main street" in whole) is (kind != "cancellation")
    assert ("14:25" in whole) is (kind == "delay")
    assert ("17:30" in whole) is (kind == "offer")


@pytest.mark.parametrize(
    ("wished", "country", "tag", "day"),
    [
        ("nl", "NL", "nl", "donderdag 5 maart 2026"),
        ("nl-BE", "", "nl", "donderdag 5 maart 2026"),
        ("de-AT", "AT", "de", "Donnerstag, 5. März 2026"),
        ("en", "", "en", "Thursday, 5 March 2026"),
        ("en", "NL", "en", "Thursday, 5 March 2026"),
        ("en-US", "NL", "en", "Thursday, March 5, 2026"),
        ("fr", "FR", "en", "Thursday, 5 March 2026"),
        ("tlh-Latn", "DE-BY", "en", "Thursday, 5 March 2026"),
        ("../../etc", "", "en", "Thursday, 5 March 2026"),
    ],
)
def test_english_is_for_who_speaks_no_language_that_is_there(
    wished: str, country: str, tag: str, day: str
):
    """Dates are written as where the patient or the practice is."""
    found = language_of(wished, country)
    assert found.tag == tag
    assert found.day(FACTS.starts_at, "Europe/Amsterdam") == day


@pytest.mark.parametrize(
    ("zone", "time"), [("Europe/Amsterdam", "03:00"), ("Europe/London", "02:00"), ("UTC", "01:00")]
)
def test_times_are_those_of_the_practices_clock_also_when_it_is_changed(zone: str, time: str):
    """At the moment at which the clocks are put forward."""
    assert language_of("en").time(SPRING, zone) == time
