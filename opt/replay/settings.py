"""What a replay is told: which sessions, and how it learns from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from objective import InvalidInput
from objective.errors import finite_number, known_keys, whole_number
from opt.registry import BASELINES
from opt.replay.bootstrap import Bootstrap
from opt.replay.fitting import LawName
from opt.replay.past_sessions import CLASS_COLUMNS
from opt.replay.planning import check_lengths
from opt.replay.synthetic import SyntheticSessions


@dataclass(frozen=True)
class ReplaySettings:
    """What is replayed, and how.

    Attributes
    ----------
    file
        CSV or Parquet file of past sessions, see `opt.replay.past_sessions`; None for made-up ones.
    learn_share
        Share of the sessions, the earliest, from which is learnt before the first is replayed.
    learn_again_every
        After so many sessions replayed, learn again from all sessions before; None learns once.
    law
        ``empirical`` (the measured consultations themselves), ``gamma`` or ``lognormal``.
    classes
        ``visit_type`` or ``patient_class``: patients differ by that column, with a law and a
        no-show probability for each, in the order in which they were served; None: it is ignored.
    parts
        Number of parts of a session, 1 to 20, that are learnt from apart, each with as many
        patients; 1 where it does not matter when in a session a patient is served.
    interval_length
        Minutes from one possible appointment to the next.
    length_factor
        Planned length of a session over the work expected in it, where the file does not give it;
        rounded up to whole intervals.
    rule_in_use
        The rule that stands for the schedule in use where the file has no appointments.
    bootstrap, synthetic
        How intervals are made, and the made-up sessions.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    file: str | None = None
    learn_share: float = 0.7
    learn_again_every: int | None = None
    law: LawName = "empirical"
    classes: str | None = None
    parts: int = 1
    interval_length: float = 5.0
    length_factor: float = 1.0
    rule_in_use: str = "individual"
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    synthetic: SyntheticSessions = field(default_factory=SyntheticSessions)

    def __post_init__(self) -> None:
        if self.file is not None and not isinstance(self.file, str):
            raise InvalidInput("replay.file", self.file, "the name of a file, or null")
        allowed = "a share above 0 and below 1"
        if not 0 < finite_number("replay.learn_share", self.learn_share, allowed) < 1:
            raise InvalidInput("replay.learn_share", self.learn_share, allowed)
        if self.learn_again_every is not None:
            whole_number("replay.learn_again_every", self.learn_again_every, 1, 10**6)
        if self.law not in get_args(LawName):
            raise InvalidInput("replay.law", self.law, "one of " + ", ".join(get_args(LawName)))
        if self.classes not in (None, *CLASS_COLUMNS):
            allowed = "null, or one of " + ", ".join(CLASS_COLUMNS)
            raise InvalidInput("replay.classes", self.classes, allowed)
        whole_number("replay.parts", self.parts, 1, 20)
        check_lengths("replay", self.interval_length, self.length_factor)
        if self.rule_in_use not in BASELINES:
            raise InvalidInput(
                "replay.rule_in_use", self.rule_in_use, "one of " + ", ".join(BASELINES)
            )

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "ReplaySettings":
        """Make the settings that a mapping describes; raise `InvalidInput` for unknown fields."""
        names = [one.name for one in fields(ReplaySettings)]
        given = known_keys("replay", description, names)
        given["bootstrap"] = Bootstrap.from_dict(given.get("bootstrap") or {})
        given["synthetic"] = SyntheticSessions.from_dict(given.get("synthetic") or {})
        return ReplaySettings(**given)
