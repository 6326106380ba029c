"""A part of the pages: what one role does in the day."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint

from serve.auth.actor import Actor
from serve.auth.policy import reach


class PagesOfRole(Blueprint):
    """Pages that are of one role alone, whatever else another role may do.

    Parameters
    ----------
    role
        Whose they are.
    """

    def __init__(self, name: str, import_name: str, url_prefix: str, role: str) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.role = role


@dataclass(frozen=True)
class Entry:
    """A page that the menu leads to.

    Attributes
    ----------
    label
        What it is called, as `serve.web.texts.marked` has it.
    endpoint
        The page's, such as ``patient.find``.
    action
        Without which the page is not in the menu.
    """

    label: str
    endpoint: str
    action: str


@dataclass(frozen=True)
class Area:
    """What one role does.

    Attributes
    ----------
    role
        Whose pages they are.
    label
        What the part is called where somebody has several roles.
    pages
        The blueprint with them.
    menu
        The pages that the menu leads to; the first is where the role begins.
    """

    role: str
    label: str
    pages: Blueprint
    menu: Sequence[Entry]

    def menu_of(self, actor: Actor) -> list[Entry]:
        """Return what of the menu somebody has."""
        if self.role not in actor.roles:
            return []
        return [one for one in self.menu if reach(actor, one.action) is not None]
