"""What a file is to the people who maintain the program: theirs, copied from elsewhere, a page's script, run once."""

import re
from collections.abc import Callable, Iterable

from backend_advisor.code import ir
from backend_advisor.code.program import Unit

_COPIED = re.compile(
    r"(?:^|/)(?:vendor(?:ed|s)?|third[_-]?party|3rd[_-]?party|node_modules|bower_components|site-packages|webjars|\.mvn)/"
    r"|(?:^|/)jquery(?:[.\-_][^/]*)?\.[cm]?js$|\.min\.[cm]?js$|[.-]bundle\.[cm]?js$",
    re.IGNORECASE,
)
_BANNER = re.compile(rb"/\*!|@license\b|@preserve\b|released under the \w+ license|dual licensed", re.IGNORECASE)
_VERSIONED = re.compile(
    rb"\A\s*/\*!?[\s*]*[\w.@/ -]{1,60}\bv?\d+\.\d+(?:\.\d+)?\b|\bdefine\.amd\)\s*\{?\s*define\(\[\],\s*f\)"
)
"""`/*! jsonpath 1.0.1 */`, and how bundlers begin what runs everywhere."""
_HEAD = 1_500
_LONG_LINES = 400
"""Mean length of a line above which nobody wrote the file as it stands."""
_ONCE = re.compile(
    r"(?:^|/)(?:migrations?(?:[-_]\w+)?|(?:[\w.]+[-_])?migrator|alembic|databasechange|database_?change|changesets?|flyway|liquibase|seeds?|seeders?|backfills?)/"
    r"|(?:^|/)(?:[^/]*[_-])?(?:seeds?|seeders?|backfill|(?:random|dummy|demo|sample|fake)[_-]?data)(?:[_-][^/]*)?\.(?:py|[cm]?[jt]s)$"
    r"|(?:Seeder|Migration|ChangeSet|Changeset|DataLoader|DataInitializer)\.java$"
)
_VERSION = re.compile(
    r"[._-][vV]\d+(?:[._]\d+)*(?=\.\w+$)|[._-]\d+(?:\.\d+)+(?=\.\w+$)|(?<=[a-z])V\d+(?=\.\w+$)|(?<![^/])v\d+(?=/)"
)
_MIGRATES = re.compile(
    rb"\bimplements\s+[\w.,\s]*\bCustom(?:Task|Sql)(?:Change|Rollback)\b|\bextends\s+BaseJavaMigration\b|"
    rb"\bimplements\s+[\w.,\s]*\bMigrationInterface\b"
)
_PAGE_PACKAGE = re.compile(
    r"^(?:react|react-dom|preact|vue|svelte|solid-js|@angular/.*|@tiptap/.*|prosemirror-.*|mobx-react|next/(?!server$|headers$|cache$).*|"
    r"@vue/.*|@vueuse/.*|vue-router|react-router.*|styled-components|jquery|@testing-library/.*|vite|bootstrap(?:/.*)?|"
    r"tom-select(?:/.*)?|htmx\.org|alpinejs|lit|@popperjs/.*)$"
)
_PAGE_FOLDER = re.compile(
    r"(?:^|/)(?:(?:[\w.-]*[_-])?static|public|assets|WEB-INF|webapp|frontend|front-end|web-ui|www|client/(?:app|src))/"
)
_PAGE_OBJECTS = re.compile(
    rb"\bwindow\.\w|\bdocument\.(?:createElement|querySelector|getElement|addEventListener|body|cookie|head)|"
    rb"\bnew (?:Image|FileReader|XMLHttpRequest)\(|\bHTML\w*Element\b|\bcreateObjectURL\b|\bnavigator\.\w|"
    rb"\blocalStorage\.|(?:^|\s)(?:jQuery|\$)\((?:document|function|window)"
)
_GENERATED = re.compile(rb"(?m)^@(?:[\w.]+\.)?Generated\b")
_BORROWED = re.compile(rb"(?i)\b(?:borrowed|copied|forked|ported) (?:\w+ )?from (?:the )?\w+")
_SERVER_PACKAGE = re.compile(
    r"^(?:node:.*|koa.*|express.*|fastify.*|@nestjs/.*|@hapi/.*|fs(?:/.*)?|http2?|https|net|crypto|child_process|stream|"
    r"cluster|next/server|next/headers|knex|pg|mysql2?|mongodb|mongoose|sequelize.*|typeorm|@prisma/.*|ioredis|redis|bull.*)$"
)


