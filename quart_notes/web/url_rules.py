"""Rules of routes that cost little at the start."""

from collections.abc import Callable

from quart.routing import QuartRule

Build = Callable[..., tuple[str, str]]


class LazyRule(QuartRule):
    """A rule that is compiled for building its addresses when the first one is built.

    werkzeug compiles two functions for each of 250 rules, which takes 50 ms; a process builds the addresses of few.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Build:
        compiled: Build | None = None

        def build(rule: QuartRule, /, **values: object) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = super(LazyRule, self)._compile_builder(append_unknown)
            return compiled(rule, **values)

        return build
