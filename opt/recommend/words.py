"""What booking a seat means, in words."""

from typing import TYPE_CHECKING

from opt.words import clock, listed

if TYPE_CHECKING:
    from opt.recommend.ranking import RankedSeat

#: Minutes that are written as none.
NOTHING = 0.05


def explanation(seat: "RankedSeat") -> str:
    """Return what one more patient in a seat does to everybody, and what it fulfils."""
    sentences = [f"{when(seat)} {_effects(seat)}"]
    if seat.met or seat.unmet:
        words = [f"at your preferred {name}" for name in seat.met if name != "provider"]
        words += ["with your preferred provider"] * ("provider" in seat.met)
        words += [f"not at your preferred {name}" for name in seat.unmet if name != "provider"]
        words += ["not with your preferred provider"] * ("provider" in seat.unmet)
        sentences.append("it is " + listed(words))
    sentences.append(f"your own wait is {seat.own_wait:.1f} min on average")
    if seat.acceptance < 1:
        sentences.append(f"it is accepted with a probability of {100 * seat.acceptance:.0f} %")
    return "; ".join(sentences)


def when(seat: "RankedSeat") -> str:
    """Return the moment of a seat on a clock, or in minutes of its session."""
    if seat.begins is None:
        return f"minute {seat.minute:g} of {seat.session}"
    minutes = 60 * seat.begins.hour + seat.begins.minute + seat.begins.second / 60
    return clock(minutes)


def _effects(seat: "RankedSeat") -> str:
    added = []
    removed = []
    for minutes, words in (
        (seat.others_wait, "to the others' waits together"),
        (seat.tardiness, "of overtime"),
        (seat.idle, "of idle time"),
    ):
        if minutes >= NOTHING:
            added.append(f"{minutes:.1f} min {words}")
        elif minutes <= -NOTHING:
            removed.append(f"{-minutes:.1f} min {words}")
    parts = ["adds " + listed(added) if added else "makes nobody wait longer"]
    if removed:
        parts.append("takes away " + listed(removed))
    return " and ".join(parts) if len(added) < 2 else ", and ".join(parts)
