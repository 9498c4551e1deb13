"""Quantities in a question, in base units, with what they describe and whether they are seen, wanted or allowed."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from backend_advisor.intake.figure_context import Context, about, bound, role, subject
from backend_advisor.intake.sections import label_kind
from backend_advisor.intake.units import MULTIPLIERS, PER_AFTER, PER_BEFORE, TIMES, UNIT, UNITS, Unit
from backend_advisor.model import Figure

_DIGITS = r"(?:\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,9})?|\d{1,18}(?:\.\d{1,9})?)"
_HANGUL_SCALE = r"(?:십억|백만|천만|십만|조|억|만|천|백)"
_LATIN_SCALE = (
    r"(?:[ \t]?(?:thousand|million|billion|mil)\b|[kKMB](?![A-Za-z])|"
    r"m(?=[ \t]+(?:rows|records|users|requests|documents)\b))"
)
_AMOUNT = rf"{_DIGITS}(?:[ \t]?{_HANGUL_SCALE}(?:[ \t]?{_DIGITS}{_HANGUL_SCALE}){{0,3}}|{_LATIN_SCALE})?"
_NUMBER = re.compile(
    rf"(?<![\w.,:/#$@-])(?P<sign>[<>≤≥~≈]=?[ \t]?)?(?P<low>{_AMOUNT})(?P<lowunit>[ \t]?(?:(?:ms|s|GB|"
    rf"MB)(?![A-Za-z])|초|분(?!의)|%))?"
    rf"(?:[ \t]?(?:[-–—~∼→]|->|=>|to|에서)[ \t]?(?P<high>{_AMOUNT}))?(?P<more>\+)?",
)
_PIECE = re.compile(rf"({_DIGITS})[ \t]?({_HANGUL_SCALE}|thousand|million|billion|mil|[kKmMB])?")
_ARROW = re.compile(r"→|->|=>")
_TOWARDS = re.compile(r"to|에서")
_QUANTILE = re.compile(
    r"\bp(50|75|90|95|99(?:\.9{1,3})?|999)(?![A-Za-z0-9_])|\b(\d{2}(?:\.\d+)?)(?:th|st|nd)?[ \t-]?(?:percentile|"
    r"퍼센타일|백분위)|\b(median)\b|중앙값",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}:\d{2}(?::\d{2})?|"
    r"\d{4}년(?:[ \t]?\d{1,2}월)?(?:[ \t]?\d{1,2}일)?|\d{1,2}월[ \t]?\d{1,2}일|"
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+|/\d+)?\b|https?://\S+|\bv?\d+\.\d+\.\d+\b"
)
_CODE_NUMBER = re.compile(
    r"\b(?:HTTP(?:/\d)?|status(?: code)?|code|port|RFC|ISO|TLS|OAuth|OpenAPI|line|version|ver|포트|상태 코드|응답 코드|"
    r"Top|SQLSTATE|error|CVE|ES|Phase|Step|Pattern|Issue|Example|PR|에러 코드|"
    r"오류 코드)[ \t#:v-]{0,3}\d[\d.]*(?![\d.]*[ \t]?(?:%|ms\b|초|건))",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"[ \t]*\d{1,3}[.)][ \t]")
_BARE = re.compile(
    r"(?:^|[\s(,\-])(?P<label>[A-Za-z_가-힣][\w가-힣 .]{0,40}?)[ \t]*(?:[:=]|\bis\b|\bof\b|은|는|이|가|을|"
    r"를)?[ \t]*(?:(?:under|over|about|약|최대)[ \t]*)?$"
)
_BARE_LABELS = (
    (re.compile(r"row|record|건수|행 수|레코드", re.IGNORECASE), "rows", "rows"),
    (re.compile(r"user|사용자 수|회원 수|DAU|MAU", re.IGNORECASE), "users", "users"),
    (re.compile(r"pool|풀", re.IGNORECASE), "count", "pool_size"),
    (re.compile(r"conn|커넥션|연결", re.IGNORECASE), "count", "connections"),
    (re.compile(r"\b(?:rps|qps|tps)\b", re.IGNORECASE), "per_second", "rate"),
    (re.compile(r"\b(?:max|maximum|min|limit)\b|최대|최소|제한", re.IGNORECASE), "count", "count"),
)
_OVERFLOW = re.compile(r"[ \t]+overflow[ \t]+(\d{1,6})\b")
"""SQLAlchemy opens so many connections beyond the size of its pool."""
_MAX_LINE = 20_000
_MAX_FIGURES = 1_000
_MAX_VALUE = 1e18
_WORD = re.compile(r"[ \t]([A-Za-z_]\w*)")
_LABEL_REACH = 12
_LONGEST_CLAUSE = 240


@dataclass(frozen=True, slots=True)
class _Read:
    value: float
    unit: Unit
    start: int
    end: int
    upper: float | None = None
    then: float | None = None


def figures(
    prose: str,
    kinds: Sequence[str | None],
    skipped: Sequence[tuple[int, int]] = (),
    tables: Collection[str] = (),
) -> tuple[Figure, ...]:
    """The figures of a text. `kinds` are its lines' sections, `skipped` the spans of product versions."""
    found: list[Figure] = []
    offset, upcoming = 0, 0
    for number, line in enumerate(prose.split("\n"), 1):
        end = offset + len(line)
        taken: list[tuple[int, int]] = []
        while upcoming < len(skipped) and skipped[upcoming][0] <= end:
            start, stop = skipped[upcoming]
            taken.append((start - offset, stop - offset))
            upcoming += 1
        if any(character.isdigit() for character in line) and len(line) <= _MAX_LINE:
            kind = label_kind(line) or kinds[number - 1]
            found.extend(_in_line(line, number, kind, taken, tables))
            if len(found) >= _MAX_FIGURES:
                return tuple(found[:_MAX_FIGURES])
        offset = end + 1
    return tuple(found)


