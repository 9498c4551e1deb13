"""What kind of thing a text is: by its content first, then by what its fence or file name says."""

import json
import re
from pathlib import PurePath
from typing import Any

from backend_advisor.intake.statements import is_ddl_only, is_sql
from backend_advisor.model import ArtifactKind
from backend_advisor.paths import last_part, suffix_of

_K = ArtifactKind
_HINTS: dict[str, ArtifactKind] = {
    **dict.fromkeys(("sql", "postgresql", "postgres", "pgsql", "mysql", "mariadb", "sqlite", "plsql"), _K.SQL),
    **dict.fromkeys(("plpgsql", "tsql", "oracle", "mssql"), _K.SQL),
    **dict.fromkeys(("ddl", "schema.sql"), _K.DDL),
    **dict.fromkeys(("plan", "explain"), _K.PLAN),
    **dict.fromkeys(("python", "py", "python3", "pyi"), _K.PYTHON),
    **dict.fromkeys(("javascript", "js", "node", "jsx", "mjs", "cjs", "nodejs"), _K.JAVASCRIPT),
    **dict.fromkeys(("typescript", "ts", "tsx", "mts", "cts"), _K.TYPESCRIPT),
    **dict.fromkeys(("java",), _K.JAVA),
    **dict.fromkeys(("kotlin", "kt", "kts"), _K.KOTLIN),
    **dict.fromkeys(("go", "golang"), _K.GO),
    **dict.fromkeys(("openapi", "swagger"), _K.OPENAPI),
    **dict.fromkeys(("graphql", "gql", "graphqls"), _K.GRAPHQL),
    **dict.fromkeys(("proto", "protobuf", "proto3"), _K.PROTOBUF),
    **dict.fromkeys(("dockerfile", "docker", "containerfile"), _K.DOCKERFILE),
    **dict.fromkeys(("yaml", "yml"), _K.YAML),
    **dict.fromkeys(("json", "json5", "jsonc"), _K.JSON),
    **dict.fromkeys(("xml",), _K.XML),
    **dict.fromkeys(("bash", "sh", "shell", "zsh", "console", "shell-session", "powershell", "ps1"), _K.SHELL),
    **dict.fromkeys(("log", "logs", "out"), _K.LOG),
    **dict.fromkeys(("ini", "properties", "conf", "toml", "env", "cfg", "nginx", "cnf", "hocon"), _K.CONFIGURATION),
    **dict.fromkeys(("md", "markdown", "txt", "rst", "adoc"), _K.PROSE),
}
_OTHER_LANGUAGES = frozenset(
    {"text", "plaintext", "mermaid", "plantuml", "diff", "csv", "http", "html", "css", "ruby", "rb", "php", "cs",
     "csharp", "c", "cpp", "rust", "rs", "swift", "scala", "lua", "promql", "hcl", "terraform"}
)  # fmt: skip
DIALECT_HINTS = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "pgsql": "postgres",
    "plpgsql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "plsql": "oracle",
    "oracle": "oracle",
    "tsql": "tsql",
    "mssql": "tsql",
}
_CODE_KINDS = (_K.PYTHON, _K.JAVASCRIPT, _K.TYPESCRIPT, _K.JAVA, _K.KOTLIN, _K.GO, _K.PROSE)
_HEAD = 20_000
_MAX_JSON = 20_000_000

