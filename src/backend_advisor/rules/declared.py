"""Detectors that a playbook declares: flows of data and calls with certain properties."""

import re
from collections.abc import Iterator
from functools import cache

from backend_advisor.code.constructed import made_with
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.seen import CallSeen, Flow
from backend_advisor.code.values import Value, words
from backend_advisor.knowledge.detection import Match
from backend_advisor.knowledge.playbook import Declaration
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.arriving import (
    Addresses,
    comes_in_no_link,
    has_declared_fields,
    is_held_by_the_route,
    is_looked_up_by_the_program,
    stays_here,
)
from backend_advisor.rules.binding import bound
from backend_advisor.rules.edits import edits_for
from backend_advisor.rules.registry import CodeContext

_SHOWN = 40
_FAR = 8
"""Lines on the way from which on it is seldom still the client's data that arrives."""
_BEHIND = 5
_NEAR = 3
_LAYERS = 3
_WITHIN = re.compile(
    r"""f["'][^"'/{}]*[-_](?:\{[^{}]*\}[^"'/{}]*)+["']|"""
    r"""f["'](?:\{[^{}]*\}[-_][^"'/{}]*)+\{[^{}]*\}[^"'/{}]*["']"""
)
"""A name made of several, with a text of its own before what the client gives."""
_PATH_PART = re.compile(r"@PathVariable\b(?![^)]*\*)")
_ENDING = re.compile(
    r"(?i)\b(?:get_?)?(?:file_?)?(?:ext(?:ension)?|suffix)(?:_?name)?(?:\b|\()|splitext|ExtensionName\("
)
_OF_OBJECTS = frozenset({"model.fields", "nosql.query"})
_ANY_PART = re.compile(r"\w+\[[A-Za-z_]\w*\]")
_BODIES = frozenset({"http.parsed_body", "http.raw_body"})
_OWN_ADDRESS = re.compile(r"\bget(?:RequestURI|ServletPath|PathInfo)\(\)")


_PACKAGE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*\.")
_LOOKS = re.compile(r"\.(?:is\w+|exists|lexists|stat|walk|listdir|scandir|getsize|getmtime|access)$")
"""What only looks at a file."""
_BINDS = re.compile(r"\.(?:simple_)?bind(?:_s)?$")
_BUILDS = re.compile(r"[%+`]|(?i:format|concat|join|replace|\bf[\"'])")
_JSON = re.compile(rb"\b(\w+) = json\.dumps\(")
_DOUBLES = re.compile(r"""\.replace\(["']'["'], ["']''["']\)""")
"""Quotes in a literal of SQL are doubled."""
_ORDER = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


def declared_matches(declaration: Declaration, context: CodeContext) -> Iterator[Match]:
    """The places that a declaration finds."""
    if declaration.sinks:
        yield from _flows(declaration, context)
    else:
        yield from _calls(declaration, context)


def _flows(declaration: Declaration, context: CodeContext) -> Iterator[Match]:
    told: set[tuple[str, int]] = set()
    files: set[str] = set()
    ways: set[object] = set()
    addresses = Addresses()
    queries = _queries(context) if declaration.binds else {}
    calls = _calls_by_place(context) if declaration.edits else {}
    for flow in context.seen.flows.values():
        if flow.source not in declaration.sources or flow.sink not in declaration.sinks:
            continue
        if declaration.names and not _pattern(declaration.names).search(flow.callee):
            continue
        if (flow.path, flow.start) in told or (declaration.once and flow.path in files):
            continue
        told.add((flow.path, flow.start))
        files.add(flow.path)
        steps = _steps(flow, context)
        source = steps[0][0].excerpt if steps else ""
        # What was read once and is used several times is one thing to mend.
        way = (flow.sink, flow.path, steps[0][0], steps[-1][0]) if steps else None
        if steps and flow.sink == "path.file" and flow.path.endswith((".py", ".java")):
            way = (flow.sink, flow.path, steps[0][0], steps[0][0])  # the path is checked once, before all that opens it
        sure = Confidence.LOW if (way is not None and way in ways) or _is_a_part(flow, steps) else confidence_of(flow)
        if _is_no_text_of_sink(flow, steps, context) or _is_far_off(flow, steps):
            sure = Confidence.LOW
        if len(steps) > _FAR or (flow.sink == "nosql.query" and len(steps) > _BEHIND and _validates(context)):
            sure = Confidence.LOW  # on a long way data is looked at, or a part of it is meant
        if flow.sink == "model.fields" and len({flow.path, *(place.artifact for place, _ in steps)}) > _LAYERS:
            sure = Confidence.LOW  # what goes through the layers of a program is seldom still the whole body
        if context.program.language == "java" and flow.sink == "html.text" and flow.source in _BODIES:
            sure = Confidence.LOW  # no page makes a stranger's browser send such a body
        if sure is Confidence.MEDIUM and len(context.program.units) > 1:
            sure = Confidence.LOW  # what a function that is not known makes of the data is mostly something else
        if (
            comes_in_no_link(flow, source or "", context)
            or stays_here(flow, context)
            or is_looked_up_by_the_program(flow, context)
            or has_declared_fields(flow, source or "", context)
            or is_held_by_the_route(flow, source or "", context)
            or (sure is not Confidence.LOW and addresses.is_another(flow))
        ):
            sure = Confidence.LOW
        ways.add(way)
        query = queries.get((flow.path, flow.start, flow.end))
        edits, safe = bound(query, context.places) if query is not None else ((), False)
        call = calls.get((flow.path, flow.start, flow.end))
        if call is not None:
            edits, safe = edits_for(declaration.edits, call.unit, call.node, context.places, call.role.name)
        yield Match(
            location=context.places.location(flow.path, flow.start, flow.end),
            values={"source": _short(source or ""), "call": _called(flow.callee), "sink": flow.sink},
            confidence=_lower(declaration.confidence, sure),
            steps=(*steps, (context.places.location(flow.path, flow.start, flow.end), "step_sink")),
            edits=edits,
            applicability="safe" if safe and not flow.unsure else "unsafe" if edits else "display",
        )


