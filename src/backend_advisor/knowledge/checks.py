"""What must hold across files: citations resolve, codes and names are unique, both languages say the same."""

import re
from collections.abc import Mapping, Sequence, Set

from backend_advisor.knowledge.document import Reporter
from backend_advisor.knowledge.facts import Fact, sources_of
from backend_advisor.knowledge.pages import PageFile, PlaybookFiles, template_fields
from backend_advisor.knowledge.playbook import Page
from backend_advisor.model import Source

_HANGUL = re.compile(r"[가-힣]")
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|'[^']*'|\([^()]*\)", re.DOTALL)
_FENCED = re.compile(r"^\s*(`{3,}|~{3,}).*?^\s*\1", re.DOTALL | re.MULTILINE)


def check_playbooks(
    files: Sequence[PlaybookFiles], sources: Mapping[str, Source], facts: Mapping[str, Fact], technologies: Set[str]
) -> None:
    """Note every problem with the reporter of the file that it is in."""
    codes = {file.playbook.code for file in files}
    _check_unique(files)
    for file in files:
        _check_related(file, codes)
        _check_technologies(file, technologies)
        _check_languages(file)
        _check_templates(file)
        _check_examples(file)
        _check_facts_told(file, facts)
        for page in file.pages.values():
            _check_citations(page, sources)


def check_facts(
    facts: Mapping[str, Fact],
    lines: Mapping[str, int],
    reporter: Reporter,
    sources: Mapping[str, Source],
    technologies: Set[str],
) -> None:
    """Note what is wrong with the facts of one file: unknown sources, no value, values whose days make no sense."""
    for name, fact in facts.items():
        line = lines[name]
        for source in sources_of(fact):
            if source not in sources:
                reporter.error(line, f"fact `{name}`: source `{source}` is not in the registry")
        if fact.technology is not None and fact.technology not in technologies:
            reporter.error(line, f"fact `{name}`: technology `{fact.technology}` is not in the catalogue")
        if not fact.values:
            reporter.error(line, f"fact `{name}` has no value")
        if not _HANGUL.search(fact.what.ko):
            reporter.error(line, f"fact `{name}`: `what.ko` holds no Korean")
        for value in fact.values:
            if value.since and value.until and value.since > value.until:
                reporter.error(line, f"fact `{name}`: a value ends ({value.until}) before it begins ({value.since})")
            if not isinstance(value.value, str) and not (value.value.en.strip() and value.value.ko.strip()):
                reporter.error(line, f"fact `{name}`: a value is empty")


def _check_facts_told(file: PlaybookFiles, facts: Mapping[str, Fact]) -> None:
    english, korean = file.pages["en"], file.pages["ko"]
    for page in (english, korean):
        for name, line in page.told.items():
            if name not in facts:
                page.reporter.error(line, f"fact `{name}` is not stated in knowledge/facts")
    for name in english.told.keys() ^ korean.told.keys():
        page, other = (korean, "English") if name in korean.told else (english, "Korean")
        page.reporter.error(page.told[name], f"fact `{name}` is not told by the {other} page")
    for name in set(file.playbook.consulted) - english.listed.keys():
        english.reporter.error(english.fields.line("consulted"), f"consulted source `{name}` is not listed")


def _check_unique(files: Sequence[PlaybookFiles]) -> None:
    owners: dict[str, str] = {}
    for file in files:
        playbook, english = file.playbook, file.pages["en"]
        for key in (playbook.code, playbook.name, *playbook.aliases):
            owner = owners.setdefault(key.casefold(), english.reporter.path)
            if owner != english.reporter.path:
                field = "aliases" if key in playbook.aliases else "code"
                english.reporter.error(english.fields.line(field), f"`{key}` already names {owner}")


def _check_related(file: PlaybookFiles, codes: Set[str]) -> None:
    english = file.pages["en"]
    for code in file.playbook.related:
        if code not in codes:
            english.reporter.error(english.fields.line("related"), f"related code `{code}` does not exist")
        if code == file.playbook.code:
            english.reporter.error(english.fields.line("related"), f"`{code}` is related to itself")
    cause = file.playbook.cause
    if re.fullmatch(r"[A-Z]+\d{3}", cause) and cause not in codes:
        english.reporter.error(english.fields.line("cause"), f"cause `{cause}` does not exist")


def _check_technologies(file: PlaybookFiles, known: Set[str]) -> None:
    english = file.pages["en"]
    for name in file.playbook.technologies:
        if name not in known:
            line = english.fields.line("technologies")
            english.reporter.error(line, f"technology `{name}` is not in the catalogue")
    for page in file.pages.values():
        for name in sorted(_stacks(page.page) - known):
            text = f"technology `{name}` is not in the catalogue"
            page.reporter.error(_line_of(page, "solution"), text)


