"""Long work: how far it is, and what came out."""

from serve.web.work import runs
from serve.web.work.blueprint import pages

__all__ = ["pages", "runs"]
