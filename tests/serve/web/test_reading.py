"""What a form sends becomes what the API takes."""

from typing import Annotated

import pytest
from pydantic import Field

from serve.api.fields import Clock, Day, Minutes, Sent
from serve.web.forms import WrongForm, model_of


class Part(Sent):
    """A model in another."""

    mean: float
    rows: list[Annotated[int, Field(strict=True)]] = Field(default_factory=list)


class Whole(Sent):
    """Fields of every kind."""

    minutes: Minutes
    weight: Annotated[float, Field(strict=True, ge=0)] | None = None
    day: Day | None = None
    clock: Clock | None = None
    name: str = ""
    part: Part | None = None
    parts: list[Part] = Field(default_factory=list)


def test_texts_become_numbers_where_the_model_wants_some():
    """Also strict ones, in lists and in models within; a name of digits stays one."""
    part = {"mean": "1.5", "rows": ["1", "2"]}
    sent = {"minutes": "5", "weight": "0.5", "name": "12", "part": part, "parts": [part]}
    read = model_of(Whole, sent)
    assert (read.minutes, read.weight, read.name) == (5, 0.5, "12")
    assert read.part == read.parts[0] == Part(mean=1.5, rows=[1, 2])


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "minutes"),
        ({"minutes": "many"}, "minutes"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "1.5"}, "minutes"),
        ({"minutes": "5", "weight": "nan"}, "weight"),
        ({"minutes": "5", "weight": "-1"}, "weight"),
        ({"minutes": "5", "day": "yesterday"}, "day"),
        ({"minutes": "5", "clock": "25:00"}, "clock"),
        ({"minutes": "5", "part": {"mean": "x"}}, "part.mean"),
        ({"minutes": "5", "unknown": "1"}, "unknown"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_field(sent: dict[str, object], field: str):
    """In a sentence, and without what was sent."""
    with pytest.raises(WrongForm) as refused:
        model_of(Whole, sent)
    [(name, message)] = refused.value.errors
    assert name == field
    assert message[0].isupper()
    assert message.endswith(".")
