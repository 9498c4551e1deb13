"""Money as a binary fraction (API203)."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.detectors.registry import detects
from backend_advisor.experts.api.documents import EMPTY, Document, Property, type_of
from backend_advisor.experts.api.naming import joined, words
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.lines import Seen, at, together

_SURE = frozenset("price prices fee fees salary fare tax refund deposit wage tuition 금액 가격 요금 잔액 급여".split())
_WITH_OTHERS = frozenset("amount balance total subtotal cost discount charge payment paid due revenue budget".split())
_NOT_MONEY = frozenset(
    "rate rates ratio percent percentage pct count quantity id index change days hours minutes seconds score weight "
    "level factor tokens token time type change24h volatility average deviation probability size bytes ms share "
    "shares version per elasticity duration calories distance volume units multiplier".split()
)
_MONEY = re.compile(
    r"(?i)currenc|\b(?:usd|eur|krw|jpy|gbp|won|dollars?|euros?|cents?|money|monetary|payments?|invoices?|billing|price|"
    r"purchase|salary|accounts?|orders?|coupons?|transactions?|debit|credit|wallet|fund)\b|원화|금액|결제|통화|₩|\$ ?\d"
)
_COUPLED = re.compile(r"(?i)(?:amount|price|fee|cost|balance|total)$")
_EXACT = frozenset({"decimal", "decimal128", "money"})


@detects("API203")
def binary_money(document: Document) -> Iterator[Match]:
    """Amounts of money of the type `number`."""
    seen = []
    for holder, one in _numbers(document):
        if _is_money(one, holder):
            form = one.schema.text_at("format") or ""
            confidence = Confidence.HIGH if form == "float" else Confidence.MEDIUM
            written = f"{one.name}: number{f' ({form})' if form else ''}"
            seen.append(Seen(at(document.artifact, one.key), written, None, confidence))
    if (match := together(seen)) is not None:
        yield match


def _numbers(document: Document) -> Iterator[tuple[str, Property]]:
    """Every property of the type `number` that a client sends or gets, with what its schema is called."""
    seen = set[int]()
    for operation in document.operations:
        schemas = list(document.bodies(operation))
        schemas += [schema for _, _, answer in document.answers(operation) for schema in document.answered(answer)]
        for schema in schemas:
            for one in document.properties(schema, seen):
                if type_of(one.schema) == "number" and one.schema.text_at("format") not in _EXACT:
                    yield operation.path, one


def _is_money(one: Property, path: str) -> bool:
    held = words(one.name)
    if not held or set(held) & _NOT_MONEY:
        return False
    if held[-1] in _SURE or (len(held) > 1 and set(held) & _SURE and set(held) & _WITH_OTHERS):
        return True
    if not set(held) & _WITH_OTHERS:
        return False
    said = (one.schema.text_at("description") or "")[:500]
    if any("currency" in joined(name) for name in (one.owner.at("properties") or EMPTY).entries):
        return True
    # A total by itself may count things; what the path is about tells of an amount only.
    about = said if held == ["total"] else f"{said} {' '.join(words(path))}"
    return _COUPLED.search(one.name) is not None and _MONEY.search(about) is not None
