"""Keys under which a record was found: what opened one that lies in the database is no path that a client made up."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of

_LOOKS_UP = re.compile(
    r"^(?:find(?:Unique|First|One|OneBy|ByPk|ById|OneById|_one|_by_id)|(?:get_)?by_?id|getById|first|one_or_none|scalar_one_or_none)$"
)
_OR_THROWS = re.compile(
    r"^(?:find(?:Unique|First)OrThrow|find(?:One|OneBy)OrFail|findByIdOrFail|get_object_or_404|get_or_404|first_or_404|one|scalar_one)$"
)
_BY_KEY = re.compile(r"(?i)by_?(?:id|pk)|_404$")
"""Look-ups whose first (of a class, second) argument is the key itself."""
_KEY = re.compile(r"(?:^|_|[a-z](?=I))(?:id|Id|ID|pk|uuid|guid)$|^_id$")
_NARROWS = frozenset({"filter", "filter_by", "where", "get"})
_DEEPEST = 4


def looks_up(call: ir.Call) -> bool:
    """Whether a call gives a record or nothing: `prisma.file.findUnique({ where: { id } })`."""
    return _LOOKS_UP.match(name_of(call.func)) is not None


def throws_for_none(call: ir.Call) -> bool:
    """Whether a call gives a record or throws: `get_object_or_404(Report, pk=pk)`, `Report.objects.get(pk=pk)`."""
    name = name_of(call.func)
    managed = name == "get" and isinstance(call.func, ir.Attr) and name_of(call.func.value) == "objects"
    return managed or _OR_THROWS.match(name) is not None


def keys_of(call: ir.Call, depth: int = 0) -> Iterator[ir.Expr]:
    """What a record was asked for by: values of fields that are keys."""
    if _BY_KEY.search(name_of(call.func)) is not None:
        yield from (one for one in call.args[:2] if isinstance(one, ir.Name | ir.Attr))
    for name, value in call.keywords:
        if _KEY.search(name):
            yield value
    for argument in call.args:
        yield from _of_object(argument)
    inner = call.func.value if isinstance(call.func, ir.Attr) else None
    if isinstance(inner, ir.Call) and name_of(inner.func) in _NARROWS and depth < _DEEPEST:
        yield from keys_of(inner, depth + 1)


def _of_object(given: ir.Expr) -> Iterator[ir.Expr]:
    for key, value in given.pairs if isinstance(given, ir.Mapping) else ():
        name = key.value if isinstance(key, ir.Const) else name_of(key)
        if name == "where":
            yield from _of_object(value)
        elif isinstance(name, str) and _KEY.search(name):
            yield value
