"""What Spring Security or Shiro is told of paths in one place: `requestMatchers("/api/**").hasRole("ADMIN")`."""

import re
from dataclasses import dataclass

from backend_advisor.experts.security.detectors.facts import Route
from backend_advisor.rules.registry import CodeContext

_RULE = re.compile(
    r"\.\s*(?:request|ant|mvc|path)Matchers\s*\(((?:[^()]|\([^()]*\))*)\)\s*\.\s*(\w+)|\.\s*(anyRequest|anyExchange)\s*\(\s*\)\s*\.\s*(\w+)"
)
_METHOD = re.compile(r"HttpMethod\s*\.\s*([A-Z]+)")
_TEXT = re.compile(r'"([^"\n]*)"')
_SHIRO = re.compile(r"\.\s*(?:put|addPathDefinition)\s*\(\s*\"(/[^\"\n]*)\"\s*,\s*\"(\w+)[^\"\n]*\"\s*\)")
_OPEN = frozenset({"permitAll", "anonymous"})
_CLOSED = re.compile(r"^(?:authenticated|fullyAuthenticated|denyAll|access|has\w+)$")


@dataclass(frozen=True, slots=True)
class _Rule:
    """Some paths, the method that they are meant for (none: all), and whether anybody may call them."""

    paths: tuple[re.Pattern[str], ...]
    method: str
    is_open: bool

    def is_about(self, route: Route) -> bool:
        if self.method and route.methods and self.method not in route.methods:
            return False
        return not self.paths or any(one.fullmatch(route.path) for one in self.paths)


def apply(routes: list[Route], context: CodeContext) -> None:
    """Note which routes these rules stand before, and which they leave open."""
    chains = [
        chain
        for unit in context.program.units.values()
        if unit.language == "java" and b"Matchers" in unit.module.source
        for chain in _chains(_rules(unit.module.source.decode("utf-8", "replace")))
        if not all(rule.is_open for rule in chain)
    ]
    shiro = [
        _of_shiro(unit.module.source.decode("utf-8", "replace"))
        for unit in context.program.units.values()
        if unit.language == "java" and b"org.apache.shiro" in unit.module.source
    ]
    chains += [chain for chain in shiro if not all(rule.is_open for rule in chain)]
    for route in routes if chains else ():
        if route.unit.language == "java" and route.path:
            first = [next((one for one in chain if one.is_about(route)), None) for chain in chains]
            route.covered = route.covered or any(rule is not None and not rule.is_open for rule in first)
            route.is_left_open = any(rule is not None and rule.is_open for rule in first)


def _of_shiro(source: str) -> list[_Rule]:
    """`chain.put("/**", "authc")`: the filters of each path, in their order."""
    return [_Rule((_pattern(path),), "", name == "anon") for path, name in _SHIRO.findall(source) if name != "logout"]


def _chains(rules: list[_Rule]) -> list[list[_Rule]]:
    """The rules of each chain of filters: what is said of any request ends one."""
    chains: list[list[_Rule]] = [[]]
    for rule in rules:
        chains[-1].append(rule)
        if not rule.paths:
            chains.append([])
    return [one for one in chains if one]


def _rules(source: str) -> list[_Rule]:
    found: list[_Rule] = []
    for match in _RULE.finditer(source):
        does = match[2] or match[4]
        if does not in _OPEN and not _CLOSED.match(does):
            continue
        given = match[1] or ""
        texts = _TEXT.findall(given)
        if match[1] is not None and not texts:
            continue  # the paths stand elsewhere
        method = _METHOD.search(given)
        found.append(_Rule(tuple(map(_pattern, texts)), method[1] if method else "", does in _OPEN))
    return found


def _pattern(path: str) -> re.Pattern[str]:
    """An Ant pattern as a regular expression; what stands in braces is one part of a path."""
    parts = re.split(r"(/\*\*|\*\*|\*|\{[^}]*\})", path)
    meant = {"/**": "(?:/.*)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(meant.get(one, "[^/]+" if one.startswith("{") else re.escape(one)) for one in parts))
