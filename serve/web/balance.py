"""For whom a schedule is to be good: one slider between patients and provider."""

from typing import Annotated

from pydantic import Field

#: How much of a hundred the provider's end of a session counts; the rest is the patients' waiting.
Balance = Annotated[int, Field(ge=1, le=99)]
#: Where the slider stands at first.
EVEN = 50


def weights_of(balance: int) -> dict[str, float]:
    """Return what a minute of each part is worth."""
    provider = balance / 100
    return {"waiting": 1 - provider, "idle": 0.0, "tardiness": provider}