def is_copied(unit: Unit) -> bool:
    """Whether a file was written by others and copied into the tree, or made from other files (minified, bundled)."""
    return remembered(unit, "copied", _is_copied)


def runs_once(unit: Unit) -> bool:
    """Whether a file changes or fills a database once: a migration, a seed."""
    return remembered(unit, "once", lambda one: bool(_ONCE.search(one.path)) or _migrates(one))


def without_version(path: str) -> str:
    """A path without what tells versions of a file apart: `flow.v1.0.2.ts`, `api/v2/users.py`, `ruleV3.ts`."""
    return _VERSION.sub("", path)


def outdated(paths: Iterable[str]) -> frozenset[str]:
    """The files beside which a later version of them stands: they stay as they are for those who still need them."""
    together: dict[str, list[str]] = {}
    for path in paths:
        together.setdefault(without_version(path), []).append(path)
    return frozenset(
        path for several in together.values() for path in several if _version(path) < max(map(_version, several))
    )


def _version(path: str) -> tuple[int, ...]:
    return tuple(int(one) for found in _VERSION.findall(path) for one in re.findall(r"\d+", found))


def is_for_tests(decorators: Iterable[ir.Expr]) -> bool:
    """Whether a class of Spring is a bean only while tests run: `@Profile("test")`, `@Profile(Profiles.TEST)`."""
    for note in decorators:
        if not isinstance(note, ir.Call) or getattr(note.func, "id", "") != "Profile":
            continue
        given = [str(getattr(one, "value", "") or "") + getattr(one, "name", "") for one in note.args]
        if given and all(re.search(r"(?i)(?:^|[^a-z!])(?:test|dev|local|it)(?:$|[^a-z])", one) for one in given):
            return True
    return False


def is_for_browsers(unit: Unit) -> bool:
    """Whether a file runs in a browser: by its kind, what it imports, or the objects of a page that it uses."""
    return unit.language not in ("python", "java") and remembered(unit, "page", _is_for_browsers)


def remembered(unit: Unit, question: str, answer: Callable[[Unit], bool]) -> bool:
    """The answer to a question about a file, which is found out once."""
    if question not in unit.standing:
        unit.standing[question] = answer(unit)
    return unit.standing[question]


def _is_copied(unit: Unit) -> bool:
    if _COPIED.search(unit.path):
        return True
    source = unit.module.source
    if unit.language == "java":
        return _GENERATED.search(source) is not None or _BORROWED.search(source, 0, _HEAD) is not None
    if unit.language == "python":
        return False
    if len(source) > _LONG_LINES and len(source) > _LONG_LINES * (source.count(b"\n") + 1):
        return True
    if _VERSIONED.search(source, 0, _HEAD) is not None:
        return True
    # A banner for minifiers, in a file that imports nothing, is a library of somebody else.
    return not unit.imports and _BANNER.search(source, 0, _HEAD) is not None


def _migrates(unit: Unit) -> bool:
    return unit.language != "python" and _MIGRATES.search(unit.module.source) is not None


def _is_for_browsers(unit: Unit) -> bool:
    if unit.path.endswith((".tsx", ".jsx", ".vue")):
        return True
    modules = [statement.module for statement in unit.imports.values()]
    if any(_PAGE_PACKAGE.match(module) for module in modules):
        return True
    if any(_SERVER_PACKAGE.match(module) for module in modules):
        return False
    return bool(_PAGE_FOLDER.search(unit.path)) or _PAGE_OBJECTS.search(unit.module.source) is not None
