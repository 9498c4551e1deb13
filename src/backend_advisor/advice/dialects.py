"""SQL of a page as the asker's own server takes it, and the blocks of a text that are for his stack."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from backend_advisor.model import Technology
from backend_advisor.plain_yaml import load_plain_yaml

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,})(?P<language>\w*)(?P<more>[^\n`]*)\n(?P<code>.*?)^[ \t]*(?P=mark)[ \t]*$\n?",
    re.M | re.S,
)
_FOR = re.compile(r"\bfor=(?P<names>[\w.,+#-]+)")
_MARKED = re.compile(r"^`\{(?P<names>[\w.+#, -]+)\}` *(?P<text>.*?)(?=\n{2,}|\n`{3}|\Z)\n*", re.M | re.S)
"""A paragraph that is for some stacks only."""
_SPAN = re.compile(r"(?<!`)`[^`\n]*[<>=] ?\$\d[^`\n]*`(?!`)")
_SAYS_WHOSE = re.compile(r"--[^\n]*\b(?:PostgreSQL|MySQL|MariaDB)\b")
_PAGES = "postgresql"
"""The server for which pages write SQL that is the same for several."""


_Rules = tuple[tuple[re.Pattern[str], str], ...]


class _Product(NamedTuple):
    names: frozenset[str]
    version: str
    rules: _Rules


def own_sql(text: str, stack: Sequence[Technology]) -> str:
    """A block of SQL as the server of the stack takes it; marked as PostgreSQL's, where that cannot be said."""
    product = _product(stack)
    if product is None:
        return text
    translated = text
    for pattern, replacement in product.rules:
        translated = pattern.sub(replacement, translated)
    if not _table()[0].search(translated):
        return translated
    return text if _SAYS_WHOSE.search(text) else f"-- PostgreSQL\n{text}"


def own_client(text: str, language: str, stack: Sequence[Technology]) -> str:
    """Code with the calls of the client library that the stack names, where the page uses another one's."""
    if language not in ("javascript", "typescript"):
        return text
    for names, rules in _table()[2]:
        if any(one.id in names for one in stack):
            for pattern, replacement in rules:
                text = pattern.sub(replacement, text)
    return text


def own_text(text: str, stack: Sequence[Technology]) -> str:
    """A text with the blocks that are for the stack alone, or for everyone, and their SQL as its server takes it."""
    fitting = _fitting([_names(match) for match in _FENCE.finditer(text)], {technology.id for technology in stack})
    kept = iter(fitting)

    def shown(match: re.Match[str]) -> str:
        if not next(kept):
            return ""
        mark, language = match["mark"], match["language"]
        code = own_sql(match["code"], stack) if language == "sql" else match["code"]
        if code.startswith("-- PostgreSQL\n") and not match["code"].startswith("--"):
            code = match["indent"] + code
        return f"{match['indent']}{mark}{language}\n{code}{match['indent']}{mark}\n"

    return own_words(_MARKED.sub(lambda match: _paragraph(match, stack), _FENCE.sub(shown, text)), stack).rstrip("\n")


def labelled(text: str) -> str:
    """A whole text, in which each paragraph that is for some stacks says so in words."""
    return _MARKED.sub(lambda match: f"({match['names']}) {match['text']}\n\n", text).rstrip("\n")


def _paragraph(match: re.Match[str], stack: Sequence[Technology]) -> str:
    names = {name.strip() for name in match["names"].split(",")}
    return f"{match['text']}\n\n" if not stack or names & {one.id for one in stack} else ""


def own_words(text: str, stack: Sequence[Technology]) -> str:
    """A text whose conditions in code spans have the placeholders of the server."""
    if "$" not in text or _product(stack) is None:
        return text
    return _SPAN.sub(lambda match: re.sub(r"\$\d+", "?", match.group()), text)


def _names(match: re.Match[str]) -> frozenset[str]:
    found = _FOR.search(match["more"])
    return frozenset(found["names"].split(",")) if found else frozenset()


def _fitting(blocks: Sequence[frozenset[str]], stack: set[str]) -> list[bool]:
    """Which blocks are shown: those for everyone and those for the stack; the first, where that leaves none."""
    kept = [not names or bool(names & stack) for names in blocks]
    if blocks and not any(kept):
        kept[0] = True
    return kept


def _product(stack: Sequence[Technology]) -> _Product | None:
    versions = {technology.id: technology.version or "" for technology in stack}
    if _PAGES in versions:
        return None
    for product in _table()[1]:
        for name in product.names & versions.keys():
            if not product.version or versions[name].partition(".")[0] == product.version:
                return product
    return None


@cache
def _table() -> tuple[re.Pattern[str], tuple[_Product, ...], tuple[tuple[frozenset[str], _Rules], ...]]:
    table = load_plain_yaml(files(__package__ or "").joinpath("dialects.yaml").read_text("utf-8"))
    products = tuple(
        _Product(
            frozenset(one["names"]),
            one.get("version", ""),
            tuple((re.compile(p, re.MULTILINE), r) for p, r in {**one["rules"], **table["shared"]}.items()),
        )
        for one in table["products"]
    )
    clients = tuple(
        (frozenset(one["names"]), tuple((re.compile(p), r) for p, r in one["rules"].items()))
        for one in table["clients"]
    )
    return re.compile(table["only"]), products, clients
