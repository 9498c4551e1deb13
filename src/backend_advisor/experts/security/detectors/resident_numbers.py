"""Korean resident registration numbers that a stored class keeps as plain text (SEC321)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.searching import Guarded
from backend_advisor.code.tree import everything
from backend_advisor.experts.security.detectors.words import Words, dotted, snake
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_NAMED = Guarded(
    rb"(?i)\brrn\b|jumin|resident|\xec\xa3\xbc\xeb\xaf\xbc", b"rrn", b"jumin", b"resident", "주민".encode()
)
_NUMBER = Words(
    r"^(?:\w+_)?(?:rrn|jumin(?:_?(?:no|num|number|bunho|beonho))?|resident_?(?:registration_?|reg_?)?(?:no|num|number)|"
    r"주민(?:등록)?번호)$",
    re.IGNORECASE,
)
_STORED = frozenset({"Entity", "Table", "Document", "MappedSuperclass", "Embeddable", "Schema", "dataclass_json"})
_BASES = re.compile(r"(?:^|\.)(?:Model|Base|SQLModel|DeclarativeBase|BaseEntity|Document|DbModel)$")
_PROTECTED = re.compile(r"(?i)encrypt|crypt|convert|cipher|secret|transformer|hash|type\(|blind")
_COLUMN = re.compile(
    r"(?i)^(?:column|primarycolumn|field|prop|mapped_column|charfield|textfield|integerfield|bigintegerfield)$"
)


@detects_in_code("SEC321")
def resident_number_in_plain(context: CodeContext) -> Iterator[Match]:
    """A field of a stored class for the number, with nothing at it that encrypts."""
    for owner in context.program.classes.values():
        source = owner.unit.module.source
        if not owner.node.fields or not _NAMED.is_between(source, owner.node.start, owner.node.end):
            continue
        if not _is_stored(owner):
            continue
        for field in owner.node.fields:
            if _NUMBER.match(snake(field.name)) is None and not _is_column_for_it(field):
                continue
            if _PROTECTED.search(_written(source, field)) is None:
                yield Match(
                    location=context.location(owner.unit, field),
                    values={"owner": owner.node.name.partition("@")[0], "field": field.name},
                    confidence=Confidence.MEDIUM,
                )


def _is_stored(owner: ClassInfo) -> bool:
    if any(dotted(one).rpartition(".")[2] in _STORED for one in owner.node.decorators):
        return True
    return any(_BASES.search(dotted(base)) is not None for base in owner.node.bases)


def _is_column_for_it(field: ir.Field) -> bool:
    """Whether the column that a field is kept in is named so."""
    return any(
        isinstance(node, ir.Const) and isinstance(node.value, str) and _NUMBER.match(snake(node.value)) is not None
        for one in field.decorators
        if _COLUMN.match(dotted(one).rpartition(".")[2])
        for node in everything(one)
    )


def _written(source: bytes, field: ir.Field) -> str:
    start = min((one.start for one in field.decorators), default=field.start)
    return source[min(start, field.start) : field.end].decode("utf-8", "replace")
