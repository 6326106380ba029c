"""Addresses that are compiled once for all applications of the tests.

Every test of the service has an application of its own, and Werkzeug compiles a function for each
of its 320 addresses: a third of a second each time, for functions that are always the same.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_compiled: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


def _remember(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    # All that such a function is made from; what converts an address's parts stays with the rule.
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _compiled:
        _compiled[key] = _compile(rule, append_unknown)
    return _compiled[key]


def compile_routes_once() -> None:
    """Let all applications of this process share what is compiled."""
    Rule._compile_builder = _remember  # type: ignore[method-assign]
