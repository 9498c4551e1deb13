"""Computing with constants as the languages do, as far as that can be done without running anything of the user's."""

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

from backend_advisor.code.ir import Constant
from backend_advisor.code.values import Value

_LONGEST = 4096
_LARGEST = 1 << 128
_WAYS = 6

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "//": operator.floordiv,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
    "!==": operator.ne,
    "is": operator.eq,
    "is not": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}
COMPARISONS = frozenset({"==", "===", "!=", "!==", "is", "is not", "<", "<=", ">", ">=", "in", "not in", "instanceof"})


class Unfoldable(Exception):
    """The constants do not decide the result."""


def fold_binary(op: str, left: Value, right: Value, language: str) -> tuple[Constant, ...] | None:
    """Every constant that an operator can give on two values, None when that is not known."""
    if left.consts is None or right.consts is None:
        return None
    if len(left.consts) * len(right.consts) > _WAYS:
        return None
    try:
        found = [_binary(op, one, other, language) for one, other in product(left.consts, right.consts)]
    except (Unfoldable, ArithmeticError, TypeError, ValueError):
        return None
    return _distinct(found)


def _binary(op: str, left: Constant, right: Constant, language: str) -> Constant:
    if op == "+" and language != "python" and isinstance(left, str) != isinstance(right, str):
        return _shown(left) + _shown(right)
    if op == "/":
        whole = language == "java" and isinstance(left, int) and isinstance(right, int)
        return _bounded(int(left / right) if whole else left / right)  # type: ignore[operator]
    if op in ("*", "<<", "**") and isinstance(right, int) and abs(right) > 256:
        raise Unfoldable
    if op == "**":
        return _bounded(left**right)  # type: ignore[operator]
    if op == "%" and (isinstance(left, str | bytes)):
        return _bounded(left % right)
    known = _BINARY.get(op)
    if known is None:
        raise Unfoldable
    return _bounded(known(left, right))


def _shown(value: Constant) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _bounded(value: Any) -> Constant:
    if isinstance(value, str | bytes) and len(value) > _LONGEST:
        raise Unfoldable
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise Unfoldable
    if value is not None and not isinstance(value, str | bytes | int | float | bool):
        raise Unfoldable
    return value


def _distinct(values: list[Constant]) -> tuple[Constant, ...]:
    return tuple({(type(value), value): value for value in values}.values())


def truth(value: Value, language: str) -> bool | None:
    """Whether a value is true, when its constants decide it."""
    if value.consts:
        found = {_true(one, language) for one in value.consts}
        if len(found) == 1:
            return found.pop()
        return None
    if value.consts is None and (value.refs and not value.taints and value.name is None):
        return True
    return None


def _true(value: Constant, language: str) -> bool:
    return bool(value) if language == "python" or not isinstance(value, str) else value != ""


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[max(start, 0) : end]


def _index(text: str, at: int) -> str:
    return text[at]


_METHODS: dict[str, Callable[..., Any]] = {
    "upper": str.upper,
    "toUpperCase": str.upper,
    "lower": str.lower,
    "toLowerCase": str.lower,
    "strip": str.strip,
    "trim": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "title": str.title,
    "capitalize": str.capitalize,
    "startswith": str.startswith,
    "startsWith": str.startswith,
    "endswith": str.endswith,
    "endsWith": str.endswith,
    "replace": str.replace,
    "substring": _substring,
    "charAt": _index,
    "concat": str.__add__,
    "contains": lambda text, part: part in text,
    "includes": lambda text, part: part in text,
    "find": str.find,
    "indexOf": str.find,
    "lastIndexOf": str.rfind,
    "length": len,
    "isEmpty": lambda text: not text,
    "isBlank": lambda text: not text.strip(),
    "isalnum": str.isalnum,
    "isdigit": str.isdigit,
    "isalpha": str.isalpha,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "equals": operator.eq,
    "equalsIgnoreCase": lambda one, other: one.lower() == other.lower(),
    "toString": lambda text: text,
    "intern": lambda text: text,
    "name": lambda text: text,
    "zfill": str.zfill,
    "encode": lambda text, *_: text,
    "decode": lambda text, *_: text,
    "valueOf": lambda text: text,
    "repeat": lambda text, times: text * times if times < 256 else _raise(),
}


def _raise() -> str:
    raise Unfoldable


def fold_method(name: str, receiver: Value, args: list[Value]) -> tuple[Constant, ...] | None:
    """Every constant that a method of a constant string can give, None when that is not known."""
    method = _METHODS.get(name)
    if method is None or receiver.consts is None or any(arg.consts is None for arg in args):
        return None
    ways = len(receiver.consts)
    for arg in args:
        ways *= len(arg.consts or ())
    if ways == 0 or ways > _WAYS:
        return None
    try:
        found: list[Constant] = []
        for text, *rest in product(receiver.consts, *(arg.consts or () for arg in args)):
            if not isinstance(text, str):
                if isinstance(text, bytes) and name == "decode":
                    found.append(text.decode("utf-8", "replace"))
                    continue
                return None
            found.append(_bounded(method(text, *rest)))
    except (Unfoldable, TypeError, ValueError, IndexError, AttributeError):
        return None
    return _distinct(found)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "len": len,
    "ord": ord,
    "chr": chr,
    "abs": abs,
    "min": min,
    "max": max,
    "round": round,
    "String": _shown,
    "Number": float,
    "parseInt": int,
    "java.lang.String.valueOf": _shown,
    "java.lang.Integer.parseInt": int,
    "java.lang.Integer.valueOf": int,
    "java.lang.Long.parseLong": int,
    "java.lang.Boolean.parseBoolean": lambda text: text.lower() == "true",
    "java.lang.Boolean.valueOf": lambda text: text if isinstance(text, bool) else text.lower() == "true",
    "java.lang.Math.abs": abs,
    "java.lang.Math.max": max,
    "java.lang.Math.min": min,
}


def fold_function(name: str, args: list[Value]) -> tuple[Constant, ...] | None:
    """The constant that a well-known function gives on single constants, None when that is not known."""
    function = _FUNCTIONS.get(name)
    if function is None or not args or any(arg.consts is None or len(arg.consts) != 1 for arg in args):
        return None
    try:
        return (_bounded(function(*(arg.consts[0] for arg in args if arg.consts))),)
    except (Unfoldable, TypeError, ValueError, OverflowError, AttributeError):
        return None


def fold_unary(op: str, operand: Value, language: str) -> tuple[Constant, ...] | None:
    """Every constant that a prefix operator can give."""
    if op == "not":
        known = truth(operand, language)
        return None if known is None else (not known,)
    if operand.consts is None or op not in ("-", "+", "~"):
        return None
    prefixes: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
    apply = prefixes[op]
    try:
        return _distinct([apply(value) for value in operand.consts])
    except TypeError:
        return None
