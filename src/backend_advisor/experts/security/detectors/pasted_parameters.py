"""Statements of MyBatis that paste a parameter with `${}` while nobody who calls them is in view (part of SEC201)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.mappers import text_param
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import everything
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CHOSEN = re.compile(
    r"(?i)sort|order|^dir(?:ection)?$|_dir$|Dir$|keyword|search|query|filter|^q$|^like|name$|title|email|phone|word$|text$|"
    r"column|field|where|condition|value$|type$|code$|status"
)
"""What a person types or chooses on a page, by its name."""
_SETS = re.compile(
    r"(?i)schema|prefix|suffix|table|database|dialect|segment|scope|^ew$|tenant|partition|^sql|sql$|^_|dbms"
)
"""What the program itself puts in: names of tables, the conditions that a plug-in writes."""


@detects_in_code("SEC201")
def pasted_parameter(context: CodeContext) -> Iterator[Match]:
    """`ORDER BY ${sort}`: the text of a parameter becomes SQL, and nothing shows that the callers choose it."""
    program = context.program
    if program.language != "java":
        return
    pasting = [*program.mappers.pasting()]
    annotated = [*_annotated(program)]
    if not pasting and not annotated:
        return
    called = _called(program)
    for namespace, name, several in pasting:
        owner = program.classes.get(namespace)
        info = next(iter(owner.methods.get(name, ())), None) if owner is not None else None
        # Where the method and a call of it are in view, the interpreter has followed what is given.
        if info is not None and name in called:
            continue
        for one in several:
            if info is None or text_param(program, info, one) is not None:
                yield from _match(context, name, one.path, one.start, one.end, one.names)
    for info in annotated:
        if info.node.name not in called:
            for one in program.mappers.of_method(info):
                if text_param(program, info, one) is not None:
                    yield from _match(context, info.node.name, one.path, one.start, one.end, one.names)


def _annotated(program: Program) -> Iterator[FunctionInfo]:
    """The methods of interfaces in whose annotations something is pasted."""
    for owner in program.classes.values():
        source = owner.unit.module.source
        if owner.node.kind == "interface" and b"${" in source and b"ibatis" in source:
            for several in owner.methods.values():
                yield from (one for one in several if one.node.decorators)


def _called(program: Program) -> set[str]:
    """The names of the methods that the program calls."""
    found: set[str] = set()
    for unit in program.units.values():
        for node in everything(unit.module.body):
            if isinstance(node, ir.Reference):
                found.add(node.name)
            elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr):
                found.add(node.func.name)
    return found


def _match(
    context: CodeContext, statement: str, path: str, start: int, end: int, names: tuple[str, ...]
) -> Iterator[Match]:
    if any(_SETS.search(name) for name in names) or names[0].isupper():
        return
    last = next((one for one in reversed(names) if one != "*"), names[0])
    yield Match(
        location=context.places.location(path, start, end),
        values={"source": f"${{{'.'.join(names)}}}", "call": f"`{statement}`"},
        confidence=Confidence.MEDIUM if _CHOSEN.search(last) else Confidence.LOW,
    )
