"""What the words around a figure say of it: what it describes, whether it is wanted, its bound, its table."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from backend_advisor.intake.units import Unit

Role = Literal["observation", "target", "limit"]
Bound = Literal["exactly", "about", "at_most", "at_least", "range"]

_CLAUSE_END = re.compile(
    r"[;。]|[.!?](?=\s|$)|,(?=\s)|\s(?:but|and|while|however)\s|(?:지만|는데|으며|이며|하고|이고)(?=[\s,])"
)
_WIDE_END = re.compile(r"[;。]|[.!?](?=\s|$)")
_BELOW = re.compile(
    r"\b(?:under|below|within|less than|no more than|faster than)\b|이하|이내|미만|안에|안으로", re.IGNORECASE
)
_TARGET = re.compile(
    r"\b(?:targets?|goals?|need(?:s|ed)? to|need:?|want(?:s|ed)?|should|must|SL[AO]s?|aim(?:ing)?|"
    r"reduce|improve|bring|get|cut|lower|"
    r"drop|required?|objective|ideally|expect(?:ed)?)\b|목표|줄여야|줄이고|줄이려|낮추|낮춰야|"
    r"개선하고|만들고 싶|되어야|돼야|되게|이어야|"
    r"여야|해야|하고 싶|원합니다|원해요|필요합니다|희망|까지 줄|까지 낮|맞추|맞춰야|보장",
    re.IGNORECASE,
)
_WISH_IS = re.compile(r"\b(?:targets?|goals?|objectives?|SL[AO]s?)(?: \w+)? (?:is|are|was|were)$", re.IGNORECASE)
"""A verb that belongs to a wish, as in "the target is 300 ms", observes nothing."""
_WISH = re.compile(
    r"\b(?:targets?|goals?|need|needs|want|should|must|SL[AO]s?|aim|reduce to|ideally|objective|required?)\b|"
    r"목표|줄여야|줄이고|낮추|낮춰야|되어야|돼야|이어야|여야|해야|하고 싶|원합니다|원해요|필요합니다|희망|맞추|맞춰야",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:max(?:imum|_\w+)?|limit(?:s|ed|ing)?|cap(?:ped)?|at most|up to|throttl\w+|quota|timeout)\b|"
    r"최대|제한|한도|상한|타임아웃|쿼터",
    re.IGNORECASE,
)
_OBSERVED = re.compile(
    r"\b(?:takes?|took|taking|currently|now|has|have|had|is|are|was|were|receiv\w+|return(?:s|ed|"
    r"ing)?|grew|scan\w*|spik\w+|"
    r"measured|observed|executi?on time)\b|걸립니다|걸려|걸리|소요|현재|지금|있습니다|들어옵니다|발생|쌓|"
    r"느립|느려|나옵니다|입니다",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:<=?|≤|\b(?:under|below|within|less than|fewer than|lower than|at most|no more than|up to|"
    r"max(?:imum)?|limit(?:ed)?(?: to| of)?|"
    r"not exceed(?:ing)?|faster than)\b|최대)[ \t:=]*(?:of |to |a |the )?[ \t:=]*$",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:>=?|≥|\b(?:over|above|more than|at least|greater than|exceed(?:s|ing)?|min(?:imum)?|"
    r"beyond)\b|최소)[ \t:=]*(?:of )?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:[~≈∼]|\b(?:about|around|approx(?:imately)?\.?|roughly|nearly|almost|circa)\b|약|대략|거의|평균)[ \t]*$",
    re.IGNORECASE,
)
_AFTER_AT_MOST = re.compile(
    r"[ \t]*(?:이하|이내|미만|안에|안으로|or less|or fewer|max\b|까지만|까지 제한|를 넘지|을 넘지)"
)
_AFTER_AT_LEAST = re.compile(r"[ \t]*(?:이상|초과|or more|plus\b|넘게|을 넘|를 넘|이 넘|가 넘|남짓)")
_AFTER_ABOUT = re.compile(r"[ \t]*(?:정도|쯤|가량|내외|or so)")
_LATENCY = re.compile(
    r"latenc|respon[sd]|quer(?:y|ies)|execution time|endpoint|\bAPIs?\b|request|\bp\d{2}|page|"
    r"load(?:s|ing)? time|slow|SELECT|lookup|"
    r"checkout|search|report|percentile|응답|지연|쿼리|조회|레이턴시|실행 시간|페이지|로딩|목록|검색|"
    r"느[리려립린]|요청|호출|엔드포인트|속도",
    re.IGNORECASE,
)
_NOT_LATENCY = re.compile(
    r"deploy|build|batch|migrat|backup|expir|TTL|token|retention|keep|stor(?:e|age)|cache for|every|"
    r"interval|within the last|ago|"
    r"uptime|downtime|last \d|배포|빌드|배치|마이그레이션|백업|만료|보관|보존|토큰|주기|마다|전부터|동안|다운타임|점검",
    re.IGNORECASE,
)
_TIMEOUT = re.compile(r"time-?out|timed out|타임아웃|시간 ?초과", re.IGNORECASE)
_AVAILABILITY = re.compile(r"uptime|availab|SLA|SLO|가용|가동률", re.IGNORECASE)
_ERROR_RATE = re.compile(r"error|fail|5xx|4xx|에러|오류|실패|장애율", re.IGNORECASE)
_CPU = re.compile(r"\bCPUs?\b|processor|씨피유", re.IGNORECASE)
_MEMORY = re.compile(r"memory|\bRAM\b|heap|\bOOM\b|메모리|힙", re.IGNORECASE)
_HIT = re.compile(r"hit|적중|히트", re.IGNORECASE)
_POOL = re.compile(r"pool|풀(?! ?스캔)|hikari|max_?pool", re.IGNORECASE)
_CONNECTIONS = re.compile(r"connection|커넥션|연결", re.IGNORECASE)
_INSTANCES_BEFORE = re.compile(
    r"(?:파드|인스턴스|서버|레플리카|pods?|instances?|replicas?)[ \t]*[:=는은가이]?[ \t]*$", re.IGNORECASE
)
_MAX_CONNECTIONS = re.compile(r"max_connections[ \t]*(?:[:=]|is|of|은|는|이|가)?[ \t]*$", re.IGNORECASE)
_LABEL = 24
_USER_WORDS = re.compile(r"\b(?:users?|DAU|MAU|customers|members)\b|사용자|회원|유저", re.IGNORECASE)
_RESULT = re.compile(
    r"\b(?:result|improved|reduced|after|became|went|faster|now)\b|결과|개선됐|개선되었|줄었|빨라졌", re.IGNORECASE
)
_NAME = r"[`\"']?((?:[A-Za-z_]\w*\.)?[A-Za-z_]\w{1,62})[`\"']?"
_TABLE_BEFORE = re.compile(rf"{_NAME}[ \t]*(?:tables?\b|테이블)", re.IGNORECASE)
_TABLE_AFTER_WORD = re.compile(rf"(?:\btable|테이블)[ \t:]*{_NAME}", re.IGNORECASE)
_HOLDS = re.compile(
    rf"{_NAME}[ \t]*(?:\(|:|=|has\b|have\b|holds?\b|contains?\b|with\b|에는|에|은|는|이|가)[ \t]*(?:about|"
    rf"around|over|nearly|roughly|~|약|대략|총)?[ \t]*[<>~]?$",
    re.IGNORECASE,
)
_IN_TABLE = re.compile(
    rf"[ \t]*(?:rows?|records?)?[ \t]*(?:in|of|from|의)[ \t]+(?:the[ \t]+)?{_NAME}(?:[ \t]+table)?", re.IGNORECASE
)
_NO_TABLE = frozenset(
    [
        "it",
        "that",
        "this",
        "which",
        "and",
        "or",
        "the",
        "a",
        "an",
        "we",
        "i",
        "you",
        "they",
        "there",
        "query",
        "table",
        "tables",
        "database",
        "db",
        "rows",
        "row",
        "records",
        "has",
        "have",
        "with",
        "performance",
        "time",
        "scanned",
        "traffic",
        "users_count",
        "currently",
        "now",
        "data",
        "result",
        "results",
        "api",
        "endpoint",
        "redis",
        "mysql",
        "postgresql",
        "postgres",
        "mongodb",
        "total",
        "count",
        "size",
        "average",
        "max",
        "each",
        "our",
        "my",
        "your",
        "their",
        "its",
        "database1",
        "total_rows",
        "rps",
        "qps",
        "latency",
        "response",
        "page",
        "about",
        "system",
        "app",
        "application",
        "server",
        "service",
        "one",
        "memory",
        "production",
        "staging",
    ]
)


@dataclass(frozen=True, slots=True)
class Context:
    """A figure's place: its line, its offsets there, where the figure before it ended, and the section's kind."""

    line: str
    start: int
    end: int
    previous_end: int
    section: str | None
    tables: Collection[str]

    @property
    def before(self) -> str:
        """The words of the figure's own clause before it."""
        text = self.line[max(self.previous_end, self.start - 160) : self.start]
        ends = list(_CLAUSE_END.finditer(text))
        return text[ends[-1].end() :] if ends else text

    @property
    def after(self) -> str:
        """The words of the figure's own clause after it."""
        text = self.line[self.end : self.end + 80]
        match = _CLAUSE_END.search(text)
        return text[: match.start()] if match else text

    @property
    def clause(self) -> str:
        """The figure's own clause."""
        return self.before + " " + self.line[self.start : self.end] + " " + self.after

    @property
    def sentence(self) -> str:
        """The sentence around the figure, as far as it may matter."""
        before = self.line[max(0, self.start - 200) : self.start]
        ends = list(_WIDE_END.finditer(before))
        after = self.line[self.end : self.end + 120]
        match = _WIDE_END.search(after)
        return (before[ends[-1].end() :] if ends else before) + (after[: match.start()] if match else after)

    def role_after_arrow(self) -> Role:
        """What stands right of an arrow: a result when the words say it happened, otherwise what is wanted."""
        return "observation" if _RESULT.search(self.line) else "target"


