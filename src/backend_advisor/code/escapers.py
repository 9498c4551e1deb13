"""Functions of the program that escape text letter by letter: what their result is safe for."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.markup import BETWEEN_TAGS, NO_QUOTES
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import everything, in_whole

_WORTH = re.compile(rb"(?i)&lt;|&#0*60;|&#x0*3c;|\\u003c|\\\\(?:28|5c)|'\\\\{1,2}''|'\\\\?\"'\\\\?\"'")
"""Text without which a file escapes nothing."""
_ENTITY = re.compile(r"&(?:[a-z]+|#\d+|#x[0-9a-f]+);|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"\\[0-9a-f]{2}", re.IGNORECASE)
_SHELL_QUOTES = frozenset({"'\\''", "'\"'\"'"})
_OF_FILTERS = frozenset("\\*()")
_REPLACES = frozenset({"replace", "replaceAll", "sub", "translate"})
_EQUAL = frozenset({"==", "==="})
_BUILDS = (ir.For, ir.While, ir.Comprehension)
_LETTERS = 128
_EACH = frozenset({"map", "forEach", "mapToObj", "reduce", "flatMap", "collect"})


def may_escape(source: bytes) -> bool:
    """Whether a file holds what letters are escaped with."""
    return _WORTH.search(source) is not None


def cleared_by_escaping(info: FunctionInfo) -> tuple[str, ...]:
    """The sinks for which the result of a function is safe that writes an escape for each letter that could do harm."""
    nodes = list(in_whole(info.node))
    if _quotes_for_shell(nodes):
        return ("command.text",)
    if not any(isinstance(one, _BUILDS) or _goes_through(one) for one in nodes):
        return ()
    written = dict(_pairs(info, nodes))
    found: list[str] = []
    if _ENTITY.fullmatch(written.get("<", "")):
        found.append(BETWEEN_TAGS)
        if _ENTITY.fullmatch(written.get('"', "")):
            found += ["html.text", NO_QUOTES]
    if all(_HEXADECIMAL.fullmatch(written.get(one, "")) for one in _OF_FILTERS):
        found.append("ldap.filter")
    return tuple(found)


def _quotes_for_shell(nodes: list[ir.Node]) -> bool:
    """Whether a text is put between single quotes, of which each inside is written `'\\''`: double quotes let a shell
    read `$(…)` and backticks all the same."""
    ends_quotes = any(
        isinstance(one, ir.Call)
        and getattr(one.func, "name", "") in _REPLACES
        and any(isinstance(part, ir.Const) and part.value in _SHELL_QUOTES for part in one.args)
        for one in nodes
    )
    gives = [one.value for one in nodes if isinstance(one, ir.Return)]
    return ends_quotes and bool(gives) and all(one is not None and _is_quoted(one) for one in gives)


def _is_quoted(text: ir.Expr) -> bool:
    first = last = text
    while isinstance(first, ir.Binary) or (isinstance(first, ir.Text) and first.parts):
        first = first.left if isinstance(first, ir.Binary) else first.parts[0]
    while isinstance(last, ir.Binary) or (isinstance(last, ir.Text) and last.parts):
        last = last.right if isinstance(last, ir.Binary) else last.parts[-1]
    return all(isinstance(one, ir.Const) and one.value == "'" for one in (first, last))


def _goes_through(node: ir.Node) -> bool:
    """`text.replace(/[<>]/g, (c) => NAMES[c])`, `text.translate(TABLE)`, `text.split("").map(…)`."""
    name = getattr(node.func, "name", "") if isinstance(node, ir.Call) else ""
    return name in _EACH or (name in _REPLACES and isinstance(node, ir.Call) and not _is_plain(node))


def _is_plain(call: ir.Call) -> bool:
    """Whether what is put in is a text, which the call itself tells."""
    return len(call.args) > 1 and all(isinstance(one, ir.Const) for one in call.args)


def _pairs(info: FunctionInfo, nodes: list[ir.Node]) -> Iterator[tuple[str, str]]:
    """Each letter and what is written for it."""
    for node in nodes:
        if isinstance(node, ir.Switch):
            for case in node.cases:
                yield from _written(case.values, case.body)
        elif isinstance(node, ir.If):
            yield from _written(_compared(node.test), node.then)
        elif isinstance(node, ir.Conditional):
            yield from _written(_compared(node.test), [node.then])
        elif isinstance(node, ir.Mapping):
            yield from _mapped(node)
    names = {one.id for one in nodes if isinstance(one, ir.Name)}
    for table in _tables(info, names):
        for node in everything(table):
            if isinstance(node, ir.Mapping):
                yield from _mapped(node)
            elif isinstance(node, ir.Call) and getattr(node.func, "name", "") in ("of", "entry", "put"):
                yield from _in_turn(node.args)


def _tables(info: FunctionInfo, names: set[str]) -> Iterator[ir.Expr]:
    """What the names are that stand at the top of the file, or in fields of the class."""
    for statement in info.unit.module.body:
        target = statement.target if isinstance(statement, ir.Assign) else None
        if isinstance(statement, ir.Assign) and isinstance(target, ir.Name) and target.id in names and statement.value:
            yield statement.value
    for name, one in (info.owner.fields if info.owner is not None else {}).items():
        if name in names and one.value is not None:
            yield one.value


def _mapped(mapping: ir.Mapping) -> Iterator[tuple[str, str]]:
    for key, value in mapping.pairs:
        if isinstance(key, ir.Call) and key.args:
            key = key.args[0]  # noqa: PLW2901 (`{ord("<"): "&lt;"}`)
        if isinstance(value, ir.Const) and isinstance(value.value, str) and isinstance(key, ir.Const):
            letter = chr(key.value) if isinstance(key.value, int) and 0 < key.value < _LETTERS else key.value
            if isinstance(letter, str):
                yield letter, value.value


def _in_turn(given: list[ir.Expr]) -> Iterator[tuple[str, str]]:
    for key, value in zip(given[::2], given[1::2], strict=False):
        if isinstance(key, ir.Const) and isinstance(value, ir.Const):
            yield str(key.value), str(value.value)


def _compared(test: ir.Expr) -> list[ir.Expr]:
    """The letters that a condition asks for: `c == '<'`, `'<'.equals(c)`."""
    if isinstance(test, ir.Binary) and test.op in _EQUAL:
        return [test.left, test.right]
    return []


def _written(letters: list[ir.Expr], body: object) -> Iterator[tuple[str, str]]:
    texts = [one.value for one in everything(body) if isinstance(one, ir.Const) and isinstance(one.value, str)]
    if texts:
        for letter in letters:
            if isinstance(letter, ir.Const) and isinstance(letter.value, str):
                yield letter.value, texts[0]
