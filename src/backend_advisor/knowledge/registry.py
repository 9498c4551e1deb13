"""The registries beside the playbooks: sources, glossary, and the catalogue of technologies read as data."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import yaml

from backend_advisor.knowledge.document import Fields, Reporter, children, key_lines, parse_yaml
from backend_advisor.knowledge.facts import Fact
from backend_advisor.knowledge.glossary import TermGroup
from backend_advisor.knowledge.pages import SOURCE_ID
from backend_advisor.model import Source


def read_sources(text: str, reporter: Reporter, known: dict[str, Source]) -> None:
    """Add a file's sources to those known."""
    for identifier, fields in _mappings(text, reporter):
        source = _source(identifier, fields)
        if source is None:
            continue
        if identifier in known:
            reporter.error(fields.first_line - 1, f"source `{identifier}` is registered twice")
        known[identifier] = source


def read_facts(text: str, reporter: Reporter, known: dict[str, Fact]) -> dict[str, int]:
    """Add a file's facts to those known; the line of each."""
    values, node = parse_yaml(text, reporter)
    if not isinstance(values, dict):
        reporter.error(1, "a file of facts is a mapping of ids to facts")
        return {}
    lines = key_lines(node)
    for identifier, value in values.items():
        line = lines.get(str(identifier), 1)
        if not SOURCE_ID.match(str(identifier)):
            reporter.error(line, f"fact id `{identifier}` is not lower-case words and hyphens")
        if identifier in known:
            reporter.error(line, f"fact `{identifier}` is stated twice")
        try:
            known[str(identifier)] = msgspec.convert(value, Fact)
        except msgspec.ValidationError as error:
            reporter.error(line, f"fact `{identifier}` cannot be read: {error}")
    return lines


def read_glossary(text: str, reporter: Reporter, concepts: set[str]) -> list[TermGroup]:
    """The term groups of a file: a list of mappings with `en` and `ko`; `concepts` are those known so far."""
    values, node = parse_yaml(text, reporter)
    if not isinstance(values, list) or not isinstance(node, yaml.SequenceNode):
        reporter.error(1, "a glossary file is a list of term groups")
        return []
    groups = []
    for value, item in zip(values, node.value, strict=True):
        line = item.start_mark.line + 1
        if not isinstance(value, dict):
            reporter.error(line, "a term group is a mapping with `en` and `ko`")
            continue
        fields = Fields(value, key_lines(item), reporter)
        group = TermGroup(en=fields.texts("en", required=False), ko=fields.texts("ko", required=False))
        fields.finish()
        if len(group.en) + len(group.ko) < 2:
            reporter.error(line, "a term group needs two terms at least")
        elif group.concept in concepts:
            reporter.error(line, f"another group begins with `{(group.en or group.ko)[0]}` too")
        else:
            concepts.add(group.concept)
            groups.append(group)
    return groups


def read_wordings(text: str, reporter: Reporter, known: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """Add a file's wordings (by the name of their page) to those known; the line of each name.

    A page may have wordings in several files, each only once.
    """
    values, node = parse_yaml(text, reporter)
    lines = key_lines(node)
    try:
        wordings = msgspec.convert(values, dict[str, tuple[str, ...]])
    except msgspec.ValidationError as error:
        reporter.error(1, f"a file of wordings is a mapping of pages' names to lists of texts: {error}")
        return {}
    for name, several in wordings.items():
        every = (*known.get(name, ()), *several)
        if len(set(every)) < len(every):
            reporter.error(lines[name], f"a wording of `{name}` stands twice")
        known[name] = every
    return lines


def read_categories(paths: list[Path]) -> dict[str, str]:
    """The category of each technology of the catalogue; its own room checks the rest of it."""
    categories: dict[str, str] = {}
    for path in paths:
        values = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        if isinstance(values, dict) and isinstance(values.get("technologies"), dict):
            category = str(values.get("category", path.stem))
            categories |= dict.fromkeys(map(str, values["technologies"]), category)
    return categories


def _mappings(text: str, reporter: Reporter) -> list[tuple[str, Fields]]:
    values, node = parse_yaml(text, reporter)
    if values is None:
        return []
    if not isinstance(values, dict):
        reporter.error(1, "a source file is a mapping of ids to sources")
        return []
    nodes, lines = children(node), key_lines(node)
    found = []
    for identifier, value in values.items():
        name = str(identifier)
        if not isinstance(value, dict):
            reporter.error(lines.get(name, 1), f"source `{name}` is not a mapping")
            continue
        found.append((name, Fields(value, key_lines(nodes[name]), reporter)))
    return found


def _source(identifier: str, fields: Fields) -> Source | None:
    if not SOURCE_ID.match(identifier):
        fields.report(fields.first_line - 1, f"source id `{identifier}` is not lower-case words and hyphens")
    publisher, title, section = fields.text("publisher"), fields.text("title"), fields.text("section")
    url, date, edition = fields.text("url"), fields.date("date"), fields.text("edition", required=False)
    fields.finish()
    if url and not _is_https(url):
        fields.report(fields.line("url"), f"url `{url}` is not an https address")
    if not (publisher and title and section and url and date):
        return None
    return Source(
        id=identifier,
        publisher=publisher,
        title=title,
        section=section,
        url=url,
        date=date,
        edition=edition,
    )


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in parts.netloc and " " not in url
