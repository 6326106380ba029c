"""An input of a session: its forecast, and how sure it is."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Input:
    """A number that the session's schedule depends on.

    Attributes
    ----------
    name, heading, unit
        Of the input; a unit of ``%`` is shown times 100.
    value
        Its forecast.
    levels, quantiles
        Probabilities, and what is not exceeded with each, (levels,).
    source
        What it was forecast from, in a sentence.
    uncertainty
        What the quantiles are of, in a sentence.
    """

    name: Literal["no_show", "consultation", "walk_ins"]
    heading: str
    unit: str
    value: float
    levels: tuple[float, ...]
    quantiles: tuple[float, ...]
    source: str
    uncertainty: str

    def words(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{100 * value:.1f} %" if self.unit == "%" else f"{value:.2f} {self.unit}"

    def to_dict(self) -> dict[str, Any]:
        """Return the input as plain names and numbers."""
        return {
            "input": self.name,
            "unit": "probability" if self.unit == "%" else self.unit,
            "forecast": self.value,
            "quantiles": {
                f"{level:g}": value
                for level, value in zip(self.levels, self.quantiles, strict=True)
            },
            "source": self.source,
            "uncertainty": self.uncertainty,
        }


def file_suffix(name: str, level: float) -> str:
    """Return what is added to the name of a session's file for a quantile of an input."""
    percent = f"{100 * level:g}".replace(".", "_")
    return f"{name}_{percent}"