def _is_far_off(flow: Flow, steps: list[tuple[Location, str]]) -> bool:
    """Whether what a page shows, where it redirects to or what it searches with comes a long way through Python: then
    it was mostly looked at, or is a part of the answer that is no page."""
    return (
        flow.path.endswith(".py") and flow.sink in ("html.text", "redirect.url", "regex.pattern") and len(steps) > _NEAR
    )


def _is_no_text_of_sink(flow: Flow, steps: list[tuple[Location, str]], context: CodeContext) -> bool:
    """Whether what arrives is not what the sink is about: any part of a request, a name to sign in with; in Python JSON
    that no markup stands around, text whose escapes are taken away again, a name that is no filter, the first entry of
    an archive that lies there already."""
    if flow.sink in _OF_OBJECTS and steps and _ANY_PART.fullmatch(steps[0][0].excerpt or ""):
        return True  # which part of the request it is, and what was checked of it, only its callers know
    if flow.sink == "ldap.name" and _is_whole_name(flow, steps, context):
        return True
    unit = context.program.units.get(flow.path)
    if unit is None or unit.language != "python":
        return False
    known = "".join(part for part in flow.text if part is not None)
    source = unit.module.source
    at = source[flow.start : flow.end].decode("utf-8", "replace")
    if flow.sink == "sql.text":
        return _DOUBLES.search(at) is not None
    if flow.sink == "html.text":
        made = [*(place.excerpt or "" for place, _ in steps), at]
        plain = "<" not in known and (
            any("json.dumps(" in one for one in made)
            or any(one.decode() in at for one in _JSON.findall(source) if len(one) > 1)
        )
        return plain or source.startswith((b".unescape(", b".striptags("), flow.end)
    if flow.sink == "path.file" and flow.source != "archive.entry":
        # `f"summary-{name}.txt"`: no folder is called so that `..` could lead out of it.
        return any(_WITHIN.search(one) for one in (at, *_passed(flow, context)))
    if flow.sink == "ldap.name":
        return bool(known) and "=" not in known
    if flow.source == "archive.entry":
        first = steps[0][0].excerpt or "" if steps else ""
        return _LOOKS.search(flow.callee) is not None or (first.endswith("list()") and f"{first}[0]".encode() in source)
    return False


def _is_whole_name(flow: Flow, steps: list[tuple[Location, str]], context: CodeContext) -> bool:
    """Whether somebody signs in to a directory under the name that was given, of which nothing else is made."""
    if _BINDS.search(flow.callee) is None or len(steps) > 1:
        return False
    return _BUILDS.search(context.places.text(flow.path, flow.start, flow.end)) is None


def _passed(flow: Flow, context: CodeContext) -> Iterator[str]:
    """What stands on the way, also where several things stand on one line."""
    for one in flow.trail.stations() if flow.trail is not None else ():
        yield context.places.text(one.path, one.start, one.end)


def _validates(context: CodeContext) -> bool:
    """Whether classes of the program say what their fields may be: commands are checked on the way to the database."""
    return any(
        statement.module in ("class-validator", "zod")
        for unit in context.program.units.values()
        for statement in unit.imports.values()
    )


def _is_a_part(flow: Flow, steps: list[tuple[Location, str]]) -> bool:
    """Whether a path gets from the client a part of an address, which holds no `/`, or the ending of a name."""
    texts = [place.excerpt or "" for place, _ in steps]
    if flow.callee.endswith(".getRequestDispatcher") and texts and _OWN_ADDRESS.search(texts[0]):
        return True  # a page is forwarded to by the address that it was asked for
    return flow.sink == "path.file" and any(
        _PATH_PART.match(text) if number == 0 else _ENDING.search(text) for number, text in enumerate(texts)
    )


def _queries(context: CodeContext) -> dict[tuple[str, int, int], CallSeen]:
    """The calls whose driver's placeholders are known, by their place."""
    return {
        (call.unit.path, call.node.start, call.node.end): call
        for call in context.seen.calls.values()
        if "style" in call.properties
    }


