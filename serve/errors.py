"""What the service refuses, beside a value that it cannot use (`objective.InvalidInput`)."""

from collections.abc import Sequence


class Refused(Exception):
    """A request that is understood and not done; the message says why, without what was sent.

    Attributes
    ----------
    status
        The answer's status in HTTP.
    errors
        Place and message of each thing that is wrong, where there are several.
    """

    status = 409
    errors: Sequence[tuple[str, str]] = ()


class Conflict(Refused):
    """What was asked for does not fit what is there: a seat is taken, a step is not allowed.

    Parameters
    ----------
    detail
        Why, in a sentence.
    reason
        A word for programs, such as ``seat_taken``.
    allowed
        What would be possible instead.
    errors
        What stands in the way, each with its place.
    """

    def __init__(
        self,
        detail: str,
        reason: str,
        allowed: Sequence[str] = (),
        errors: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.allowed = tuple(allowed)
        self.errors = tuple(errors)


class RowsRefused(Refused):
    """Rows of a file that cannot be used: line and column of each, and what would be right."""

    status = 422

    def __init__(self, detail: str, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class NotFound(Refused):
    """There is no such thing, or nobody may tell this user that there is."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class SignInNeeded(Refused):
    """Nobody is signed in."""

    status = 401

    def __init__(self, detail: str = "Sign in first, or send a token.") -> None:
        super().__init__(detail)


class Forbidden(Refused):
    """The user's roles do not include this."""

    status = 403

    def __init__(self, detail: str = "None of your roles may do this.") -> None:
        super().__init__(detail)


class Malformed(Refused):
    """A request that no endpoint looks at."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class VersionNeeded(Refused):
    """A change came without the version that it changes."""

    status = 428

    def __init__(self) -> None:
        super().__init__("Send If-Match with the ETag of what you change.")


class VersionChanged(Refused):
    """Somebody else changed it first."""

    status = 412

    def __init__(self) -> None:
        super().__init__("It was changed meanwhile; read it again and decide anew.")
