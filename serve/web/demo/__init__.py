"""What pages have in a made-up practice alone: its simulated time, and the buttons that play it."""

from serve.web.demo import playing
from serve.web.demo.blueprint import pages

__all__ = ["pages", "playing"]
