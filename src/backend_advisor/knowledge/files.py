"""Which files of the package the knowledge is made of."""

from pathlib import Path

PLAYBOOKS = "experts/*/playbooks/*.md"
SOURCES = "knowledge/sources/*.yaml"
DECISIONS = "experts/*/decisions/*.yaml"
FACTS = "knowledge/facts/*.yaml"
GLOSSARY = "knowledge/glossary/*.yaml"
WORDINGS = "knowledge/wordings/*.yaml"
TECHNOLOGIES = "intake/technologies/*.yaml"
CODE = "knowledge/*.py"


def matching(root: Path, pattern: str) -> list[Path]:
    """The files of one pattern in a fixed order."""
    return sorted(root.glob(pattern))


def all_files(root: Path) -> list[Path]:
    """All data files, and the code that compiles them."""
    patterns = (PLAYBOOKS, DECISIONS, SOURCES, FACTS, GLOSSARY, WORDINGS, TECHNOLOGIES, CODE)
    return [path for pattern in patterns for path in matching(root, pattern)]
