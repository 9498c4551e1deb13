"""Blocks that stand in a question without a fence: SQL, plans, JSON, YAML, code and stack traces."""

import json
import re

from backend_advisor.intake.statements import START, starts_statement

_MAX_STATEMENT_LINES = 2_000
_HANGUL = re.compile(r"[가-힣]")
_HANGUL_ALLOWED = re.compile(r"'[^']*'|\"[^\"]*\"|--.*$|//.*$|#.*$|/\*.*?\*/|`[^`]*`")
_PROSE_START = re.compile(
    r"[ \t]*(?:#{1,6}[ \t]|[-*•][ \t]+[A-Za-z가-힣]|\d{1,3}[.)][ \t]|[A-Z][A-Za-z' ]{1,40}:(?:[ \t]|$)|"
    r"(?:This|The|It|I|We|My|Our|But|And|How|Why|What|When|Is|Can|Please|There|That|They|You|Here|Each|Currently|"
    r"Execution|Target)\b[ ,'])"
)
_SQL_CONTINUES = re.compile(
    r"[ \t]+\S|[ \t]*(?:\(|\)|,|--|/\*|\*|SELECT|FROM|WHERE|AND|OR|ON|LEFT|RIGHT|INNER|OUTER|FULL|"
    r"CROSS|JOIN|GROUP|ORDER|HAVING|"
    r"LIMIT|OFFSET|UNION|EXCEPT|INTERSECT|VALUES|SET|RETURNING|WITH|AS|CASE|WHEN|THEN|ELSE|END|FETCH|"
    r"FOR|USING|WINDOW|"
    r"INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|INCLUDE|PARTITION|PRIMARY|FOREIGN|CONSTRAINT|KEY|UNIQUE|CHECK|"
    r"STRAIGHT_JOIN|NATURAL|LATERAL|IN|NOT|EXISTS|BETWEEN|BEGIN|COMMIT|EXPLAIN)\b|[ \t]*[)*]",
    re.IGNORECASE,
)
_DIFF_HEAD = re.compile(
    r"(?:diff --git|---|\+\+\+|@@|index|(?:new|old|deleted) (?:file )?mode|rename (?:from|to)|similarity index) ?"
)
_DIFF_LINE = ("+", "-", " ", "\\", "")
_PLAN_START = re.compile(r"^.{0,300}\((?:cost=\d|actual (?:time|rows)=)|^[ \t|+-]*QUERY PLAN\b", re.DOTALL)
_PLAN_LINE = re.compile(
    r"[ \t|>\"]*(?:->|\(cost=|[-+=]{3,}|QUERY PLAN\b|\(\d+ rows?\)|(?:Planning|Execution|"
    r"Total runtime|JIT|Buffers|Settings|"
    r"Planning Time|Trigger|Timing|Functions|Options|WAL|SubPlan|InitPlan|CTE)\b|"
    r"(?:[A-Z][\w()/-]*(?: [\w()/-]+){0,5}): )|.{0,300}\((?:cost|actual)\b"
)
_JSON_START = re.compile(r"[ \t]*[{\[][ \t]*(?:$|[\"{\[\]}\d-])")
_JSON_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]]')
_XML_PLAN = re.compile(r"[ \t]*(?:<\?xml|<explain\b)")
_YAML_ROOT = re.compile(
    r"(?:apiVersion|openapi|swagger|services|spring|datasource|server|management|stages|jobs|on|kind|asyncapi|hikari|"
    r"version|name|scrape_configs|groups):(?:[ \t]+\S.*)?$"
)
_YAML_LINE = re.compile(r"[ \t]*(?:- )*[\w./\"'${}@*-]+:(?:[ \t]+.*)?$|[ \t]*- \S.*$|[ \t]*#.*$|[ \t]+\S.*$")
_YAML_PLAN = re.compile(r"[ \t|]*- Plan:")
_YAML_NESTED = re.compile(r"[ \t]+(?:- )?[\w./\"'-]+:(?:[ \t]|$)|[ \t]+- ")
_STRONG_CODE = re.compile(
    r"[ \t]*(?:(?:async )?def \w+\(|class \w+\b.{0,200}[:{]$|from [\w.]+ import |"
    r"import [\w.*{}, ]{1,200}(?:;|from ['\"].*)?$|"
    r"@\w+(?:\.\w+)*(?:\(.*)?$|(?:export )?(?:async )?function\b|(?:const|let|var) [\w{\[]|(?:public|"
    r"private|protected) [\w<]|"
    r"func (?:\(|\w+\()|package [\w.]+;?$|fun \w+\(|(?:if|for|while|switch|catch|try|"
    r"else)\b.{0,300}[:{]$|return\b.{0,300};$|"
    r"(?:await|yield|throw|raise) \w+[\w.(]|\w[\w.\[\]'\"]{0,80} = .{0,300}[;(\[{)]$|[\w.]{1,80}\(.{0,300}\);?$|"
    r"\w[\w.<>]{0,80} \w{1,80} = .{0,300};$|service \w+ \{$|message \w+ \{$|type \w+(?: \w+)? \{$|"
    r"syntax = |FROM [\w./-]+:[\w.-]+|"
    r"RUN \S|.{0,300}[;{]$|[})\]]+[;,)]*$|(?://|#) )"
)
_WEAK_CODE = re.compile(r"[ \t]{2,}\S|[ \t]*[})\]]|[ \t]*(?://|#|\*|/\*|\"\"\")|.{0,300}[;{},(]$|\t")
_TRACE_LINE = re.compile(
    r"[ \t]*at [\w$.<>/ ]{1,200}\(|[ \t]*File \"[^\"\n]{1,300}\", line \d|Traceback \(most recent|[ \t]*Caused by: |"
    r"[\w.]{1,200}(?:Exception|Error)\b(?::|$)|Exception in thread |[ \t]*\.\.\. \d+ more|"
    r"\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}"
)
_CELLS = re.compile(r"[ \t]\|[ \t]*[\d.,]+[ \t]*(?:\||$)|^[^|]{0,200}[ \t]\|[ \t](?:[^|]{0,200}[ \t]\|[ \t]){2}")
"""A statement in a row of a table, such as a ranking of queries by their time, is not given to be read."""
_MIN_CODE_LINES = 3
_MIN_STRONG = 2
_MAX_PROSE_LINE = 2_000