_PLAN = re.compile(
    r"\(cost=\d+\.\d+\.\.\d+\.\d+ rows=\d+|"
    r"\(actual (?:time=[\d.]+\.\.[\d.]+ )?rows=[\d.]+ loops=\d+\)|^[ \t|]*QUERY PLAN\b"
    r"|^[ \t|+]*(?:-[ \t]+)?Plan:[ \t+|]*\n[ \t|+]*Node Type:",
    re.MULTILINE,
)
_TRACES = ("spans", "trace", "traces")
_SPAN_KEYS = frozenset(
    "spanId span_id spanID parentSpanId parent_span_id parentSpanID parentId parent_id parentID parent children".split()
)
_OPENAPI = re.compile(r"^(?:openapi|swagger):[ \t]*[\"']?[23]\.", re.MULTILINE)
_VERSION = re.compile(r"[23]\.\d")
_BROKEN_OPENAPI = re.compile(r"\s*\{\s*\"(?:openapi|swagger)\"\s*:\s*\"[23]\.")
_EXPORTED_SPANS = re.compile(r"\s*\{\s*\"resourceSpans\"")
"""Spans that a collector writes to a file, one export a line."""
_MYSQL_TREE = re.compile(
    r"^[ \t|]*-> (?:(?:Table|Index|Covering index) (?:range )?scan on|Limit: \d+ row|Sort: |Filter: |"
    r"Nested loop (?:inner|left|anti|semi)|(?:Single-row |Covering )?index lookup)",
    re.MULTILINE,
)
_STATISTICS = re.compile(r"\bpg_restore_(?:relation|attribute)_stats\s*\(")
_XML_PLAN = re.compile(r"<explain\b[^>\n]*postgresql", re.IGNORECASE)
_TOP_KEY = re.compile(r"^([A-Za-z_][\w.-]*):(?=[ \t]|$)", re.MULTILINE)
_YAML_ITEM = re.compile(r"^[ \t]*(?:- +)?[\w./\"'${}@*-]+:(?:[ \t]|$)|^[ \t]*- +\S", re.MULTILINE)
_COMPOSE = re.compile(r"^services:[ \t]*\n(?:[ \t]*(?:#.*)?\n)*[ \t]+[\w.-]+:", re.MULTILINE)
_PIPELINE_STEPS = re.compile(r"^[ \t]*(?:- )?(?:runs-on|steps|script|stage|stages|uses):", re.MULTILINE)
_PROTO = re.compile(
    r"^[ \t]*syntax\s*=\s*[\"']proto[23]|^[ \t]*(?:service|message)\s+\w+\s*\{[\s\S]{0,2000}?(?:\brpc\b|=\s*\d+;)",
    re.MULTILINE,
)
_GRAPHQL = re.compile(
    r"^[ \t]*(?:type|input|interface|enum)\s+\w+[^\n{]{0,200}\{\s*(?:#[^\n]*\s*|"
    r"\"[^\n]*\s*)*\w+(?:\([^)]{0,500}\))?\s*:\s*\[?[A-Z]\w*[!\]]*\s*(?:$|@|\})"
    r"|^[ \t]*(?:schema|extend type \w+|directive @\w+)\b|^[ \t]*(?:query|mutation|subscription)\b[^\n{]{0,300}\{",
    re.MULTILINE,
)
_DOCKER = re.compile(r"^[ \t]*FROM[ \t]+[\w./:@${}-]+(?:[ \t]+AS[ \t]+[\w-]+)?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_DOCKER_STEP = re.compile(r"^(?:RUN|COPY|CMD|ENTRYPOINT|WORKDIR|EXPOSE|ENV|ADD|ARG|USER)[ \t]", re.MULTILINE)
_LOG = re.compile(
    r"^[ \t]*at [\w$.<>/]+\([^()\n]{0,200}\)|^Traceback \(most recent call last\)|^[ \t]*Caused by: "
    r"|^\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}[^\n]{0,80}\b(?:ERROR|WARN|INFO|DEBUG|FATAL|LOG|"
    r"STATEMENT|DETAIL|TRACE)\b"
    r"|^(?:ERROR|FATAL|PANIC|WARNING):  ?\S|^(?:DETAIL|HINT|STATEMENT|CONTEXT): ",
    re.MULTILINE,
)
_LOGGED = re.compile(
    r"\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}|[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} |\d{1,3}(?:\.\d{1,3}){3} - |"
    # Stack traces and thread dumps of the JVM, Node.js, Python and Go.
    r"[ \t]*at [\w$.<>/@ -]+\(|[ \t]*File \"|Caused by: |Traceback \(|[\w.$]+(?:Exception|Error)(?::|$)|"
    r"\t\.\.\. \d+ more|goroutine \d+ \[|panic: |fatal error: |exit status \d|\t/\S+\.go:\d+|"
    r"[\w./]+\.(?:\(\*?\w+\)\.)?\w+\([^)]*\)$|created by |\"[^\"\n]+\" (?:#\d+ |prio=|daemon )|"
    r"[ \t]*java\.lang\.Thread\.State: |[ \t]*- (?:waiting|locked|parking|eliminated)|"
    # Records in JSON, and descriptions as kubectl prints them.
    r"\{\"(?:level|time|timestamp|ts|msg|message|severity|log|@timestamp)\"|[ ]{2,}\w[\w ]*:[ ]{2,}\S|"
    r"[\w.-]+:[ ]{4,}\S"
)
_LONGEST_LOOKED_AT = 300
_PLAIN = frozenset({"", ".txt", ".text"})
_LISTED = 0.6
_MOST_LOOKED_AT = 300
_SHELL = re.compile(
    r"^#!.*\b(?:ba|z|k)?sh\b|^\$ \w|^(?:sudo|curl|docker|kubectl|psql|npm|pip|git|helm|export) [\w-]", re.MULTILINE
)
_PROPERTIES = re.compile(r"^[ \t]*[\w.-]+[ \t]*=[ \t]*[^=\n][^\n;{]*$|^\[[\w.-]+\]$", re.MULTILINE)

_SIGNS: tuple[tuple[ArtifactKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.MULTILINE))
    for kind, pattern in (
        (_K.GO, r"^package \w+[ \t]*$|^func (?:\(\w+ \*?[\w.]+\) )?\w+\(|:= |\bif err != nil\b|\bchan \w"),
        (_K.KOTLIN, r"\bfun (?:<\w+> )?[\w.]+\(|^[ \t]*va[lr] \w+(?::[ \t]?\w|[ \t]=)|\bdata class \w|"
                    r"\bsuspend fun\b|\?\.let \{"),
        (_K.JAVA, r"^[ \t]*(?:public|private|protected) [\w<>\[\], ?.]+[({;]|"
                  r"^[ \t]*import (?:static )?[\w.]+(?:\.\*)?;|^package [\w.]+;|@Override\b|"
                  r"\bnew \w+(?:<[\w, ]*>)?\(|\bfinal \w+ \w|^[ \t]*public (?:class|interface|enum|record)\b|"
                  r"\bcatch \((?:final )?[A-Z][\w.]*(?: ?\| ?[A-Z][\w.]*)* \w+\)|"
                  r"\bfor \((?:final )?[A-Z][\w<>, ]* \w+ ?: |"
                  r"^[ \t]*[A-Z]\w*(?:<[\w<>, ?]*>)? \w+ = [^\n]{1,300};|"
                  r"@(?:Transactional|Autowired|RestController|(?:Get|Post|Put|Delete|Patch|Request)Mapping|Async|"
                  r"Cacheable|Scheduled)\b"),
        (_K.PYTHON, r"^[ \t]*(?:async )?def \w+\(|^[ \t]*class \w+(?:\([^()\n]*\))?:[ \t]*$|"
                    r"^[ \t]*from [\w.]+ import |^import [\w.]+(?: as \w+)?[ \t]*$|^[ \t]*(?:if|for|"
                    r"while|with|try|elif|else|except)\b[^\n{;]*:[ \t]*(?:#.*)?$|\bself\.\w|\bawait \w[^;\n]*$"),
        (_K.TYPESCRIPT, r"\binterface \w+(?: extends [\w, ]+)? \{|: (?:string|number|boolean|void|any|"
                        r"Promise<|Observable<)\b|^[ \t]*(?:export )?type \w+(?:<\w+>)? =|"
                        r"\b(?:private|public|readonly) \w+\??: \w|@(?:Injectable|Controller|Module|"
                        r"Entity|Column)\(|^import type "),
        (_K.JAVASCRIPT, r"\brequire\(['\"]|^[ \t]*(?:const|let|var) [\w{\[]|=> ?[{(\w]|"
                        r"\bfunction\b ?\w*\(|\bmodule\.exports\b|"
                        r"^[ \t]*import [\w{*][^\n;]* from ['\"]|\bawait [\w.]+\(|\bconsole\.\w+\(|"
                        r"===|^export (?:default|const|async|function|class)\b"),
    )
)  # fmt: skip