def role(context: Context, unit: Unit) -> Role:
    """Whether a figure is what is, what is wanted, or what is allowed: by its clause, then by its section."""
    if context.section == "target":
        return "target"
    if _limited(context):
        return "limit"
    if _wanted(context, unit):
        return "observation" if context.section == "performance" else "target"
    if context.section == "constraints":
        return "limit"
    if context.section == "requirements" and not _OBSERVED.search(context.clause):
        return "target"
    return "observation"


def _wanted(context: Context, unit: Unit) -> bool:
    """Whether the word nearest before the figure, or else the first after it, speaks of a wish.

    "Under" wishes for times and shares; "under a million rows" only tells how many there are.
    """
    below = unit.base in ("seconds", "ratio")
    if below and re.match(r"[ \t]*[<≤]", context.line[context.start : context.end]):
        return True
    wishes = [match.start() for match in _TARGET.finditer(context.before)]
    wishes += [match.start() for match in _BELOW.finditer(context.before)] if below else []
    observed = _OBSERVED.finditer(context.before)
    seen = [match.start() for match in observed if not _WISH_IS.search(context.before[: match.end()])]
    if wishes:
        return not seen or max(wishes) > max(seen)
    if seen:
        return False
    if below and _BELOW.match(context.after.lstrip()):
        return not re.search(r"입니다|나옵니다|유지", context.after)
    return _TARGET.search(context.after) is not None and not _observed_before_wish(context)