class Lines(list[str]):
    """The lines of a question, with a budget for looking ahead, so that hostile text is read in linear time too."""

    budget = 20_000
    looks = 0

    def window(self, index: int) -> int:
        """Where a reader that starts at this line must stop looking."""
        return min(len(self), index + _MAX_STATEMENT_LINES, index + max(self.budget, 1))

    def pay(self, looked_at: int) -> int:
        """Charge a look that found nothing; returns that length, 0."""
        self.budget -= looked_at
        return 0


def unfenced_length(lines: Lines, index: int) -> int:
    """How many lines a block that starts at this line has; 0 when none starts here."""
    line = lines[index]
    if not line.strip() or len(line) > 100_000 or lines.budget <= 0:
        return 0
    for reader in (_diff, _plan, _sql, _document, _yaml, _trace, _code):
        length = reader(lines, index)
        if length:
            return length
    return 0


def _diff(lines: Lines, index: int) -> int:
    """A patch of files, to the end of its last hunk."""
    if not lines[index].startswith(("diff --git ", "--- ")):
        return 0
    end, stop, hunks = index, lines.window(index), 0
    while end < stop and (_DIFF_HEAD.match(lines[end]) or (hunks and lines[end][:1] in _DIFF_LINE)):
        hunks += lines[end].startswith("@@ ")
        end += 1
    while end > index and not lines[end - 1].strip():
        end -= 1
    return end - index if hunks else lines.pay(end - index)


def _plan(lines: Lines, index: int) -> int:
    first = lines[index]
    if _YAML_PLAN.match(first):
        return _run(lines, index, _YAML_LINE)
    if not _PLAN_START.match(first) or _prose(first):
        return 0
    end = index + 1
    while end < len(lines):
        if lines[end].strip():
            if not (_PLAN_LINE.match(lines[end]) or lines[end].startswith("   ")) or _prose(lines[end]):
                break
        elif not (end + 1 < len(lines) and _PLAN_START.match(lines[end + 1])):
            break
        end += 1
    return end - index


def _prose(line: str) -> bool:
    """Whether Hangul stands outside strings and comments, as it does in a sentence."""
    line = line[:_MAX_PROSE_LINE]
    if not _HANGUL.search(line):
        return False
    return _HANGUL.search(_HANGUL_ALLOWED.sub("", line)) is not None


def _sql(lines: Lines, index: int) -> int:
    first = lines[index].lstrip()
    if first.startswith("--"):
        following = next((n for n in range(index + 1, min(index + 20, len(lines))) if not _comment(lines[n])), None)
        length = _sql(lines, following) if following is not None and following > index else 0
        return following - index + length if following is not None and length else 0
    if not START.match(first) or is_row(first):
        return 0
    end = index + 1
    while end < lines.window(index) and not lines[end - 1].rstrip().endswith(";"):
        line = lines[end]
        if not line.strip() or _prose(line) or line.lstrip().startswith(("```", "~~~")):
            break
        if not _SQL_CONTINUES.match(line) or (_PROSE_START.match(line) and not line.startswith((" ", "\t"))):
            break
        end += 1
    if _prose(lines[end - 1]) and end - 1 == index:
        return 0
    text = "\n".join(lines[index:end]).strip()
    if not starts_statement(text) or (end - index == 1 and not _alone(text)):
        return lines.pay(end - index)
    return end - index + _further_statements(lines, end)


