"""One playbook from its two files: fields and sections become a `Playbook`, mistakes become problems."""

import re
from dataclasses import dataclass, field
from string import Formatter

from backend_advisor.knowledge.document import Fields, Reporter, key_lines, parse_yaml
from backend_advisor.knowledge.facts import REFERENCE
from backend_advisor.knowledge.markdown import Body, Fence, Item, Section, citations
from backend_advisor.knowledge.playbook import (
    Applies,
    Calculates,
    Declaration,
    Example,
    Page,
    Playbook,
    PlaybookStep,
    TechnologyCode,
)
from backend_advisor.model import ArtifactKind, Confidence, ExpertName, Language, Severity

SECTIONS: dict[Language, dict[str, str]] = {
    "en": {
        "Root cause": "root_cause",
        "Diagnosis": "diagnosis",
        "Solution": "solution",
        "Best practices": "best_practices",
        "Monitor": "monitoring",
        "Sources": "sources",
        "Examples": "examples",
    },
    "ko": {
        "근본 원인": "root_cause",
        "진단": "diagnosis",
        "해결": "solution",
        "모범 사례": "best_practices",
        "모니터링": "monitoring",
        "출처": "sources",
    },
}
EXPERTS: dict[str, ExpertName] = {
    "ARC": "architecture",
    "API": "api",
    "DB": "database",
    "SEC": "security",
    "PERF": "performance",
    "OPS": "operations",
    "QUA": "quality",
    "KOR": "korea",
}
CODE = re.compile(r"^([A-Z]+)\d{3}$")
NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
SOURCE_ID = re.compile(r"^[a-z0-9]+([._-][a-z0-9]+)*$")
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_COMMENT = r"(?:--|#|//|/\*|<!--|%%).*\b{code}\b"
_FENCE_ATTRIBUTES = {"solution": {"for"}, "examples": {"dialect"}}


@dataclass(slots=True)
class PageFile:
    """One language's page with what the checks need beside it: where fields and citations stand."""

    reporter: Reporter
    fields: Fields
    page: Page
    sections: dict[str, Section] = field(default_factory=dict)
    cited: dict[str, int] = field(default_factory=dict)
    listed: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    body: Body | None = None


@dataclass(slots=True)
class PlaybookFiles:
    """A playbook and its two pages as files."""

    playbook: Playbook
    pages: dict[Language, PageFile]


def read_page(text: str, language: Language, reporter: Reporter) -> PageFile | None:
    """The page in a file's text; None when its front matter cannot be read."""
    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    if front is None:
        reporter.error(1, "the file does not begin with front matter between `---` lines")
        return None
    values, node = parse_yaml(front[1], reporter, first_line=2)
    if not isinstance(values, dict):
        reporter.error(1, "the front matter is not a mapping")
        return None
    fields = Fields(values, key_lines(node, first_line=2), reporter)
    body = Body(text[front.end() :], reporter, first_line=text[: front.end()].count("\n") + 1)
    sections = _sections(body, language, reporter)
    page = _page(fields, body, sections)
    file = PageFile(reporter=reporter, fields=fields, page=page, sections=sections, body=body)
    _note_citations(file)
    return file


def assemble(name: str, folder: str, english: PageFile, korean: PageFile) -> PlaybookFiles | None:
    """The playbook of two pages; None when a field that it cannot do without is missing or wrong."""
    fields, reporter = english.fields, english.reporter
    code = fields.text("code")
    if code is not None and not _code_fits(code, folder, reporter, fields.line("code")):
        code = None
    severity = fields.choice("severity", Severity)
    confidence = fields.choice("confidence", Confidence)
    technologies = fields.texts("technologies")
    reviewed = fields.date("reviewed")
    cause = fields.text("cause", required=False)
    cwe = fields.numbers("cwe")
    aliases = fields.texts("aliases", required=False)
    related = fields.texts("related", required=False)
    consulted = fields.texts("consulted", required=False)
    detects = fields.values("detects", Declaration)
    calculates = fields.values("calculates", Calculates)
    applies = fields.values("applies", Applies)
    if not NAME.match(name):
        reporter.error(1, f"file name `{name}` is not lower-case words joined by hyphens")
    examples = _examples(english, code) if code else ()
    fields.finish()
    korean.fields.finish()
    if code is None or severity is None or confidence is None or reviewed is None:
        return None
    playbook = Playbook(
        code=code,
        name=name,
        expert=EXPERTS[CODE.sub(r"\1", code)],
        severity=severity,
        confidence=confidence,
        technologies=technologies,
        cause=cause or code,
        cwe=cwe,
        aliases=aliases,
        related=related,
        sources=tuple(english.listed),
        reviewed=reviewed,
        calculates=calculates,
        applies=applies,
        consulted=consulted,
        pages={"en": english.page, "ko": korean.page},
        examples=examples,
        detects=detects,
    )
    return PlaybookFiles(playbook, {"en": english, "ko": korean})