def _limited(context: Context) -> bool:
    """Whether the word nearest before the figure, or else one after it, speaks of a limit rather than a wish."""
    limits, wishes = list(_LIMIT.finditer(context.before)), list(_WISH.finditer(context.before))
    if limits:
        return not wishes or limits[-1].start() > wishes[-1].start()
    return not wishes and _LIMIT.search(context.after) is not None


def _observed_before_wish(context: Context) -> bool:
    """Whether the first verb after the figure tells what happens: "4초 걸리는 것을 줄이고 싶습니다" observes 4 s."""
    seen, wished = _OBSERVED.search(context.after), _TARGET.search(context.after)
    return seen is not None and wished is not None and seen.start() < wished.start()


def bound(context: Context, described: str, kind: Role) -> Bound:
    """How the value binds. A wanted latency is an upper bound and a wanted availability a lower one unless said."""
    text = context.line[context.start : context.end]
    before, after = (
        context.line[max(0, context.start - 40) : context.start],
        context.line[context.end : context.end + 20],
    )
    if re.match(r"[ \t]*[<≤]", text) or _AT_MOST.search(before) or _AFTER_AT_MOST.match(after):
        return "at_most"
    if re.match(r"[ \t]*[>≥]", text) or "+" in text or _AT_LEAST.search(before) or _AFTER_AT_LEAST.match(after):
        return "at_least"
    if kind == "limit":
        return "at_most"
    if kind == "target" and described in ("latency", "error_rate"):
        return "at_most"
    if kind == "target" and described in ("availability", "rate"):
        return "at_least"
    if re.match(r"[ \t]*[~≈]", text) or _ABOUT.search(before) or _AFTER_ABOUT.match(after):
        return "about"
    return "exactly"


