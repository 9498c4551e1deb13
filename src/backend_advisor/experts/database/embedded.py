"""SQL that stands in source code, as artifacts of its own with their places."""

import re
from collections.abc import Iterator

from backend_advisor.code.ir import Const, Expr
from backend_advisor.code.reading import read_code, source_code
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.values import Value
from backend_advisor.experts.database.layout import LaidOut, laid_out
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
                file = reading.artifacts[call.unit.path]
                name = file.name
                laid = laid_out(call.unit, call.info, place, text, places) or _at_call(call, place, text, places)
                artifact = Artifact(
                    name=name,
                    kind=ArtifactKind.SQL,
                    text=laid.text,
                    origin="code",
                    first_line=laid.line,
                    above=file.above,
                )
                found.setdefault((name, laid.line, text), artifact)
    return tuple(found.values())


def _at_call(call: CallSeen, place: Expr, text: str, places: Places) -> LaidOut:
    """A statement whose pieces are not known, at the literal that it is, else at the call."""
    node = place if isinstance(place, Const) else call.node
    span = places.location(call.unit.path, node.start, node.end).span
    if span is None or node is not place:
        return LaidOut(text, places.line_of(call.unit.path, node.start))
    opening = _QUOTES.match(call.unit.module.source[place.start : place.start + 8].decode("latin-1"))
    return LaidOut(" " * (span.column - 1 + (opening.end() if opening else 0)) + text, span.line)


def _mentions_sql(text: str) -> bool:
    return re.search(r"\b(?:select|insert|update|delete)\b", text, re.IGNORECASE) is not None


def _statements(call: CallSeen) -> Iterator[tuple[str, Expr]]:
    for wanted, roles in call.role.sinks:
        if "sql.text" not in roles or wanted.position is None or wanted.position >= len(call.args):
            continue
        for text in _texts(call.args[wanted.position]):
            if len(text) >= _SHORTEST and _STATEMENT.match(text):
                yield text, _expression(call, wanted.position)


def _expression(call: CallSeen, position: int) -> Expr:
    args = getattr(call.node, "args", [])
    return args[position] if position < len(args) else call.node  # type: ignore[no-any-return]


def _texts(value: Value) -> Iterator[str]:
    """The statements that a value can be; a part that is not known becomes a placeholder."""
    if value.consts:
        yield from (one for one in value.consts if isinstance(one, str))
    elif value.text is not None and value.text and value.text[0] is not None:
        yield "".join("?" if part is None else part for part in value.text)