def _in_line(
    line: str, number: int, kind: str | None, taken: list[tuple[int, int]], tables: Collection[str]
) -> Iterator[Figure]:
    quantiles = list(_QUANTILE.finditer(line))
    hidden = _hidden(line, taken, quantiles)
    previous = 0
    for match in _NUMBER.finditer(hidden):
        read = _rows_of(hidden, match, tables) or _quantity(hidden, match)
        if read is None:
            continue
        context = Context(line, read.start, read.end, previous, kind, tables)
        previous = read.end
        yield from _figures_of(read, context, number, _quantile(quantiles, line, read))


def _hidden(line: str, taken: list[tuple[int, int]], quantiles: Sequence[re.Match[str]]) -> str:
    """The line with all numbers that are no quantities blanked: versions, dates, addresses, codes, quantiles."""
    spans = [*taken, *((m.start(), m.end()) for m in quantiles)]
    spans += [(m.start(), m.end()) for pattern in (_DATE, _CODE_NUMBER) for m in pattern.finditer(line)]
    if match := _LIST_NUMBER.match(line):
        spans.append((0, match.end()))
    characters = list(line)
    for start, end in spans:
        for position in range(max(start, 0), min(end, len(line))):
            characters[position] = " "
    return "".join(characters)


def _rows_of(line: str, match: re.Match[str], tables: Collection[str]) -> _Read | None:
    """So many of what a table of the case holds ("20 million orders"), unless they come by the second or the day."""
    named = _WORD.match(line, match.end()) if match.group("high") is None else None
    if named is None or named[1].lower() not in tables or match.group("lowunit"):
        return None
    if PER_AFTER.match(line, named.end()) or PER_BEFORE.search(line[max(0, match.start() - 30) : match.start()]):
        return None
    return _Read(_amount(match.group("low")), UNITS["rows"], match.start(), named.end())


def _quantity(line: str, match: re.Match[str]) -> _Read | None:
    low, high = _amount(match.group("low")), match.group("high")
    end = match.end()
    unit_match = UNIT.match(line, end)
    low_unit = _unit_named(match.group("lowunit"))
    unit: Unit | None = None
    if unit_match is not None:
        unit = UNITS[(unit_match.group("a") or unit_match.group("h")).lower()]
        end = unit_match.end()
    elif low_unit is not None and high is None:
        unit = low_unit
    if unit is None:
        return _bare(line, match, low)
    unit, end = _per_time(line, match, unit, end)
    first = low * (low_unit or unit).factor
    if first > _MAX_VALUE:
        return None
    if high is None:
        return _Read(first, unit, match.start(), end)
    second = _amount(high) * unit.factor
    if _ARROW.search(match.group()) or (second < first and _TOWARDS.search(match.group())):
        return _Read(first, unit, match.start(), end, then=second)
    if second < first and low_unit is None and _scale(high) and not _scale(match.group("low")):
        second, first = first, second
    if (
        first < second
        and low_unit is None
        and not _scale(match.group("low"))
        and (scale := _scale(high))
        and first * scale < second
    ):
        first *= scale
    return _Read(min(first, second), unit, match.start(), end, upper=max(first, second))