_FOR_SOME = re.compile(
    r"^(?:`{3,}\w*[^\n`]*\bfor=(?P<block>[\w.,+#-]+)|`\{(?P<paragraph>[\w.+#, -]+)\}`)", re.MULTILINE
)


def _stacks(page: Page) -> set[str]:
    """The technologies that steps, paragraphs and code blocks are for."""
    steps = {name for step in page.solution for name in step.technologies}
    for text in (page.root_cause, page.diagnosis):
        for match in _FOR_SOME.finditer(text):
            steps |= {name.strip() for name in (match["block"] or match["paragraph"]).split(",")}
    return steps | {name for step in page.solution for code in step.code for name in code.technologies}


def _line_of(page: PageFile, section: str) -> int:
    return page.sections[section].line if section in page.sections else 1


def _check_citations(file: PageFile, sources: Mapping[str, Source]) -> None:
    for source, line in {**file.listed, **file.cited}.items():
        if source not in sources:
            file.reporter.error(line, f"source `{source}` is not in the registry")
    for source in file.cited.keys() - file.listed.keys():
        file.reporter.error(file.cited[source], f"source `{source}` is cited but not listed under Sources")
    for source in file.listed.keys() - file.cited.keys():
        file.reporter.error(file.listed[source], f"source `{source}` is listed but never cited")


def _check_languages(file: PlaybookFiles) -> None:
    english, korean = file.pages["en"], file.pages["ko"]
    for source in english.listed.keys() ^ korean.listed.keys():
        page, other = (korean, "English") if source in korean.listed else (english, "Korean")
        page.reporter.error(page.listed[source], f"source `{source}` is not listed by the {other} page")
    for key, section in korean.sections.items():
        if key != "sources" and not _HANGUL.search(section.text):
            korean.reporter.error(section.line, f"section `{section.title}` holds no Korean")
    if not _HANGUL.search(korean.page.title):
        korean.reporter.error(korean.fields.line("title"), "the title holds no Korean")
    for key, section in english.sections.items():
        if key != "examples" and _HANGUL.search(_QUOTED.sub("", _FENCED.sub("", section.text))):
            english.reporter.warning(section.line, f"section `{section.title}` holds Korean outside quotes")
    if len(english.page.solution) != len(korean.page.solution):
        korean.reporter.warning(
            _line_of(korean, "solution"),
            f"{len(korean.page.solution)} solution steps, the English page has {len(english.page.solution)}",
        )


def _check_templates(file: PlaybookFiles) -> None:
    english, korean = file.pages["en"].page, file.pages["ko"].page
    _compare("message", "message", english.message, korean.message, file)
    _compare("fix", "fix", english.fix, korean.fix, file)
    for key in sorted(english.steps.keys() | korean.steps.keys()):
        _compare("steps", f"steps.{key}", english.steps.get(key), korean.steps.get(key), file)


def _compare(field: str, label: str, en: str | None, ko: str | None, file: PlaybookFiles) -> None:
    english, korean = file.pages["en"], file.pages["ko"]
    if en is None or ko is None:
        if en is not ko:
            page = english if en is None else korean
            page.reporter.error(page.fields.line(field), f"`{label}` stands in the other language only")
        return
    used = _fields(field, en, english, label), _fields(field, ko, korean, label)
    if None not in used and used[0] != used[1]:
        both = " and ".join(", ".join(sorted(fields or ())) or "none" for fields in used)
        korean.reporter.error(korean.fields.line(field), f"`{label}` has other fields than in English: {both}")


_SAID_TWICE = re.compile(r"\{(\w+)\}`?\{\1:")


def _fields(name: str, template: str, page: PageFile, label: str) -> frozenset[str] | None:
    twice = _SAID_TWICE.search(template)
    if twice is not None:
        message = f"`{label}` says `{twice[1]}` twice: a field with particles holds its value too"
        page.reporter.error(page.fields.line(name), message)
    try:
        return template_fields(template)
    except ValueError as error:
        page.reporter.error(page.fields.line(name), f"`{label}` is not a valid template: {error}")
        return None


def _check_examples(file: PlaybookFiles) -> None:
    if not file.playbook.is_rule:
        return
    english, examples = file.pages["en"], file.playbook.examples
    line = _line_of(english, "examples")
    for bad, word in ((True, "bad"), (False, "good")):
        if not any(example.bad is bad for example in examples):
            english.reporter.error(line, f"a rule needs a {word} example")
    for example in examples:
        if example.bad and not example.lines:
            text = f"a bad example marks no line with a comment that holds {file.playbook.code}"
            english.reporter.error(line, text)
