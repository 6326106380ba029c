"""What notices say: practice, day, time, place and contact, and nothing of why somebody comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from serve.notify.language import Language, Translate


@dataclass(frozen=True)
class Facts:
    """All that a notice may tell.

    Attributes
    ----------
    practice, zone, contact
        The practice's name, its clock, and where it is reached; no contact if empty.
    place
        Name and address of the location; nothing if empty.
    starts_at
        When the visit is.
    expected_at, until
        When it is expected to begin, and until when an offer can be accepted.
    caring
        Whether it goes to somebody who looks after the patient.
    """

    practice: str
    zone: str
    contact: str
    place: str
    starts_at: datetime
    expected_at: datetime | None = None
    until: datetime | None = None
    caring: bool = False


@dataclass(frozen=True)
class Text:
    """A notice in words: its subject, and its paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]

    def plain(self) -> str:
        """Return the paragraphs with a blank line between."""
        return "\n\n".join(self.paragraphs) + "\n"

    def short(self) -> str:
        """Return one line, for a telephone."""
        return " ".join((f"{self.subject}.", *self.paragraphs))


def text_of(kind: str, facts: Facts, language: Language) -> Text:
    """Return what a notice of a kind says, in a language."""
    _ = language.translate
    words = _words(facts, language)
    subject, sentences = SAYINGS[kind](_)
    paragraphs = [one.format_map(words) for one in sentences]
    if facts.place and kind != "cancellation":
        paragraphs.append(_("Where: {place}").format_map(words))
    if facts.contact:
        paragraphs.append(_("Questions, or you cannot come? {contact}").format_map(words))
    if facts.caring:
        paragraphs.append(_("You get this message for somebody whom you look after."))
    return Text(subject.format_map(words), tuple(paragraphs))


def to_stop(language: Language, link: str) -> tuple[str, str]:
    """Return the last line of a mail, where to say that no more are wished, plain and in HTML."""
    _ = language.translate
    plain = _("No more e-mails about appointments: {link}").format(link=link)
    label = escape(_("Send me no more e-mails"))
    return plain, f'<p><a href="{escape(link)}">{label}</a></p>'


def as_page(title: str, paragraphs: tuple[str, ...], language: Language, below: str = "") -> str:
    """Return a small page in HTML.

    Parameters
    ----------
    below
        What follows the paragraphs, in HTML.
    """
    lines = "\n".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    return (
        f'<!doctype html>\n<html lang="{escape(language.tag)}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head>\n<body>\n{lines}\n{below}\n</body>\n</html>\n"
    )


def _words(facts: Facts, language: Language) -> dict[str, str]:
    words = {
        "practice": facts.practice,
        "contact": facts.contact,
        "place": facts.place,
        "day": language.day(facts.starts_at, facts.zone),
        "time": language.time(facts.starts_at, facts.zone),
    }
    if facts.expected_at is not None:
        words["expected"] = language.time(facts.expected_at, facts.zone)
    if facts.until is not None:
        words["until_day"] = language.day(facts.until, facts.zone)
        words["until_time"] = language.time(facts.until, facts.zone)
    return words


def _confirmation(_: Translate) -> tuple[str, list[str]]:
    return _("{practice}: your appointment on {day}"), [
        _("Your appointment is booked for {day} at {time}.")
    ]


def _reminder(_: Translate) -> tuple[str, list[str]]:
    return _("{practice}: reminder of your appointment on {day}"), [
        _("You have an appointment on {day} at {time}.")
    ]


def _change(_: Translate) -> tuple[str, list[str]]:
    return _("{practice}: your appointment was moved to {day}"), [
        _("Your appointment was moved. It is now on {day} at {time}.")
    ]


def _cancellation(_: Translate) -> tuple[str, list[str]]:
    return _("{practice}: your appointment on {day} is cancelled"), [
        _("Your appointment on {day} at {time} is cancelled. You do not need to come.")
    ]


def _delay(_: Translate) -> tuple[str, list[str]]:
    return _("{practice}: another time for your appointment today"), [
        _("Your appointment of {time} is expected to begin at about {expected}.")
    ]


def _offer(_: Translate) -> tuple[str, list[str]]:
    return _("{practice}: an appointment on {day} is free for you"), [
        _("You can have an appointment on {day} at {time}."),
        _("It is kept for you until {until_day}, {until_time}. Accept it before then."),
    ]


#: Subject and sentences of each kind, in English, with what is put in for names in braces.
SAYINGS: Mapping[str, Callable[[Translate], tuple[str, list[str]]]] = {
    "confirmation": _confirmation,
    "reminder": _reminder,
    "change": _change,
    "cancellation": _cancellation,
    "delay": _delay,
    "offer": _offer,
}
