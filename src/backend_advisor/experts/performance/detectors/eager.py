"""Collections of entities that every query loads, whoever needs them (PERF225)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit
from backend_advisor.rules.registry import CodeContext, detects_in_code

_COLLECTIONS = frozenset({"OneToMany", "ManyToMany", "ElementCollection"})
_FEW = frozenset({"roles", "authorities", "permissions", "privileges", "scopes", "groups"})
"""What is small, and wanted whenever its owner is: the rights of a user at sign-in."""


@detects_in_code("PERF225")
def eager_collection(context: CodeContext) -> Iterator[Match]:
    """A to-many relation mapped with `FetchType.EAGER`."""
    if context.program.language != "java":
        return
    for owner in context.program.classes.values():
        for field, note in _annotated(owner):
            said = _eager(note)
            if said is None or is_by_hand(owner.unit, None):
                continue
            few = field.lower() in _FEW or name_of(note) == "ElementCollection"
            yield Match(
                location=context.location(owner.unit, note),
                values={"entity": owner.node.name, "field": field, "annotation": name_of(note)},
                confidence=Confidence.LOW if few else Confidence.MEDIUM,
                edits=(Edit(location=context.location(owner.unit, said), replacement=_lazy(owner, said)),),
                applicability="unsafe",
            )


def _annotated(owner: ClassInfo) -> Iterator[tuple[str, ir.Expr]]:
    """The to-many annotations of a class, on fields or on getters, with the field's name."""
    for field in owner.node.fields:
        for note in field.decorators:
            if name_of(note) in _COLLECTIONS:
                yield field.name, note
    for method in owner.node.methods:
        for note in method.decorators:
            if name_of(note) in _COLLECTIONS:
                name = method.name
                yield (name[3:4].lower() + name[4:] if name.startswith("get") else name), note


def _eager(note: ir.Expr) -> ir.Expr | None:
    """The place where an annotation says EAGER."""
    for key, value in note.keywords if isinstance(note, ir.Call) else ():
        if key == "fetch" and any(isinstance(part, ir.Expr) and name_of(part) == "EAGER" for part in within(value)):
            return value
    return None


def _lazy(owner: ClassInfo, said: ir.Expr) -> str:
    source = owner.unit.module.source[said.start : said.end].decode("utf-8", "replace")
    return source.removesuffix("EAGER") + "LAZY"