def kind_of(text: str, hint: str | None = None, name: str | None = None) -> ArtifactKind:
    """The kind of an artifact. `hint` is a fence's first word, `name` a file's path."""
    by_name = _named_kind(name) if name else None
    if by_name is _K.PROSE and suffix_of(name or "").lower() in _PLAIN and is_listed_log(text):
        return _K.LOG
    hinted = by_name or (_hinted_kind(hint) if hint else None)
    certain = _certain_kind(text, hinted)
    if certain is not None:
        return certain
    if hinted is not None and hinted not in (_K.PLAN, _K.JSON, _K.YAML, _K.DDL):
        return hinted
    if hint and hint.lower() in _OTHER_LANGUAGES - {"text", "plaintext"}:
        return _K.OTHER
    return _guessed_kind(text, hinted)


def is_listed_log(text: str) -> bool:
    """Whether most lines of a plain text are those of a log, a trace, a thread dump or a description by kubectl."""
    lines = [line for line in text[: _HEAD * 2].split("\n") if line.strip()][:_MOST_LOOKED_AT]
    return len(lines) > 1 and sum(1 for line in lines if _LOGGED.match(line[:_LONGEST_LOOKED_AT])) >= _LISTED * len(
        lines
    )


def may_ask(path: PurePath) -> bool:
    """Whether a file of this name may hold a question: a text or Markdown file, or one whose name says nothing."""
    return _named_kind(path.as_posix()) is _K.PROSE or not path.suffix