def _calls_by_place(context: CodeContext) -> dict[tuple[str, int, int], CallSeen]:
    return {(call.unit.path, call.node.start, call.node.end): call for call in context.seen.calls.values()}


def confidence_of(flow: Flow) -> Confidence | None:
    """How sure it is that the data comes through; None: as sure as the rule is."""
    # Queues are mostly filled by the program's own services; a stranger's data reaches them only through those.
    if flow.source == "message.input":
        return Confidence.LOW
    # Reading a field by its name is a habit; which names come is mostly settled by a schema that is not seen here.
    if flow.callee == "getattr":
        return Confidence.LOW
    # A package before the name leaves its own modules to choose from.
    if flow.sink == "import.name" and flow.text and flow.text[0] and _PACKAGE.fullmatch(flow.text[0]):
        return Confidence.LOW
    if flow.unsure:
        return Confidence.MEDIUM if flow.unsure == 1 else Confidence.LOW
    return None


def _lower(stated: Confidence | None, seen: Confidence | None) -> Confidence | None:
    if stated is None or seen is None:
        return stated or seen
    return min(stated, seen, key=_ORDER.index)


def _steps(flow: Flow, context: CodeContext) -> list[tuple[Location, str]]:
    found: list[tuple[Location, str]] = []
    for one in flow.trail.stations() if flow.trail is not None else ():
        place = context.places.location(one.path, one.start, one.end)
        line = place.span.line if place.span else 0
        last = found[-1][0].span.line if found and found[-1][0].span else -1
        same_file = bool(found) and found[-1][0].artifact == place.artifact
        if found and same_file and last == line:
            continue
        found.append((place, f"step_{one.what}"))
    return found


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _called(callee: str) -> str:
    parts = callee.removeprefix("*.").split(".")
    return ".".join(parts[-2:])


def _calls(declaration: Declaration, context: CodeContext) -> Iterator[Match]:
    told: set[tuple[str, int, int]] = set()
    files: set[str] = set()
    for call in context.seen.performing(declaration.call):
        if not holds(declaration, call, context.program):
            continue
        key = (call.unit.path, call.node.start, call.node.end)
        if key in told:
            continue
        told.add(key)
        values: dict[str, str | int | float] = {"call": _called(call.role.name)}
        for name in call.role.named:
            values[name] = shown(_property(call, name, context.program))
        for name in (*declaration.where, *declaration.unless, *declaration.missing, *declaration.given):
            values.setdefault(name, "")
        sure = declaration.confidence or (None if call.certain else Confidence.MEDIUM)
        again = declaration.once and call.unit.path in files
        files.add(call.unit.path)
        edits, safe = edits_for(declaration.edits, call.unit, call.node, context.places, call.role.name)
        yield Match(
            location=context.location(call.unit, call.node),
            values=values,
            confidence=Confidence.LOW if again or _is_deprecated(call.info) else sure,
            edits=edits,
            applicability="safe" if safe and call.certain else "unsafe" if edits else "display",
        )


def _is_deprecated(info: FunctionInfo | None) -> bool:
    """Whether nobody is to call a function any more, so that it is taken out rather than mended."""
    return info is not None and any(
        getattr(one, "id", None) == "Deprecated" or getattr(getattr(one, "func", None), "id", None) == "Deprecated"
        for one in info.node.decorators
    )


def holds(declaration: Declaration, call: CallSeen, program: Program | None = None) -> bool:
    """Whether a call meets a declaration's conditions; with its program also by what objects were made with."""
    if declaration.names and not _pattern(declaration.names).search(call.role.name):
        return False
    if declaration.loop is not None and declaration.loop != bool(call.loops):
        return False
    if declaration.in_async is not None and declaration.in_async != in_async(call.info):
        return False
    if declaration.awaited is not None and declaration.awaited != call.awaited:
        return False
    if any(name in call.properties for name in declaration.missing):
        return False
    if not all(name in call.properties for name in declaration.given):
        return False
    if not all(_meets(call, name, pattern, program) for name, pattern in declaration.where.items()):
        return False
    return not any(_matches(call.properties.get(name), pattern) for name, pattern in declaration.unless.items())


def _meets(call: CallSeen, name: str, pattern: str, program: Program | None) -> bool:
    return _matches(_property(call, name, program), pattern)


def _property(call: CallSeen, name: str, program: Program | None) -> Value | None:
    value = call.properties.get(name)
    if program is not None and value is not None and value.consts is None and value.taints:
        return made_with(program, call, name) or value
    return value


def in_async(info: FunctionInfo | None) -> bool:
    """Whether a function runs on an event loop."""
    return info is not None and info.node.is_async


def _matches(value: Value | None, pattern: str) -> bool:
    known = words(value) if value is not None else None
    return known is not None and all(_pattern(pattern).search(one) is not None for one in known)


def shown(value: Value | None) -> str:
    """A property as a message shows it; empty when it is not known."""
    known = words(value) if value is not None else None
    return _short(known[0]) if known else ""


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
