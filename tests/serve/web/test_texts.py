"""Every text that a page shows goes through gettext, and whoever translates finds all of them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract
from jinja2 import Environment, nodes
from jinja2.ext import babel_extract

import serve.web

HERE = Path(serve.web.__file__).parent
TEMPLATES = HERE / "templates"
#: Attributes that are shown or read out.
SHOWN = (
    "alt", "aria-description", "aria-label", "aria-placeholder", "aria-roledescription",
    "aria-valuetext", "data-confirm", "data-label", "data-lost", "placeholder", "summary", "title",
)  # fmt: skip
#: Buttons whose text is an attribute.
BUTTONS = ("button", "submit", "reset")
#: What is the same in every language: the name of the program, and what a program sends.
NAMES = ("Bailey", "Authorization: Bearer …")
#: Elements whose text nobody sees.
UNSEEN = ("script", "style")
#: A macro may write attributes, which are then no part of an element of the template.
ATTRIBUTE = re.compile(r'[a-z-]+="[^"]*"')
#: Comments and statements say nothing; what an expression says is looked at as its value.
COMMENT, STATEMENT = re.compile(r"\{#.*?#\}", re.DOTALL), re.compile(r"\{%.*?%\}", re.DOTALL)
TRANSLATED = re.compile(r"\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}", re.DOTALL)
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
#: Functions whose argument goes through gettext, and what is written to be found by them.
GETTEXT = ("_", "gettext", "ngettext", "plural", "marked")
KEYWORDS = dict.fromkeys(("_", "gettext", "marked")) | {"ngettext": (1, 2), "plural": (1, 2)}


def _templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def _name(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


class _Shown(HTMLParser):
    """Finds what a template shows that is written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes of an element."""
        if tag in UNSEEN:
            self._within.append(tag)
        given = dict(attrs)
        for name, value in attrs:
            button = name == "value" and tag == "input" and given.get("type") in BUTTONS
            content = name == "content" and given.get("name") == "description"
            if name in SHOWN or button or content:
                self._see(value or "", f"{tag}'s {name}")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        """Look at a text."""
        if not self._within:
            self._see(ATTRIBUTE.sub("", data), "text")

    def _see(self, text: str, where: str) -> None:
        for name in NAMES:
            text = text.replace(name, "")
        if any(character.isalpha() for character in text):
            self.found.append(f"{where} {text.strip()!r} at line {self.getpos()[0]}")


def _blank(found: re.Match[str]) -> str:
    """Return the lines of what is left out, so that those after it keep their numbers."""
    return "\n" * found[0].count("\n")


def written_in(source: str) -> list[str]:
    """Return what a template shows that does not go through gettext."""
    found = list(_in_expressions(source))
    for pattern in (COMMENT, TRANSLATED, STATEMENT, EXPRESSION):
        source = pattern.sub(_blank, source)
    parser = _Shown()
    parser.feed(source)
    parser.close()
    return [*parser.found, *found]


def _in_expressions(source: str) -> Iterator[str]:
    """Yield texts that expressions show: choices between words, and arguments of macros.

    What has a blank between words, or begins with a capital letter, is one that people read.
    """
    environment = Environment(extensions=["jinja2.ext.i18n"])
    tree = environment.parse(source)
    quiet = {id(one) for call in tree.find_all(nodes.Call) for one in _of_gettext(call)}
    for output in tree.find_all((nodes.Output, nodes.Call, nodes.Assign, nodes.Keyword)):
        for one in output.find_all(nodes.Const):
            text = one.value
            if isinstance(text, str) and id(one) not in quiet and _is_read(text):
                quiet.add(id(one))
                yield f"an expression's {text!r} at line {one.lineno}"


def _of_gettext(call: nodes.Call) -> Iterator[nodes.Node]:
    if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT:
        yield from call.find_all(nodes.Const)


def _is_read(text: str) -> bool:
    text = text.strip()
    return bool(re.match(r"[A-Z][a-z]+( |$)", text)) and not any(text == one for one in NAMES)


@pytest.mark.parametrize("path", _templates(), ids=_name)
def test_every_text_of_a_template_goes_through_gettext(path: Path):
    """Texts, and attributes that are shown or read out."""
    assert written_in(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>",
        '<a aria-label="Close">×</a>',
        '<input placeholder="{{ name }} here">',
        '<input type="submit" value="Send">',
        '<p>{{ "Yes" if good else "No" }}</p>',
        '{{ field("name", "What is it for?") }}',
        '{% set heading = "Good morning" %}',
        "<p>{{ _('Hello') }}, you</p>",
        "<title>Sign in</title>",
    ],
)
def test_what_is_left_out_is_found(source: str):
    """The test before this one sees it."""
    assert written_in(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Hello') }}</p>",
        "<p>{% trans name=name %}Hello {{ name }}{% endtrans %}</p>",
        '<a aria-label="{{ _("Close") }}" class="btn">×</a>',
        '{# A comment. #}<p class="a">{{ name }} · {{ 12 }}</p>',
        '<p class="{{ "good" if good else "bad" }}">Bailey</p>',
        '{{ field("name", _("What is it for?"), autocomplete="off") }}',
        "<script>const Hello = 1;</script>",
    ],
)
def test_what_goes_through_gettext_is_left_alone(source: str):
    """And what nobody reads."""
    assert written_in(source) == []


@pytest.mark.parametrize("path", _templates(), ids=_name)
def test_whoever_translates_finds_the_texts_of_a_template(path: Path):
    """With the extractor that Jinja has, and with all the statements that templates use."""
    with path.open("rb") as file:
        found = list(babel_extract(file, list(KEYWORDS), [], {"silent": "false"}))
    assert found or not re.search(r"_\(|trans\b", COMMENT.sub("", path.read_text()))


def test_whoever_translates_finds_the_texts_of_the_programs():
    """With Babel's own extractor, every call with a text in it; and none is put together there."""
    texts = 0
    for path in sorted(HERE.rglob("*.py")):
        with path.open("rb") as file:
            found = list(extract("python", file, keywords=KEYWORDS))
        texts += len(found)
        source = path.read_text()
        made_up = re.findall(r'(?<![\w.])(?:_|marked|plural)\(\s*f["\']', source)
        assert not made_up, f"{path}: a text with values in it is found by nobody"
    assert texts > 20


def test_placeholders_have_names():
    """So that they can come in another order in another language."""
    wrong = []
    for path in sorted(HERE.rglob("*.py")):
        with path.open("rb") as file:
            for line, message, _, _ in extract("python", file, keywords=KEYWORDS):
                several = message if isinstance(message, tuple) else (message,)
                for text in several:
                    bare = re.findall(r"(?<!%)%(?:%%)*[sdf]|(?<!\{)\{\}", text or "")
                    if len(bare) > 0:
                        wrong.append(f"{path.name}:{line}: {text!r}")
    assert not wrong