def _hinted_kind(hint: str) -> ArtifactKind | None:
    return _HINTS.get(hint.lower().lstrip("."))


def _named_kind(name: str) -> ArtifactKind | None:
    base, suffix = last_part(name).lower(), suffix_of(name)
    if base.startswith(("dockerfile", "containerfile")) or base.endswith(".dockerfile"):
        return _K.DOCKERFILE
    if base == "jenkinsfile" or base.startswith((".gitlab-ci.", "azure-pipelines.", "bitbucket-pipelines.")):
        return _K.PIPELINE
    if suffix in (".yml", ".yaml"):
        if {".github", ".circleci"} & set(name.replace("\\", "/").split("/")[:-1]):
            return _K.PIPELINE
        if base.startswith(("docker-compose", "compose.")):
            return _K.COMPOSE
    if base.startswith((".env", "application.", "application-", "bootstrap.")) or base.endswith(".conf"):
        return _K.CONFIGURATION
    return _HINTS.get(suffix[1:].lower()) if suffix else None


def _certain_kind(text: str, hinted: ArtifactKind | None) -> ArtifactKind | None:
    """What the content proves, whatever its name says; None when the name should be asked."""
    head = text[:_HEAD]
    if hinted is _K.PROSE and _begins_with_plan(head):
        return _K.PLAN
    if hinted in _CODE_KINDS:
        return None
    if _MYSQL_TREE.search(head):
        return None
    first = head.lstrip("\ufeff \t\r\n")[:1]
    if first in ("{", "["):
        parsed = parse_json(text)
        if parsed is not None:
            return _json_kind(parsed)
        if _EXPORTED_SPANS.match(head):
            return _K.TRACE
        if _BROKEN_OPENAPI.match(head):
            return _K.OPENAPI
    if first == "<":
        return _K.PLAN if _XML_PLAN.search(head) else (_K.XML if hinted in (None, _K.XML) else None)
    if _STATISTICS.search(head):
        return _K.STATISTICS
    if is_sql(text):
        return _K.DDL if is_ddl_only(text) else _K.SQL
    if _PLAN.search(head):
        return _K.PLAN
    if hinted in (None, _K.YAML, _K.OPENAPI, _K.CONFIGURATION):
        return _yaml_kind(text)
    return None


def _begins_with_plan(head: str) -> bool:
    """Whether a text begins with a plan: a note comes to it later, and MySQL's is read in its own way."""
    first = next((line for line in head.split("\n") if line.strip()), "")
    return _PLAN.search(first) is not None and _MYSQL_TREE.search(first) is None


