"""The tables and columns behind Django's models, by what the migrations of one app say of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backend_advisor.model import Artifact

_CREATED = re.compile(r"\bCreateModel\(\s*(?:name\s*=\s*)?['\"](\w+)['\"]")
_RENAMED_TABLE = re.compile(r"\bAlterModelTable\(\s*(?:name\s*=\s*)?['\"](\w+)['\"]")
_OWN_TABLE = re.compile(r"['\"](?:db_table|proxy|managed)['\"]\s*:")
_REFERENCE = re.compile(
    r"['\"](\w+)['\"]\s*,\s*(?:field\s*=\s*)?(?:[\w.]+\.)?(ForeignKey|OneToOneField|ManyToManyField|TreeForeignKey)\("
)
_OWN_COLUMN = re.compile(r"\bdb_column\s*=")
_LABEL = re.compile(r"^\s+label\s*(?::[^=\n]+)?=\s*['\"](\w+)['\"]", re.MULTILINE)
_NO_COLUMN = "ManyToManyField"


@dataclass(frozen=True, slots=True)
class Models:
    """What is known of one app: its label, the models whose table has a name of its own, the fields that refer.

    The label of a piece of a question is not known (None); its tables go by the names of their models.
    """

    label: str | None
    named: frozenset[str]
    references: frozenset[str]
    uncertain: frozenset[str]

    def table(self, model: str) -> str | None:
        """The table of a model; None where it has a name of its own."""
        if self.label is None:
            return model.lower()
        return None if not self.label or model.lower() in self.named else f"{self.label}_{model.lower()}"

    def column(self, field: str) -> str | None:
        """The column of a field; None for one that has none, or a name of its own."""
        if field in self.uncertain:
            return None
        return f"{field}_id" if field in self.references else field


def models_of(files: Sequence[Artifact], everything: Iterable[Artifact]) -> Models:
    """Read the migrations of one app."""
    texts = [artifact.text for artifact in files]
    kinds = {(match[1], match[2]) for text in texts for match in _REFERENCE.finditer(text)}
    return Models(
        label=_label(files[0], everything),
        named=frozenset(name.lower() for text in texts for name in _with_own_table(text)),
        references=frozenset(name for name, kind in kinds if kind != _NO_COLUMN),
        uncertain=frozenset(
            {name for name, kind in kinds if kind == _NO_COLUMN} | {one for text in texts for one in _with_column(text)}
        ),
    )


def _with_own_table(text: str) -> Iterator[str]:
    yield from _RENAMED_TABLE.findall(text)
    created = list(_CREATED.finditer(text))
    for match, following in zip(created, [*created, None][1:], strict=True):
        if _OWN_TABLE.search(text, match.end(), following.start() if following else len(text)):
            yield match[1]


def _with_column(text: str) -> Iterator[str]:
    """The names before each column with a name of its own: one of them is its field."""
    for match in _OWN_COLUMN.finditer(text):
        yield from re.findall(r"['\"](\w+)['\"]", text[max(0, match.start() - 300) : match.start()])


def _label(migration: Artifact, everything: Iterable[Artifact]) -> str | None:
    """The app's label: the folder above `migrations`, or what the app's configuration says instead."""
    if migration.origin == "question":
        return None
    folders = migration.name.replace("\\", "/").split("/")[:-2]
    if not folders:
        return ""
    settings = "/".join([*folders, "apps.py"])
    for artifact in everything:
        if artifact.name.replace("\\", "/") == settings and (told := _LABEL.search(artifact.text)):
            return told[1]
    return folders[-1]
