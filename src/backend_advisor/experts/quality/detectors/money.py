"""Amounts of money in binary floating point (QUA123)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_BINARY = {
    "java": frozenset({"double", "float", "Double", "Float"}),
    "python": frozenset({"float"}),
}
_COLUMNS = frozenset({"FloatField", "Float", "Double", "Double_Precision", "DOUBLE", "FLOAT", "REAL"})
_COLUMN_WORDS = frozenset({"float", "double", "double precision", "real", "float4", "float8"})
_DECLARES = frozenset({"Column", "mapped_column", "FloatField"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MONEY = frozenset(
    ["price", "prices", "salary", "wage", "fee", "fees", "fare", "revenue", "subtotal", "refund", "surcharge",
     "deposit", "withdrawal", "payout", "tuition"]
)  # fmt: skip
_MAYBE = frozenset({"amount", "balance", "cost", "total", "tax", "payment", "paid", "charge", "budget"})
_OTHER = frozenset(
    ["rate", "ratio", "percent", "percentage", "pct", "score", "weight", "factor", "index", "count", "level", "time",
     "change", "elasticity", "multiplier", "load", "distance", "probability", "std", "mean", "avg", "average", "usage"]
)  # fmt: skip
_TRADE = re.compile(
    r"(?i)order|payment|invoice|product|account|price|currency|cart|billing|wallet|sale|purchase|checkout|receipt|"
    r"settlement|refund|transaction|loan|salary|payroll|coupon|subscription|ledger|money|shop|item|fee(?!d)"
)
_OF_NO_MONEY = re.compile(
    r"(?i)predict|forecast|feature_?set|embedding|metric|statistic|optimi[sz]er|llm|swagger\w*\.java|apidoc|openapi"
)
"""Files and classes that estimate or that only document."""
_MEASURES = re.compile(r"(?i)(?:^|_)(?:unit|uom|food|ingredient|dosage|measure)|(?<=[a-z])(?:Unit|Ingredient|Measure)")
"""Beside these an amount is one of goods: 200 g of flour."""
_SUMS_UP = re.compile(
    r"(?:Stats?|Statistics|Summary|Report|Chart|Dashboard|Analytics|Trend|Average|Point)s?(?:$|[A-Z])"
)
"""Classes that only show sums."""
_EXACT = re.compile(r"(?i)^(?:numeric|decimal)$")
_SHOWN = 3


@detects_in_code("QUA123")
def money_in_floating_point(context: CodeContext) -> Iterator[Match]:
    """Classes that keep prices and amounts in a type that cannot hold most decimal fractions; the first of a file, as
    those beside it follow it."""
    told: set[str] = set()
    for owner in context.program.classes.values():
        fields = [one for one in owner.node.fields if _is_money(owner, one.name) and _is_binary(owner, one)]
        if fields and not is_apart(owner.unit) and not _OF_NO_MONEY.search(f"{owner.unit.path} {owner.node.name}"):
            names = ", ".join(f"`{one.name}`" for one in fields[:_SHOWN]) + ("…" if len(fields) > _SHOWN else "")
            summary = _SUMS_UP.search(owner.node.name) is not None
            yield Match(
                location=context.location(owner.unit, fields[0]),
                values={"class": owner.node.name.partition("@")[0], "names": names},
                confidence=Confidence.LOW
                if summary or owner.unit.path in told or _mirrors_json(owner)
                else Confidence.MEDIUM,
            )
            if not summary:
                told.add(owner.unit.path)


def _mirrors_json(owner: ClassInfo) -> bool:
    """Whether a class only repeats how a service writes its JSON: `@JsonNaming`, `TypedDict`."""
    stated = {name_of(note) for note in owner.node.decorators}
    typed = any(name_of(base) == "TypedDict" for base in owner.node.bases)
    return typed or (bool(stated & {"JsonNaming", "JsonIgnoreProperties"}) and "Entity" not in stated)


def _is_money(owner: ClassInfo, name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _OTHER.intersection(words):
        return False
    if words[-1] in _MONEY:
        return True
    if words[-1] == "amount" and any(_MEASURES.search(one.name) for one in owner.node.fields):
        return False
    return words[-1] in _MAYBE and _trades(owner, name)


def _trades(owner: ClassInfo, name: str) -> bool:
    """Whether the class deals in goods or money: by its name, or by what else it holds."""
    if _TRADE.search(owner.node.name) or _TRADE.search(name):
        return True
    return any(one.name != name and re.search(r"(?i)price|currency|invoice", one.name) for one in owner.node.fields)


def _is_binary(owner: ClassInfo, one: ir.Field) -> bool:
    if "static" in one.modifiers:
        return False
    declared = [call for call in (*one.decorators, one.value) if isinstance(call, ir.Call)]
    if any(_EXACT.search(name) for call in declared for name in _names(call)):
        return False
    wanted = _BINARY.get(owner.unit.language, frozenset())
    if one.type is not None and any(kind.name in wanted for kind in (one.type, *one.type.args)):
        return True
    return any(_is_binary_column(call) for call in declared)


def _names(call: ir.Call) -> list[str]:
    return [name_of(part) for part in within(call) if isinstance(part, ir.Name | ir.Attr)]


def _is_binary_column(call: ir.Call) -> bool:
    """`Column(Float)`, `FloatField()`, `@Column('double')`, `@Column({ type: 'float' })`."""
    name = name_of(call.func)
    if name not in _DECLARES:
        return False
    if name == "FloatField":
        return True
    for part in within(*call.args):
        if isinstance(part, ir.Const) and isinstance(part.value, str) and part.value.lower() in _COLUMN_WORDS:
            return True
        if isinstance(part, ir.Name | ir.Attr) and name_of(part) in _COLUMNS:
            return True
    return False
