"""SQL that stands in source code, as artifacts of its own with their places."""

import re
from collections.abc import Iterator

from backend_advisor.code.ir import Const, Node
from backend_advisor.code.reading import read_code, source_code
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.values import Value
from backend_advisor.model import Artifact, ArtifactKind, Case
from backend_advisor.rules.places import Places
from backend_advisor.rules.remembered import kept

_STATEMENT = re.compile(r"\s*(?:select|insert|update|delete|with|merge|create|alter|drop|truncate)\b", re.IGNORECASE)
_QUOTES = re.compile(r"[A-Za-z]{0,2}(?:\"{3}|'{3}|[\"'`])")
_SHORTEST = 12


def sql_in_code(case: Case) -> tuple[Artifact, ...]:
    """Each SQL statement that the case's code hands to a database, once for each place."""
    artifacts = source_code(case.artifacts)
    if not artifacts or not any(_mentions_sql(artifact.text) for artifact in artifacts):
        return ()
    return kept("sql", artifacts, tuple[Artifact, ...], lambda: _found(artifacts))


def _found(artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    reading = read_code(artifacts)
    places = Places(reading.artifacts)
    found: dict[tuple[str, int, str], Artifact] = {}
    for analysis in reading.analyses:
        for call in analysis.seen.calls.values():
            for text, place in _statements(call):
                name = reading.artifacts[call.unit.path].name
                line, indent = _start(call, place, places)
                shifted = " " * indent + text
                artifact = Artifact(name=name, kind=ArtifactKind.SQL, text=shifted, origin="code", first_line=line)
                found.setdefault((name, line, text), artifact)
    return tuple(found.values())


def _start(call: CallSeen, place: Node, places: Places) -> tuple[int, int]:
    """The line where a statement begins, and how far in, so that columns in it are those of the file."""
    span = places.location(call.unit.path, place.start, place.end).span
    if span is None or not isinstance(place, Const):
        return places.line_of(call.unit.path, place.start), 0
    opening = _QUOTES.match(call.unit.module.source[place.start : place.start + 8].decode("latin-1"))
    return span.line, span.column - 1 + (opening.end() if opening else 0)


def _mentions_sql(text: str) -> bool:
    return re.search(r"\b(?:select|insert|update|delete)\b", text, re.IGNORECASE) is not None


def _statements(call: CallSeen) -> Iterator[tuple[str, Node]]:
    for wanted, roles in call.role.sinks:
        if "sql.text" not in roles or wanted.position is None or wanted.position >= len(call.args):
            continue
        for text in _texts(call.args[wanted.position]):
            if len(text) >= _SHORTEST and _STATEMENT.match(text):
                yield text, _expression(call, wanted.position)


def _expression(call: CallSeen, position: int) -> Node:
    args = getattr(call.node, "args", [])
    only = position < len(args) and isinstance(args[position], Const)
    return args[position] if only else call.node  # type: ignore[no-any-return]


def _texts(value: Value) -> Iterator[str]:
    """The statements that a value can be; a part that is not known becomes a placeholder."""
    if value.consts:
        yield from (one for one in value.consts if isinstance(one, str))
    elif value.text is not None and value.text and value.text[0] is not None:
        yield "".join("?" if part is None else part for part in value.text)
