"""What is done by the clock, by any one worker at a time."""

from flask import Flask
from huey import Huey


def register_chores(chores: Huey, app: Flask) -> None:
    """Let a queue's consumer do the chores of an application."""
