"""What stands before routes: middleware, from a place on and for some paths."""

import re
import sys
from dataclasses import dataclass

from backend_advisor.code.program import Unit
from backend_advisor.experts.security.detectors.facts import Route

Place = tuple[Unit, int, str]
"""A file, where in it, and the path."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A registration of middleware: from where on, and for which paths."""

    unit: Unit
    start: int
    paths: tuple[str, ...]
    receiver: str
    verbs: frozenset[str]
    asks: bool
    limits: bool
    names: frozenset[str]
    exact: bool
    until: int = sys.maxsize
    """Where the scope ends that it was registered in."""
    of_modules: bool = False
    """Whether it stands before the controllers of modules, wherever these are written."""

    def stands_before(self, route: Route, mounted: dict[str, list[Place]]) -> bool:
        """Whether a request passes it on the way to a route."""
        if self.verbs and route.methods and not self.verbs & route.methods:
            return False
        if self.unit is route.unit:
            return self.start <= route.node.start <= self.until and self._path_fits(route.path)
        if self.of_modules and route.info.owner is not None and route.info.node.decorators:
            return self._path_fits(route.path)
        for unit, start, prefix in mounted.get(route.unit.path, ()):
            if unit is self.unit and self.start <= start <= self.until and self._path_fits(prefix + route.path):
                return True
        return False

    def _path_fits(self, path: str) -> bool:
        if not self.paths:
            return True
        if self.exact:
            return any(_plain(path) == _plain(one) for one in self.paths)
        return any(_begins_with(_plain(path), one) for one in self.paths)


def _begins_with(path: str, mounted: str) -> bool:
    """Whether a path is what a middleware was mounted at or lies below it: `/login` stands not below `/log`."""
    begin = _plain(mounted)
    open_end = mounted.endswith("*") and not mounted.endswith("/*")
    return path == begin or not begin or path.startswith(begin if open_end else f"{begin}/")


def _plain(path: str) -> str:
    return re.sub(r":\w+|\{[^}]*\}|<[^>]*>", ":", path).rstrip("/*").lower()
