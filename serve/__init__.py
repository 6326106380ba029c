"""The service: practices publish templates, take bookings, run their days and learn from them."""

from serve.application import create_app

__all__ = ["create_app"]
