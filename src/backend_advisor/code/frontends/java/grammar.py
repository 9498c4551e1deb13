"""The grammar of Java: its parser and the numbers of its kinds of nodes."""

import tree_sitter_java
from tree_sitter import Language, Parser, Tree

LANGUAGE = Language(tree_sitter_java.language())

KINDS: dict[str, frozenset[int]] = {}
"""The kinds of constructs by name: some names have several numbers."""
WORDS: dict[int, str] = {}
"""The words and marks of the language (`final`, `>>>=`) by number."""
for _number in range(LANGUAGE.node_kind_count):
    if LANGUAGE.node_kind_is_visible(_number):
        _name = LANGUAGE.node_kind_for_id(_number) or ""
        if LANGUAGE.node_kind_is_named(_number):
            KINDS[_name] = KINDS.get(_name, frozenset()) | {_number}
        else:
            WORDS[_number] = _name

ERROR_KIND = 0xFFFF
COMMENTS = frozenset({*KINDS["line_comment"], *KINDS["block_comment"]})


def kind(name: str) -> int:
    """The number of a kind of construct that has one number only."""
    (number,) = KINDS[name]
    return number


def word(text: str) -> int:
    """The number of a word or mark."""
    (number,) = (number for number, name in WORDS.items() if name == text)
    return number


def parse(source: bytes) -> Tree:
    """The syntax tree of a file."""
    return Parser(LANGUAGE).parse(source)