def _unit_named(word: str | None) -> Unit | None:
    return UNITS.get(word.strip().lower()) if word else None


def _amount(text: str) -> float:
    """The value of "1.2M", "10,000", "1,200만" or "1만5천"."""
    total = 0.0
    for digits, scale in _PIECE.findall(text):
        total += float(digits.replace(",", "")) * MULTIPLIERS.get(scale.lower(), 1.0)
    return total


def _scale(text: str) -> float | None:
    scales = [scale for _, scale in _PIECE.findall(text) if scale]
    return MULTIPLIERS.get(scales[-1].lower()) if scales else None


def _per_time(line: str, match: re.Match[str], unit: Unit, end: int) -> tuple[Unit, int]:
    """A count over a time is a rate; a duration, a ratio or a core count is not."""
    if unit.base in ("seconds", "ratio", "per_second"):
        return unit, end
    after = PER_AFTER.match(line, end)
    before = PER_BEFORE.search(line[max(0, match.start() - 30) : match.start()])
    if after is not None:
        per, end = TIMES[(after.group("t") or after.group("d")).lower()], after.end()
    elif before is not None:
        per = TIMES[next(group for group in before.groups() if group)]
    else:
        return unit, end
    base = "bytes" if unit.base == "bytes" else "rate"
    return Unit("per_second", unit.factor / per, "throughput" if base == "bytes" else "rate"), end


def _bare(line: str, match: re.Match[str], low: float) -> _Read | None:
    """A number without a unit counts only where a label says what it is, as in "Rows scanned: 1.2M" or "max 100"."""
    per = PER_AFTER.match(line, match.end())
    if per is not None and "/" not in per.group() and match.group("high") is None:
        return _Read(
            low / TIMES[(per.group("t") or per.group("d")).lower()],
            Unit("per_second", 1.0, "rate"),
            match.start(),
            per.end(),
        )
    follows = line[match.end() : match.end() + 1]
    if (follows.isalnum() and follows.isascii()) or follows in ("_", "/"):
        return None
    label = _BARE.search(line[max(0, match.start() - 60) : match.start()])
    if label is None:
        return None
    words = label.group("label")
    best: tuple[int, Unit] | None = None
    for pattern, base, subject_of in _BARE_LABELS:
        last = max((named.end() for named in pattern.finditer(words)), default=-_LABEL_REACH)
        if len(words) - last <= _LABEL_REACH and (best is None or last > best[0] + _LABEL_REACH // 2):
            best = last, Unit(base, 1.0, subject_of)
    overflow = _OVERFLOW.match(line, match.end())
    if best is not None and overflow is not None:
        low += int(overflow[1])
    return _Read(low, best[1], match.start(), match.end()) if best else None


def _figures_of(read: _Read, context: Context, number: int, quantile: float | None) -> Iterator[Figure]:
    described = about(context, read.unit, read.value)
    kind = role(context, read.unit)
    figure = Figure(
        value=_rounded(read.value),
        unit=read.unit.base,
        about=described,
        role=kind,
        bound="range" if read.upper is not None else bound(context, described, kind),
        upper=_rounded(read.upper) if read.upper is not None else None,
        quantile=quantile,
        subject=subject(context, described),
        text=context.line[read.start : read.end].strip(),
        around=" ".join(context.clause.split())[:_LONGEST_CLAUSE],
        line=number,
    )
    if read.then is None:
        yield figure
        return
    yield replace(figure, role="observation", bound="exactly")
    after = context.role_after_arrow()
    most: Literal["at_most", "exactly"] = "at_most" if after == "target" else "exactly"
    yield replace(figure, value=_rounded(read.then), role=after, bound=most)


def _rounded(value: float) -> float:
    """Without the last digits' noise that converting units leaves."""
    return float(f"{value:.15g}")


def _quantile(quantiles: Sequence[re.Match[str]], line: str, read: _Read) -> float | None:
    """The quantile named nearest before the figure, or directly after it, within the clause."""
    best: re.Match[str] | None = None
    for match in quantiles:
        between = line[match.end() : read.start] if match.end() <= read.start else line[read.end : match.start()]
        if len(between) <= 30 and not re.search(r"[,;.]\s|\d", between):
            best = match
            if match.end() <= read.start:
                continue
            break
    if best is None or read.unit.base != "seconds":
        return None
    if best.group(3) or best.group() == "중앙값":
        return 0.5
    digits = best.group(1) or best.group(2)
    return 0.999 if digits == "999" else float(digits) / 100