def template_fields(template: str) -> frozenset[str]:
    """The names of a message's fields; raises ValueError when its braces do not match."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _code_fits(code: str, folder: str, reporter: Reporter, line: int) -> bool:
    match = CODE.match(code)
    if match is None or match[1] not in EXPERTS:
        reporter.error(line, f"code `{code}` is not one of {', '.join(EXPERTS)} and three digits")
        return False
    if EXPERTS[match[1]] != folder:
        reporter.error(line, f"code `{code}` belongs to {EXPERTS[match[1]]}, the file stands in {folder}")
        return False
    return True


def _sections(body: Body, language: Language, reporter: Reporter) -> dict[str, Section]:
    wanted = SECTIONS[language]
    found: dict[str, Section] = {}
    for section in body.sections:
        key = wanted.get(section.title)
        if key is None:
            reporter.error(section.line, f"unknown section `{section.title}`")
        elif key in found:
            reporter.error(section.line, f"section `{section.title}` stands twice")
        else:
            found[key] = section
            if not section.text:
                reporter.error(section.line, f"section `{section.title}` is empty")
    for title, key in wanted.items():
        if key not in found and key != "examples":
            reporter.error(1, f"section `{title}` is missing")
    return found


def _page(fields: Fields, body: Body, sections: dict[str, Section]) -> Page:
    def prose(key: str) -> str:
        return sections[key].text if key in sections else ""

    def items(key: str, *, ordered: bool = False) -> list[Item]:
        return body.items(sections[key], ordered=ordered) if key in sections else []

    return Page(
        title=fields.text("title") or "",
        message=fields.text("message", required=False),
        fix=fields.text("fix", required=False),
        steps=fields.mapping("steps"),
        symptoms=fields.texts("symptoms", filled=True),
        keywords=fields.texts("keywords", filled=True),
        root_cause=prose("root_cause"),
        diagnosis=prose("diagnosis"),
        solution=tuple(_step(item, fields) for item in items("solution", ordered=True)),
        best_practices=tuple(_whole(item) for item in items("best_practices")),
        monitoring=tuple(_whole(item) for item in items("monitoring")),
        sources=tuple(_whole(item) for item in items("sources")),
    )


def _step(item: Item, fields: Fields) -> PlaybookStep:
    code = []
    for fence in item.fences:
        _check_attributes(fence, "solution", fields)
        names = tuple(name.strip() for name in fence.attributes.get("for", "").split(",") if name.strip())
        code.append(TechnologyCode(language=fence.language, text=fence.code.rstrip("\n"), technologies=names))
    return PlaybookStep(text=item.text, code=tuple(code), technologies=item.technologies)


def _whole(item: Item) -> str:
    """A bullet with its code blocks kept in the text."""
    blocks = [f"```{fence.language}\n{fence.code.rstrip()}\n```" for fence in item.fences]
    return "\n\n".join([item.text, *blocks])


def _check_attributes(fence: Fence, section: str, fields: Fields) -> None:
    for name in fence.attributes.keys() - _FENCE_ATTRIBUTES[section]:
        fields.report(fence.line, f"unknown attribute `{name}` after the fence")


def _examples(english: PageFile, code: str) -> tuple[Example, ...]:
    section, body = english.sections.get("examples"), english.body
    if section is None or body is None:
        return ()
    bad: bool | None = None
    examples = []
    for index, token in enumerate(section.tokens):
        if token.type == "heading_open":
            title = section.tokens[index + 1].content.strip()
            bad = {"Bad": True, "Good": False}.get(title)
            if bad is None:
                english.reporter.error(body.line(token), f"`{title}` in Examples is neither Bad nor Good")
        elif token.type == "fence":
            example = _example(body.fence(token), bad, code, english)
            if example is not None:
                examples.append(example)
    return tuple(examples)


def _example(fence: Fence, bad: bool | None, code: str, english: PageFile) -> Example | None:
    _check_attributes(fence, "examples", english.fields)
    if fence.language not in {kind.value for kind in ArtifactKind}:
        english.reporter.error(fence.line, f"`{fence.language}` is not a kind of artifact")
        return None
    if bad is None:
        english.reporter.error(fence.line, "an example stands under neither `### Bad` nor `### Good`")
        return None
    mark = re.compile(_COMMENT.format(code=code))
    lines = tuple(n for n, line in enumerate(fence.code.split("\n"), 1) if mark.search(line))
    if lines and not bad:
        english.reporter.error(fence.line, f"a good example carries the mark `{code}`")
    return Example(kind=fence.language, text=fence.code, bad=bad, dialect=fence.attributes.get("dialect"), lines=lines)


def _note_citations(file: PageFile) -> None:
    for key, section in file.sections.items():
        if key == "examples":
            continue
        noted = file.listed if key == "sources" else file.cited
        for offset, line in enumerate(section.text.split("\n"), section.line + 1):
            for fact in REFERENCE.findall(line):
                file.told.setdefault(fact, offset)
            for source in citations(line):
                if not SOURCE_ID.match(source):
                    file.reporter.error(offset, f"`[@{source}]` is not a citation of one source id")
                else:
                    noted.setdefault(source, offset)
    listing = file.sections.get("sources")
    if listing and any(not text.startswith("[@") for text in file.page.sources):
        file.reporter.error(listing.line, f"an item of `{listing.title}` does not begin with `[@source-id]`")
