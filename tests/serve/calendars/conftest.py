"""A clinic with a day to book, as for booking."""

from tests.serve.booking.conftest import books

__all__ = ["books"]
