"""Which technologies the asker's system is made of, with their versions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from backend_advisor.intake.catalogue import Catalogue, Entry, Mention, catalogue
from backend_advisor.model import Artifact, ArtifactKind, Technology

_VERSION = re.compile(
    r"[ \t]{0,2}(?:[:(][ \t]?)?(?:v|ver\.?[ \t]?|version[ \t]|버전[ \t]?)?"
    r"(\d{1,4}(?:\.\d{1,4}){0,3}(?:\.x)?)(?![\d%]|[.,]\d)(\+|[a-zA-Z]\b)?",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"[ \t]?(?:[a-zA-Z%]*/s|개|대(?!의 )|명|건|초|분(?![석산류리할기포배])|시간|배(?!포)|번|행|곳|만|천|억|회|월|년|일|"
    r"(?:nodes?|instances?|servers?|brokers?|replicas?|shards?|pods?|tables?|quer(?:y|ies)|connections?|"
    r"seconds?|secs?|ms|minutes?|mins?|hours?|hrs?|days?|times|keys?|rows?|users?|clusters?|partitions?|topics?|"
    r"services?|workers?|containers?|databases?|requests?|rps|qps|tps|million|billion|thousand|k|m|gb|mb|tb|kb|"
    r"vcpus?|cores?|or|to|[-–~]\s?\d)\b)",
    re.IGNORECASE,
)
_AFTER_GO_TO = re.compile(
    r"[ \t]+(?:to|the|a|an|ahead|back|into|through|over|for|your|my|our|on|off|out|up|yourself|is|was|will|can|"
    r"has|does|in|it|this|that|with)\b"
)
_ROLE_AFTER = re.compile(
    r"[ \t]*(?:\d|언어|서비스|서버|앱|애플리케이션|어플리케이션|백엔드|프레임워크|로 (?:작성|개발|구현|만든|만들|된)|"
    r"(?:services?|servers?|apps?|applications?|backend|microservices?|clients?|APIs?|code|codebase|routers?|"
    r"handlers?|middlewares?|frameworks?|projects?|drivers?|workers?|queues?|tasks?|programs?|language|schemas?|"
    r"models?|sidecars?|clusters?|agents?|loggers?|endpoints?|controllers?|modules?|beans?)\b)"
)
_ROLE_BEFORE = re.compile(
    r"(?:\b(?:written in|built (?:in|with|on)|using|use|uses|with|in|on|via|running|our|behind|through|"
    r"migrat\w+ (?:to|from)|backend|language|framework|server|stack)[ \t:]+|"
    r"(?:언어|프레임워크|백엔드|서버|스택|환경)[ \t]*(?::|은|는|이|가)?[ \t]*)$",
    re.IGNORECASE,
)
_STACK_LABEL = re.compile(
    r"^[ \t]*(?:[-*•][ \t]*)?(?:\*\*)?(?:(?:tech(?:nology)?[ \t]*)?stack|technolog(?:y|ies)|language|"
    r"framework|backend|"
    r"기술[ \t]?스택|스택|개발[ \t]?환경|사용[ \t]?기술|언어|프레임워크|백엔드)(?:\*\*)?[ \t]*[:\uff1a]",
    re.IGNORECASE,
)
_EXCLUDED = re.compile(r"(?:^|[\s(,;])(?:no|not|without)[ \t]+$", re.IGNORECASE)
_NEAR = 40
_BESIDE = 3
_YEARS = range(2000, 2040)
_MAX_MAJOR = 99


@dataclass(frozen=True, slots=True)
class Named:
    """A technology where the text names it; `end` includes its version."""

    technology: Technology
    entry: Entry
    start: int
    end: int


def named_technologies(prose: str) -> tuple[Named, ...]:
    """The technologies a text names, in order. Words such as Go count only with evidence beside them."""
    found: list[Named] = []
    start = 0
    for line in prose.split("\n"):
        found.extend(_in_line(line, start))
        start += len(line) + 1
    return tuple(found)


def _in_line(line: str, offset: int) -> Iterable[Named]:
    mentions = list(catalogue().mentions(line))
    if not mentions:
        return
    labelled = _STACK_LABEL.match(line) is not None
    for position, mention in enumerate(mentions):
        if _EXCLUDED.search(line[max(0, mention.start - _NEAR) : mention.start]):
            continue
        beside = [m for m in mentions[max(0, position - _BESIDE) : position + _BESIDE + 1] if m.certain]
        if not mention.certain and not _plausible(line, mention, beside, labelled):
            continue
        version, end = _version_after(line, mention)
        entry = mention.entry
        technology = Technology(id=entry.id, name=entry.name, category=entry.category, version=version)
        yield Named(technology, entry, offset + mention.start, offset + end)


def _plausible(line: str, mention: Mention, certain: Sequence[Mention], labelled: bool) -> bool:
    after = line[mention.end : mention.end + _NEAR]
    if labelled:
        return True
    if _AFTER_GO_TO.match(after) and not line[: mention.start].rstrip().endswith((" in", " with", "using")):
        return False
    if _ROLE_AFTER.match(after) or _ROLE_BEFORE.search(line[max(0, mention.start - _NEAR) : mention.start]):
        return True
    return any(_listed_together(line, mention, other) for other in certain)


def _listed_together(line: str, one: Mention, other: Mention) -> bool:
    """Whether two names stand in one list, such as "(Go + MySQL)": little but separators between them."""
    between = line[min(one.end, other.end) : max(one.start, other.start)]
    return len(between) <= _NEAR and not re.search(r"[.!?]\s|\b(?:to|the)\b", between)


def _version_after(line: str, mention: Mention) -> tuple[str | None, int]:
    match = _VERSION.match(line, mention.end)
    if match is None:
        return None, mention.end
    letters = match.group(2) or ""
    if letters not in ("", "+") and letters.lower() not in mention.entry.version_letters:
        return None, mention.end
    number = match.group(1)
    major = int(number.split(".")[0])
    if major > _MAX_MAJOR and major not in _YEARS:
        return None, mention.end
    if "." not in number and _COUNTED.match(line, match.end(1)):
        return None, mention.end
    return number, match.end(1) + (len(letters) if letters != "+" else 0)


def merged(technologies: Iterable[Technology]) -> tuple[Technology, ...]:
    """Each technology once, in order of first mention, with the first version that was given."""
    by_id: dict[str, Technology] = {}
    for technology in technologies:
        known = by_id.get(technology.id)
        if known is None:
            by_id[technology.id] = technology
        elif known.version is None and technology.version is not None:
            by_id[technology.id] = replace(known, version=technology.version)
    return tuple(by_id.values())


_LANGUAGES = {
    ArtifactKind.PYTHON: "python",
    ArtifactKind.JAVASCRIPT: "javascript",
    ArtifactKind.TYPESCRIPT: "typescript",
    ArtifactKind.JAVA: "java",
    ArtifactKind.KOTLIN: "kotlin",
    ArtifactKind.GO: "go",
    ArtifactKind.GRAPHQL: "graphql",
    ArtifactKind.PROTOBUF: "protobuf",
    ArtifactKind.DOCKERFILE: "docker",
    ArtifactKind.COMPOSE: "docker-compose",
    ArtifactKind.KUBERNETES: "kubernetes",
    ArtifactKind.OPENAPI: "openapi",
}
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+(?:static[ \t]+)?([\w.]+)|"
    r"(?:import[ \t]+)?(?:\w+[ \t]+)?"
    r"\"((?:[\w-]+\.)+[a-z]+/[\w./-]+)\")"
    r"|(?:\brequire\([ \t]*|\bfrom[ \t]+|^[ \t]*import[ \t]+)['\"]([@\w./-]+)['\"]",
    re.MULTILINE,
)
_IMAGE = re.compile(
    r"^[ \t]*(?:-[ \t]*)?(?:FROM|image:)[ \t]+['\"]?(?:[\w.-]+(?::\d+)?/)*([\w-]+)(?::v?(\d+(?:\.\d+){0,2}))?",
    re.MULTILINE,
)
_MAX_SCANNED = 200_000
_OUTPUT = (ArtifactKind.LOG, ArtifactKind.OTHER, ArtifactKind.PROSE)
_SHOWN = {
    "java": r"^[ \t]*at [\w.$/@-]+\((?:[\w$]+\.java:\d+|Native Method)\)|JAVA_TOOL_OPTIONS|java\.lang\.Thread\.State",
    "spring": r"\borg\.springframework\.",
    "python": r"^Traceback \(most recent call last\)|^[ \t]*File \"[^\"\n]+\.py\", line \d",
    "django": r"\bdjango\.(?:db|core|http|request)\b",
    "sqlalchemy": r"\bsqlalchemy\.exc\b",
    "nodejs": r"\(node:internal/|/node_modules/|\bnode::|^Node\.js v\d",
    "go": r"^goroutine \d+ \[|\.go:\d+ \+0x",
    "postgresql": r"\borg\.postgresql\.|\bpsycopg2?\b|\bpg_stat_statements\b|\bPSQLException\b",
    "mysql": r"\bcom\.mysql\.|\bpymysql\b|\bpossible_keys\b|\"query_block\"|-> Table scan on \w",
    "kubernetes": r"^[ \t]*(?:Restart Count|Pod Template|QoS Class):|\bkubelet\b",
}
"""What a product leaves in logs and other output, by which whoever wrote it is known."""
_CONTAINERS = (ArtifactKind.DOCKERFILE, ArtifactKind.COMPOSE, ArtifactKind.KUBERNETES, ArtifactKind.PIPELINE)


def technologies_of(artifact: Artifact) -> tuple[Technology, ...]:
    """What an artifact itself shows: its language, what it imports, the images it runs."""
    known = catalogue()
    found: list[Technology] = []
    if artifact.kind in _LANGUAGES:
        found.append(_technology(known.entries[_LANGUAGES[artifact.kind]]))
    text = artifact.text[:_MAX_SCANNED]
    if artifact.kind in _OUTPUT and artifact.origin == "file":
        return tuple(
            _technology(known.entries[one]) for one, sign in _SHOWN.items() if re.search(sign, text, re.MULTILINE)
        )
    if artifact.kind in _CONTAINERS:
        for match in _IMAGE.finditer(text):
            if image := known.by_image.get(match.group(1)):
                found.append(_technology(image, match.group(2)))
    elif artifact.kind in _LANGUAGES:
        for match in _IMPORT.finditer(text):
            root = next(group for group in match.groups() if group)
            found.extend(_technology(entry) for entry in _imported(known, root))
    return merged(found)


def _imported(known: Catalogue, path: str) -> tuple[Entry, ...]:
    """The entries of the longest listed prefix of an import path; a relative path is nobody's."""
    if path.startswith("."):
        return ()
    while path:
        if entries := known.by_import.get(path):
            return entries
        path = path[: max(path.rfind("."), path.rfind("/"), 0)]
    return ()


def _technology(entry: Entry, version: str | None = None) -> Technology:
    return Technology(id=entry.id, name=entry.name, category=entry.category, version=version)


def dialect_of(technologies: Iterable[Technology]) -> str | None:
    """The SQL dialect of the one database the stack names; None when it names none, or several that differ."""
    entries = catalogue().entries
    dialects = {entries[t.id].dialect for t in technologies if t.id in entries} - {None}
    return dialects.pop() if len(dialects) == 1 else None


def product_of(dialect: str) -> Technology:
    """The database that a dialect is named for."""
    return next(_technology(entry) for entry in catalogue().entries.values() if entry.dialect == dialect)
