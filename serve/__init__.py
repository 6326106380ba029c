"""The service: for now, one endpoint that optimises or prices the schedules of a session."""

from serve.application import create_app

__all__ = ["create_app"]
