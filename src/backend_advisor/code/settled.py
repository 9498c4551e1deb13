"""Which code sets an object up before anybody uses it, and which fields keep what it gave them."""

import re

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.run import Run
from backend_advisor.code.tree import in_whole, name_of

_STATIC = "(static)"
"""What the static initialisers of a class of Java are called here."""
_BEGINS = frozenset({"__init__", "constructor", "init", "afterPropertiesSet", "contextInitialized", _STATIC})
_AFTER_MAKING = "PostConstruct"
_FILLED = re.compile(
    r"^(?:Data|Setter|Value|Builder|SuperBuilder|ConfigurationProperties|Entity|Embeddable|Document|Table|Mapper|JsonTypeInfo|"
    r"JsonDeserialize|JsonProperty\w*|JsonAutoDetect|XmlRootElement|XmlAccessorType|XmlType|Model|ConfigMapping|Parameters?)$"
)
"""Annotations by which something else writes the fields of a class's objects."""
_SIMPLE = frozenset({"boolean", "int", "long", "short", "String", "Boolean", "Integer", "Long"})


def sets_up(run: Run) -> bool:
    """Whether what runs is done before an object is used: a constructor, what runs right after it, a static block."""
    info = run.info
    while info is not None and info.outer is not None:
        info = info.outer
    return info is not None and _is_set_up(info)


def _is_set_up(info: FunctionInfo) -> bool:
    name = info.node.name
    if name in _BEGINS or (info.owner is not None and name == info.owner.node.name):
        return True
    return any(_word(note) == _AFTER_MAKING for note in info.node.decorators)


def set_up_methods(info: ClassInfo) -> list[FunctionInfo]:
    """The methods of Java that run once after the constructor, before an object is used."""
    if info.unit.language != "java":
        return []
    own = [method for several in info.methods.values() for method in several]
    return [method for method in own if _is_set_up(method) and method.node.name != info.node.name]


def static_initialiser(info: ClassInfo) -> FunctionInfo | None:
    """The static blocks of a class of Java as a function."""
    if info.unit.language != "java" or not info.node.body:
        return None
    node = info.node
    function = ir.Function(node.start, node.end, _STATIC, [], node.body, modifiers=("static",))
    return FunctionInfo(function, info.unit, info)


def settled_fields(info: ClassInfo) -> frozenset[str]:
    """Private fields of Java that nothing but the set-up of their own class gives a value."""
    if info.unit.language != "java" or any(_FILLED.match(_word(note)) for note in info.node.decorators):
        return frozenset()
    candidates = {
        name
        for name, stated in info.fields.items()
        if ("private" in stated.modifiers if "final" not in stated.modifiers else stated.value is None)
        and not stated.decorators
        and stated.type is not None
        and stated.type.name in _SIMPLE
    }
    if not candidates:
        return frozenset()
    written: set[str] = set()
    for function in info.unit.functions:
        if function.outer is None and not (function.owner is info and _is_set_up(function)):
            written |= _written(function.node, candidates)
    return frozenset(candidates - written)


def _written(function: ir.Function, wanted: set[str]) -> set[str]:
    return {
        name_of(node.target)
        for node in in_whole(function)
        if isinstance(node, ir.Assign | ir.AssignExpr)
        and isinstance(node.target, ir.Name | ir.Attr)
        and name_of(node.target) in wanted
    }


def _word(note: ir.Expr) -> str:
    return name_of(note.func if isinstance(note, ir.Call) else note)
