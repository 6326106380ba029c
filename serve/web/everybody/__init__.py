"""The pages of everybody: signing in and out, and one's account."""

from serve.web.everybody import account, entrance
from serve.web.everybody.blueprint import pages

__all__ = ["account", "entrance", "pages"]