def about(context: Context, unit: Unit, value: float) -> str:
    """What a figure describes, from its unit and the words of its clause."""
    clause = context.clause
    if unit.base == "seconds":
        return _about_time(context, clause, value)
    if unit.base == "ratio":
        return _about_ratio(clause, value)
    if unit.base == "bytes" and _MEMORY.search(clause):
        return "memory"
    if unit.base == "count":
        if _INSTANCES_BEFORE.search(context.before[-_LABEL:]):
            return "instances"
        if _MAX_CONNECTIONS.search(context.before[-_LABEL:]):
            return "connections"
    if unit.about in ("count", "connections") and _POOL.search(clause):
        return "pool_size"
    if unit.about == "count" and _CONNECTIONS.search(clause):
        return "connections"
    if unit.about == "rows" and _USER_WORDS.search(context.after[:12]):
        return "users"
    if unit.about == "requests" and re.search(r"concurren|동시", clause, re.IGNORECASE):
        return "concurrency"
    return unit.about


def _about_time(context: Context, clause: str, value: float) -> str:
    if _TIMEOUT.search(clause):
        return "timeout"
    if _NOT_LATENCY.search(clause):
        return "duration"
    if _LATENCY.search(clause) or context.section in ("performance", "target"):
        return "latency" if value < 3600 else "duration"
    if _NOT_LATENCY.search(context.sentence):
        return "duration"
    return "latency" if value < 60 or (_LATENCY.search(context.sentence) and value < 3600) else "duration"


def _about_ratio(clause: str, value: float) -> str:
    if _ERROR_RATE.search(clause):
        return "error_rate"
    if _AVAILABILITY.search(clause):
        return "availability"
    if _CPU.search(clause):
        return "cpu"
    if _MEMORY.search(clause):
        return "memory"
    if _HIT.search(clause):
        return "hit_ratio"
    return "availability" if 0.99 <= value < 1.0 else "ratio"


def subject(context: Context, described: str) -> str | None:
    """The table a row count or a size is about, when the text says so."""
    if described not in ("rows", "size"):
        return None
    counted = context.line[context.start : context.end].rpartition(" ")[2]
    if counted.lower() in context.tables:
        return counted
    before, after = context.before, context.line[context.end : context.end + 80]
    if match := _IN_TABLE.match(after):
        name = _table(match.group(1), context)
        if name and (
            name.lower() in context.tables or match.group().rstrip().lower().endswith("table") or "의" in match.group()
        ):
            return name
    for pattern in (_TABLE_BEFORE, _TABLE_AFTER_WORD):
        names = [name for match in pattern.finditer(before) if (name := _table(match.group(1), context))]
        if names:
            return names[-1]
    words: list[str] = re.findall(r"[A-Za-z_]\w*", before)
    known = [word for word in words if word.lower() in context.tables]
    if known:
        return known[-1]
    match = _HOLDS.search(before)
    return _table(str(match.group(1)), context) if match else None


def _table(name: str, context: Context) -> str | None:
    if name.lower() in context.tables:
        return name
    return None if name.lower() in _NO_TABLE or name.isupper() else name
