"""Java's methods of one name: which of them a call means, by the number and kinds of its arguments."""

from collections.abc import Sequence

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value

_TEXTS = frozenset({"String", "CharSequence", "Object", "Comparable", "Serializable"})
_NUMBERS = frozenset(
    ["int", "long", "short", "byte", "double", "float", "Integer", "Long", "Short", "Byte", "Double", "Float"]
)
_TRUTHS = frozenset({"boolean", "Boolean"})


def fitting(called: Sequence[FunctionRef | ClassInfo], site: Site) -> list[FunctionRef | ClassInfo]:
    """Those of some methods that take these arguments; all where none or nothing is known to."""
    if site.unpacked is not None:
        return list(called)
    counted = [one for one in called if isinstance(one, ClassInfo) or _takes(one.info.node, len(site.args))]
    suited = [one for one in counted if isinstance(one, ClassInfo) or _suits(one.info.node, site.args)]
    return suited or counted or list(called)


def _takes(function: ir.Function, count: int) -> bool:
    params = function.params
    if params and params[-1].kind == "rest":
        return count >= len(params) - 1
    return count == len(params)


def _suits(function: ir.Function, args: Sequence[Value]) -> bool:
    return not any(_differs(param.type, value) for param, value in zip(function.params, args, strict=False))


def _differs(stated: ir.Type | None, value: Value) -> bool:
    """Whether a value is surely not of a stated type."""
    if stated is None:
        return False
    name = stated.name.rsplit(".", 1)[-1]
    if value.consts and None not in value.consts:
        kinds = {type(one) for one in value.consts}
        if kinds == {bool}:
            return name in _TEXTS - {"Object"} | _NUMBERS
        if kinds <= {int, float}:
            return name in _TEXTS - {"Object"} | _TRUTHS
        return kinds == {str} and name in _NUMBERS | _TRUTHS
    if value.types & {"str", "java.lang.String"}:
        return name in _NUMBERS | _TRUTHS
    return False
