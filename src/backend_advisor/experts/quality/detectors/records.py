"""Variables of a function that hold a record of the database, and classes whose records carry a version."""

import re
from collections.abc import Collection

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.rules.registry import CodeContext

_FINDS_ONE = re.compile(
    r"^(?:find(?:One|ById|ByPk|Unique|First|By[A-Z]\w*)\w*|findOneOrFail|get_object_or_404|aget_object_or_404|get_or_404|"
    r"getById|getReferenceById|getOne|find_one|scalar_one|scalar_one_or_none|one_or_none)$"
)
_READS = frozenset({"db.read", "db.query"})
_MODEL = re.compile(r"(?i)(?:repository|repo|model|dao|mapper|service)$")
_VERSION = re.compile(
    rb"version_id_col|optimisticConcurrency|@Version\b|OptimisticLock|VersionColumn|version\s*:\s*true"
)


def records_in(context: CodeContext, info: FunctionInfo) -> dict[str, ir.Assign]:
    """The variables that hold what a query gave, and where each was read."""
    reads = {id(call.node) for call in context.seen.performing(*_READS)}
    found: dict[str, ir.Assign] = {}
    for node in in_body(info.node):
        if not isinstance(node, ir.Assign) or node.value is None or node.op is not None:
            continue
        if not _is_read(node.value, reads):
            continue
        for part in within(node.target):
            if isinstance(part, ir.Name):
                found.setdefault(part.id, node)
    return found


def _is_read(value: ir.Expr, reads: Collection[int]) -> bool:
    return any(
        isinstance(part, ir.Call) and (id(part) in reads or _FINDS_ONE.match(name_of(part.func)))
        for part in within(value)
    )


def versioned_classes(program: Program) -> frozenset[str]:
    """The classes, in small letters, whose rows carry a version that each write checks."""
    found = set()
    for owner in program.classes.values():
        node = owner.node
        if _VERSION.search(owner.unit.module.source, node.start, node.end):
            found.add(node.name.partition("@")[0].lower())
            found.update(child.node.name.lower() for child in owner.children)
    return frozenset(found)


def is_versioned(read: ir.Assign, versioned: Collection[str]) -> bool:
    """Whether a record was read of one of these classes, by the names in what reads it."""
    if not versioned:
        return False
    names = {
        part.id if isinstance(part, ir.Name) else part.name
        for part in within(read)
        if isinstance(part, ir.Name | ir.Attr)
    }
    if read.type is not None:
        names.add(read.type.name)
    return any(_MODEL.sub("", name).lower() in versioned for name in names)
