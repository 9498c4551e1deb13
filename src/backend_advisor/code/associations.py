"""The associations that a program declares with Sequelize: for each, a model has methods of the association's name."""

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from backend_advisor.code.program import Program

_DECLARED = re.compile(
    rb"\bas\s*:\s*[\"'](\w+)[\"']|\b(?:hasMany|hasOne|belongsTo|belongsToMany)\(\s*(?:[\w$]+\.)*(\w+)|"
    rb"\b(?:get|count|has|add|set|create|remove)([A-Z]\w*)\s*[!?]?\s*:\s*(?:\w+\.)?(?:HasMany|HasOne|BelongsTo)\w*Mixin\b"
)
_METHOD = re.compile(r"(?:get|count|has|add|set|create|remove)([A-Z]\w*)\Z")
_known: WeakKeyDictionary[Program, frozenset[str]] = WeakKeyDictionary()


def is_of_association(program: Program, method: str) -> bool:
    """Whether a method is named for an association that the program declares: `getItems` for `{ as: "items" }`."""
    found = _METHOD.match(method)
    if found is None:
        return False
    known = _known.get(program)
    if known is None:
        known = _known[program] = frozenset(_names(program))
    return _singular(found[1]) in known


def _names(program: Program) -> Iterator[str]:
    for source in program.sources():
        for groups in _DECLARED.findall(source):
            yield from (_singular(one.decode()) for one in groups if one)


def _singular(name: str) -> str:
    """A name as it is compared; the library makes plurals by the rules of English."""
    low = name.lower()
    return low[:-3] + "y" if low.endswith("ies") else low.removesuffix("es").removesuffix("s").removesuffix("e")