def is_row(line: str) -> bool:
    """Whether a line is a row of a table that a client drew: a statement in it is only named."""
    return _CELLS.search(line[:_MAX_PROSE_LINE]) is not None


def _comment(line: str) -> bool:
    return line.lstrip().startswith("--")


def _alone(text: str) -> bool:
    """Whether a one-line statement fills its line; a sentence around it is the inline reader's business."""
    from backend_advisor.intake.inline import inline_statements

    spans = inline_statements(text)
    return bool(spans) and spans[0][0] == 0 and not text[spans[0][1] :].strip(" ;\"'.")


def _further_statements(lines: Lines, end: int) -> int:
    """Statements that follow directly, or after one empty line, belong to the same block."""
    total = 0
    while end + total < len(lines):
        at = end + total
        skip = 0 if lines[at].strip() else 1
        if at + skip >= len(lines) or not (START.match(lines[at + skip].lstrip()) or _comment(lines[at + skip])):
            break
        length = _one_statement(lines, at + skip)
        if not length:
            break
        total += skip + length
    return total


def _one_statement(lines: Lines, index: int) -> int:
    start = index
    while index < len(lines) and _comment(lines[index]):
        index += 1
    end = index
    while end < lines.window(index) and lines[end].strip() and not _prose(lines[end]):
        end += 1
        if lines[end - 1].rstrip().endswith(";"):
            break
        if end < len(lines) and not _SQL_CONTINUES.match(lines[end]):
            break
    text = "\n".join(lines[index:end]).strip()
    return end - start if starts_statement(text) else lines.pay(end - start)


def _document(lines: Lines, index: int) -> int:
    first = lines[index]
    if _XML_PLAN.match(first):
        for end in range(index, lines.window(index)):
            if "</explain>" in lines[end]:
                return end - index + 1
        return lines.pay(lines.window(index) - index)
    if not _JSON_START.match(first):
        return 0
    depth = 0
    for end in range(index, lines.window(index)):
        for mark in _JSON_TOKEN.findall(lines[end]):
            depth += 1 if mark in "{[" else -1 if mark in "}]" else 0
        if depth <= 0:
            read = end - index + 1
            return read if _is_json("\n".join(lines[index : end + 1])) else lines.pay(read)
    return lines.pay(lines.window(index) - index)


def _is_json(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return bool(value) and ("\n" in text or isinstance(value, dict) or isinstance(value[0], dict))


def _run(lines: Lines, index: int, pattern: re.Pattern[str]) -> int:
    end = index + 1
    while end < lines.window(index):
        if not lines[end].strip():
            if end + 1 >= len(lines) or not lines[end + 1].startswith((" ", "\t")):
                break
        elif not pattern.match(lines[end]):
            break
        end += 1
    return end - index


def _yaml(lines: Lines, index: int) -> int:
    if not _YAML_ROOT.match(lines[index]):
        return 0
    length = _run(lines, index, _YAML_LINE)
    nested = sum(1 for line in lines[index : index + length] if _YAML_NESTED.match(line))
    return length if length >= 3 and nested else lines.pay(length)


def _trace(lines: Lines, index: int) -> int:
    if not _TRACE_LINE.match(lines[index]):
        return 0
    end = index + 1
    while end < len(lines) and lines[end].strip():
        if not (_TRACE_LINE.match(lines[end]) or lines[end].startswith(("  ", "\t"))) or _prose(lines[end]):
            break
        end += 1
    return end - index if end - index >= 2 else 0


def _code(lines: Lines, index: int) -> int:
    if not _STRONG_CODE.match(lines[index]) or _prose(lines[index]) or _PROSE_START.match(lines[index]):
        return 0
    end, strong, blank = index, 0, 0
    while end < len(lines) and blank <= 2:
        line = lines[end]
        if not line.strip():
            blank += 1
        elif _prose(line) or line.lstrip().startswith(("```", "~~~")):
            break
        elif _STRONG_CODE.match(line):
            strong, blank = strong + 1, 0
        elif _WEAK_CODE.match(line):
            blank = 0
        else:
            break
        end += 1
    while end > index and not lines[end - 1].strip():
        end -= 1
    return end - index if strong >= _MIN_STRONG and end - index >= _MIN_CODE_LINES else 0
