"""``python -m opt.recommend``: the open seats of sessions, ranked for a new patient."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.table import Table

from objective import InvalidInput
from objective.commands.errors import INTERRUPTED, WRONG_INPUT
from objective.commands.progress import stdout_console
from opt.recommend.files import read_request, read_session, write_recommendation
from opt.recommend.ranking import Recommendation, recommend
from opt.recommend.request import moment

EXAMPLES = """examples
  python -m opt.recommend outputs/.../result.json
  python -m opt.recommend outputs/.../result.json --starts 2026-03-02T09:00
  python -m opt.recommend monday/result.json tuesday/result.json --request request.json

request.json, where every field may be left out:
  {"patient": {"no_show": 0.2}, "earliest": "2026-03-02T00:00", "latest": "2026-03-20T23:59",
   "providers": ["Dr A"], "weekdays": ["monday"], "times": [["09:00", "12:00"]], "urgency": 1,
   "importance": {"day": 1, "provider": 5, "weekday": 3, "time": 3, "refusal": 5},
   "sessions": [{"result": "monday/result.json", "name": "Monday", "provider": "Dr A",
                 "starts": "2026-03-02T09:00", "booked": [1, 0, 1], "open": [1],
                 "acceptance": 0.8}]}
Of a session without "booked" all seats of the result are; without "open" what the result has left
is open, and if it has nothing left every interval, for an extra patient.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status. Errors are printed in one line."""
    given = parser().parse_args(arguments)
    console = stdout_console()
    try:
        if given.top < 1:
            raise InvalidInput("top", given.top, "at least 1")
        starts = None if given.starts is None else moment("starts", given.starts)
        request, importance, sessions = read_request(given.request)
        sessions += [read_session(path, starts) for path in given.results]
        recommendation = recommend(request, sessions, importance)
        directory: Path = given.output or Path(f"outputs/{datetime.now():%Y-%m-%d/%H-%M-%S}")
        directory.mkdir(parents=True, exist_ok=True)
        write_recommendation(directory, recommendation)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (InvalidInput, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_INPUT
    console.print(seat_table(recommendation, given.top))
    for rank, seat in enumerate(recommendation.seats[: given.top], start=1):
        console.print(f"{rank}. {seat.explanation}.", highlight=False)
    for why, number in recommendation.left_out.items():
        console.print(f"Not offered: {number} seats {why}.", highlight=False)
    count = len(recommendation.seats)
    console.print(f"{count} seats in {1000 * recommendation.seconds:.0f} ms.", highlight=False)
    console.print(
        f"Written to {directory}: recommendation.json, recommendation.csv", highlight=False
    )
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command's arguments."""
    made = argparse.ArgumentParser(
        prog="python -m opt.recommend",
        description="Rank the open seats of sessions for a new patient, by what one more patient "
        "there adds to everybody's waits, idle time and overtime, and by what the patient prefers.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "results", nargs="*", type=Path, help="result.json of sessions that take an extra patient"
    )
    made.add_argument("--request", type=Path, help="request.json, see below")
    made.add_argument("--starts", help="when these sessions begin, like 2026-03-02T09:00")
    made.add_argument("--top", type=int, default=5, help="seats to print (default 5)")
    made.add_argument("--output", type=Path, help="directory to write to (default under outputs/)")
    return made


def seat_table(recommendation: Recommendation, top: int) -> Table:
    """Return the first seats with what each adds, in minutes."""
    table = Table()
    table.add_column("seat")
    for column in ("score", "others' waits", "own wait", "idle", "overtime", "cost"):
        table.add_column(column, justify="right")
    for seat in recommendation.seats[:top]:
        when = f"minute {seat.minute:g}" if seat.begins is None else f"{seat.begins:%a %d %b %H:%M}"
        where = seat.provider or seat.session
        table.add_row(
            f"{when}, {where}",
            f"{seat.score:.3f}",
            f"{seat.others_wait:+.2f}",
            f"{seat.own_wait:.2f}",
            f"{seat.idle:+.2f}",
            f"{seat.tardiness:+.2f}",
            f"{seat.cost:+.3f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