def parse_json(text: str) -> Any:
    """The value of a JSON text, or None when it is not JSON (or `null`)."""
    if len(text) > _MAX_JSON:
        return None
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _json_kind(value: Any) -> ArtifactKind:
    item = value[0] if isinstance(value, list) and value else value
    if not isinstance(item, dict):
        return _K.JSON
    if isinstance(item.get("Plan"), dict) and "Node Type" in item["Plan"]:
        return _K.PLAN
    if _VERSION.match(str(item.get("openapi") or item.get("swagger") or "")):
        return _K.OPENAPI
    if "apiVersion" in item and "kind" in item:
        return _K.KUBERNETES
    if "resourceSpans" in item or "traceID" in item or {"traceId", "duration"} <= item.keys():
        return _K.TRACE
    batches = item.get("batches")
    if isinstance(batches, list) and batches and isinstance(batches[0], dict) and "resource" in batches[0]:
        return _K.TRACE
    data = item.get("data")
    if isinstance(data, list) and data and isinstance(data[0], dict) and "traceID" in data[0]:
        return _K.TRACE
    return _K.TRACE if _is_simple_trace(value) else _K.JSON


def _is_simple_trace(value: Any) -> bool:
    """Whether a value is a trace in a form of its writer's own: spans under a name that says so, a tree, or a list of
    which each has a parent or an identifier."""
    if isinstance(value, dict):
        inner = next((value[key] for key in _TRACES if isinstance(value.get(key), dict | list)), None)
        if inner is None:
            return isinstance(value.get("children"), list) and _lasts(value)
        first = inner[0] if isinstance(inner, list) and inner else inner
        return isinstance(first, dict) and (_lasts(first) or any(key in first for key in _TRACES))
    listed = [one for one in value[:20] if isinstance(one, dict)] if isinstance(value, list) else []
    return bool(listed) and all(map(_lasts, listed)) and any(not _SPAN_KEYS.isdisjoint(one) for one in listed)


def _lasts(value: dict[str, Any]) -> bool:
    """Whether an object is called something and took its time."""
    keys = [key.lower() for key in list(value)[:60] if isinstance(key, str)]
    named = any(key in ("name", "span", "operation", "resource") or key.startswith("operation") for key in keys)
    return named and any(key.startswith(("duration", "elapsed", "end", "finish", "took", "start")) for key in keys)


def _yaml_kind(text: str) -> ArtifactKind | None:
    head = text[:_HEAD]
    keys = set(_TOP_KEY.findall(head))
    # Tools that sort the keys write the version behind thousands of lines.
    if {"info", "paths", "components", "definitions"} & keys and _OPENAPI.search(text):
        return _K.OPENAPI
    if {"apiVersion", "kind"} <= keys:
        return _K.KUBERNETES
    if "services" in keys and _COMPOSE.search(head):
        return _K.COMPOSE
    if ({"jobs", "on"} <= keys or {"stages", "pipeline", "steps", "trigger"} & keys) and _PIPELINE_STEPS.search(head):
        return _K.PIPELINE
    if {"spring", "datasource", "management", "logging"} & keys:
        return _K.CONFIGURATION
    return None


def _guessed_kind(text: str, hinted: ArtifactKind | None) -> ArtifactKind:
    head = text[:_HEAD]
    if _PROTO.search(head):
        return _K.PROTOBUF
    if _DOCKER.search(head) and _DOCKER_STEP.search(head):
        return _K.DOCKERFILE
    if _GRAPHQL.search(head) and hinted is None:
        return _K.GRAPHQL
    if hinted is not None:
        return hinted
    if _LOG.search(head):
        return _K.LOG
    if language := source_language(head):
        return language
    if _SHELL.search(head):
        return _K.SHELL
    return _structured_kind(head)


def _structured_kind(head: str) -> ArtifactKind:
    lines = [line for line in head.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) > 1 and _TOP_KEY.match(lines[0]) and len(_YAML_ITEM.findall(head)) >= 0.8 * len(lines):
        return _K.YAML
    if len(lines) > 0 and len(_PROPERTIES.findall(head)) >= 0.8 * len(lines):
        return _K.CONFIGURATION
    return _K.OTHER


def source_language(text: str) -> ArtifactKind | None:
    """The programming language whose signs a text shows most, or None when it shows too few."""
    scores = {kind: len(pattern.findall(text)) for kind, pattern in _SIGNS}
    if scores[_K.TYPESCRIPT]:
        scores[_K.TYPESCRIPT] += scores[_K.JAVASCRIPT]
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] >= 2 or (scores[best] == 1 and len(text) < 200) else None
