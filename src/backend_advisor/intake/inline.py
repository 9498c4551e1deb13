"""SQL that stands inside a sentence: in quotes or backticks, or simply written out."""

import re

from backend_advisor.intake.statements import starts_statement

_VERB = re.compile(
    r"(?<![\w.'])(?:SELECT|WITH|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s+(?:UNIQUE\s+)?(?:INDEX|"
    r"TABLE)|ALTER\s+TABLE|EXPLAIN)\s",
    re.IGNORECASE,
)
_SUBTRAHEND = (
    r"(?:interval\s|(?:\d[\d.]*|[$:@]\w+|\?)\s*(?:[;,)<>=+*/]|$|(?:WHERE|FROM|AND|OR|THEN|END|RETURNING|AS)\b)|"
    r"[\w.\"`]+(?:\([^()]*\))?\s*(?:[;)<>=+*/]|(?-i:WHERE|FROM|AND|OR|THEN|END|RETURNING|AS)\b))"
)
"""What follows a minus sign, as opposed to a dash: the rest of the statement goes on behind it."""
_CUT = re.compile(
    r"\s(?:is(?!\s+(?:not\s+)?(?:null|true|false|distinct|unknown)\b)|are|takes?|took|taking|was|were|"
    r"runs|ran|returns|and\s+(?:it|this|that|we|they|I|the)|"
    r"returned|but|which|because|very|how|why|what|it|this|that|query|does|do|can|gets|keeps|scans|uses|seems|slow|"
    r"has|went|became|when)\b|(?:[.!]|(?<=[\w)'\"`])\?)(?:\s|$)|"
    rf"\s(?:-(?!\s{_SUBTRAHEND})|[–—])\s|"
    r";|(?<=[\w)'*])\s*(?:이라는|라는|라고|은|는|을|를|이|가|로|으로|에서|의|처럼)"
    r"(?=\s|$)|\s+(?=(?:왜|[가-힣]{2,})(?:\s|[.?!,]|$))",
    re.IGNORECASE,
)
_CLOSERS = {"`": "`", '"': '"', "'": "'", "“": "”", "‘": "’", "「": "」"}
_MAX_LINE = 5_000
_MAX_ATTEMPTS = 8


def inline_statements(line: str) -> list[tuple[int, int]]:
    """Where in a line of prose SQL statements stand, as start and end offsets."""
    if len(line) > _MAX_LINE:
        return []
    found: list[tuple[int, int]] = []
    position = 0
    for attempt, match in enumerate(_VERB.finditer(line)):
        if attempt >= _MAX_ATTEMPTS:
            break
        if match.start() < position:
            continue
        end = _end_of(line, match.start())
        if end:
            found.append((match.start(), end))
            position = end
    return found


def _end_of(line: str, start: int) -> int | None:
    opener = line[start - 1 : start]
    if opener in _CLOSERS and opener:
        close = line.find(_CLOSERS[opener], start)
        if close > 0 and starts_statement(line[start:close].strip()):
            return close
    for attempt, cut in enumerate(_CUT.finditer(line, start)):
        if attempt >= _MAX_ATTEMPTS:
            return None
        end = cut.end() if cut.group() == ";" else cut.start()
        if _balanced(line[start:end]) and _is_clear(line[start:end]):
            return end
    rest = line[start:].rstrip()
    return start + len(rest) if _is_clear(rest) else None


def _balanced(text: str) -> bool:
    return text.count("'") % 2 == 0 and text.count("(") == text.count(")")


def _is_clear(statement: str) -> bool:
    """In a sentence a statement must also be written like one: its verb in capitals, or more than words."""
    if not starts_statement(statement.strip()):
        return False
    verb = statement.split(None, 1)[0]
    return verb.isupper() or re.search(r"[*=;<>]|\w\(|\.\w|\w_\w", statement) is not None
