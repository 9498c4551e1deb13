"""What kind of code a place is in: serving requests, or run by hand once."""

import re

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import name_of
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.standing import is_for_browsers, remembered, runs_once

_BY_HAND = re.compile(
    r"(?:^|/)(?:migrations?|(?:[\w.]+[-_])?migrator|alembic|revisions|scripts?|seeds?|seeders?|management/commands|bin|tools?|examples?|samples?|demos?|"
    r"benchmarks?|bench|docs?|cli|commands|dev|client|frontend|front-end|webapp|web-ui|ui/src)/"
    r"|(?:^|/)(?:manage|setup|conftest|noxfile|fabfile|hatch_build|cli|commands|__main__|[^/]*seed[^/]*|[^/]*migrat[^/]*)\.(?:py|[cm]?[jt]s)$"
    r"|(?:^|/)(?:\w+_)?demo(?:_\w+)?\.py$"
    r"|\.[jt]sx$"
    r"|(?:Seeder|Migration|DataLoader|DataInitializer|CommandLineRunner)\.java$"
    r"|(?:Database|Data|Schema|Db)(?:Updater?|Upgrader?|Installer|Initiali[sz]er|Migrator)\.java$",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?i)^_*(?:main|seed\w*|populate\w*|migrate\w*|upgrade|downgrade|bootstrap|setup|teardown|init_?db|backfill\w*|"
    r"start_?up\w*|on_?start_?up|shut_?down|initiali[sz]e|after_?properties_?set|on_?(?:module|application)_?\w*)$"
)
_KEEPS_IN_STEP = re.compile(r"^_*(?:sync|synchroni[sz]e|import|download|backfill|reindex|crawl)(?:_|[A-Z])")
_SHOWN = 48
_MARKS = frozenset({"cli.command", "test"})
_REQUEST = frozenset({"http.handler", "http.middleware", "rpc.handler", "graphql.resolver"})


def is_by_hand(unit: Unit, info: FunctionInfo | None) -> bool:
    """Whether code is a test, a script, a migration or a command, which may take its time, or runs in a browser."""
    if remembered(unit, "by hand", _is_by_hand):
        return True
    at = info
    while at is not None:
        if at.marks & _MARKS or _NAMES.match(at.node.name) or _follows_migration(at) or _is_command(at):
            return True
        at = at.outer
    return False


def _is_by_hand(unit: Unit) -> bool:
    return bool(is_test(unit.path) or _BY_HAND.search(unit.path)) or runs_once(unit) or is_for_browsers(unit)


def keeps_in_step(info: FunctionInfo | None) -> bool:
    """Whether a function follows what another service or a file holds, at its own pace: `sync_products`."""
    return info is not None and _KEEPS_IN_STEP.match(info.node.name) is not None


def _is_command(info: FunctionInfo) -> bool:
    """`@cli.command("prune")`, on whatever group of commands."""
    return any(name_of(one) in ("command", "cli_command") for one in info.node.decorators)


def _follows_migration(info: FunctionInfo) -> bool:
    """`@receiver(post_migrate)`."""
    calls = [one for one in info.node.decorators if isinstance(one, ir.Call)]
    return any(name_of(given) in ("post_migrate", "pre_migrate") for call in calls for given in call.args)


def serves(context: CodeContext, info: FunctionInfo | None) -> bool:
    """Whether a function is called with a client's request."""
    at = info
    while at is not None:
        handler = context.seen.handlers.get(id(at))
        if at.marks & _REQUEST or (handler is not None and handler.marks & _REQUEST):
            return True
        at = at.outer
    return False


def short(text: str) -> str:
    """A piece of source as a message shows it."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
