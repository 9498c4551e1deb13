"""Requests to other services: without a time limit (PERF211), tried again without a pause or an end (PERF212)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.roles import Argument
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.performance.detectors.endless_retries import (
    decorated,
    is_made_endless,
    operators,
)
from backend_advisor.experts.performance.detectors.handed_options import BASES
from backend_advisor.experts.performance.detectors.kept_trying import kept_trying
from backend_advisor.experts.performance.detectors.serving import served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.experts.performance.detectors.time_limits import limit
from backend_advisor.experts.performance.detectors.tried_again import tried_again
from backend_advisor.experts.performance.detectors.unlimited_clients import (
    asks_another_host,
    beans_without_limit,
    client_of,
    connections,
    has_session_with_limit,
    is_made_unlimited,
    makes_plain_session,
    switched_off,
    waits_for_streams,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_PAUSE = re.compile(r"(?i)sleep|delay|wait|backoff|pause|timeout")
_CLIENT_DEFAULT = (b"defaults.timeout", b"setDefaultTimeout", b"setGlobalDispatcher", b"setdefaulttimeout")
_MOST = 12
"""Requests that a reviewer takes up in a repository: how a program makes them is decided once."""
_MOST_OWN = 3
"""Functions told that ask by a client which the program has made: its limit is set where it is made."""


@detects_in_code("PERF211")
def request_without_timeout(context: CodeContext) -> Iterator[Match]:
    """A request that may wait for ever, by a client that has a setting for it. Those that a client waits for first."""
    return worst_first_told((*_switched_off(context), *_beans(context), *_without_timeout(context)), _MOST)


def _switched_off(context: CodeContext) -> Iterator[tuple[int, Match]]:
    for call in switched_off(context):
        if not is_by_hand(call.unit, call.info):
            yield (
                1,
                Match(
                    location=context.location(call.unit, call.node),
                    values={"call": short(context.text(call.unit, call.node))},
                    confidence=Confidence.LOW if waits_for_streams(call) else Confidence.MEDIUM,
                ),
            )


def _beans(context: CodeContext) -> Iterator[tuple[int, Match]]:
    for spot in beans_without_limit(context):
        if not is_by_hand(spot.unit, spot.info):
            place = context.location(spot.unit, spot.node)
            told = short(context.text(spot.unit, spot.node))
            yield 1, Match(location=place, values={"call": told}, confidence=Confidence.MEDIUM)


def _without_timeout(context: CodeContext) -> Iterator[tuple[int, Match]]:
    during = served(context)
    if any(word in source for source in context.program.sources() for word in _CLIENT_DEFAULT):
        return
    limited = _limited_clients(context)
    of_pages = _frameworks_of_pages(context)
    told: set[tuple[int, str]] = set()
    files: set[str] = set()
    own_clients: list[str] = []
    kept: set[str] = set()
    for spot in (*survey(context).of("http.request"), *connections(context)):
        call = spot.call
        if call is None or "timeout" not in call.role.named or _is_by_hand_here(spot):
            continue
        if _is_of_a_page(spot) and not asks_another_host(context, spot):
            continue
        unlimited = is_made_unlimited(context, spot)
        by_client = call.role.name.rpartition(".")[0].rpartition(".")[2][:1].isupper()
        elsewhere = by_client and client_of(call) in limited and not unlimited and not makes_plain_session(call)
        limited_here = _is_limited(call) and not unlimited
        if limited_here or elsewhere or _has_signal(spot) or _in_time_limit(spot):
            continue
        # The limit is set once on a connection, whatever is then asked of it.
        held = spot.node.func.value if isinstance(spot.node, ir.Call) and isinstance(spot.node.func, ir.Attr) else None
        if by_client and call.role.framework in of_pages:
            continue
        if by_client and isinstance(held, ir.Name):
            imported = spot.unit.imports.get(held.id) if spot.unit.language != "python" else None
            made_in = context.program.locate(imported, spot.unit) if imported is not None else None
            key = (id(made_in if made_in is not None else spot.info), held.id)
            if key in told or len(own_clients) >= _MOST_OWN:
                continue
            told.add(key)
            if spot.unit.language in ("javascript", "typescript"):
                own_clients.append(held.id)
        if by_client and isinstance(held, ir.Attr):  # one client that the program keeps, or each class its own
            name = f"{spot.unit.path}:{held.name}" if unlimited else held.name
            if name in kept:
                continue
            kept.add(name)
        bounded = _is_bounded_anyway(call)
        sure = Confidence.HIGH if call.certain and not by_client and not bounded else Confidence.MEDIUM
        # A file asks one service, and what sets the limit is mended once in it.
        again = spot.unit.path in files or (bounded and not _names_a_host(spot))
        files.add(spot.unit.path)
        match = Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.LOW if again else sure,
            edits=limit(call, context.places),
            applicability="unsafe",
        )
        yield int(sure is Confidence.HIGH) + int(spot.info is not None and spot.info in during), match


def _limited_clients(context: CodeContext) -> set[str]:
    """The clients that the program makes with a limit somewhere."""
    limited = {
        client_of(call) for call in context.seen.calls.values() if "http.client" in call.role.does and _is_limited(call)
    }
    return limited | {"requests"} if has_session_with_limit(context.program) else limited


def _frameworks_of_pages(context: CodeContext) -> set[str]:
    """Clients that are only made for addresses below the page's own host: `axios.create({ baseURL: "/api" })`."""
    found: dict[str, list[bool]] = {}
    for call in context.seen.calls.values():
        if "http.client" in call.role.does and call.unit.language != "python" and isinstance(call.node, ir.Call):
            found.setdefault(call.role.framework, []).append(_is_below_the_page(call.node))
    return {framework for framework, pages in found.items() if all(pages)}


def _is_below_the_page(made: ir.Call) -> bool:
    return any(
        isinstance(key, ir.Const)
        and key.value in BASES
        and isinstance(value, ir.Const)
        and isinstance(value.value, str)
        and re.match(r"/(?!/)", value.value) is not None
        for one in made.args
        if isinstance(one, ir.Mapping)
        for key, value in one.pairs
    )


def _beginning(spot: Spot) -> ir.Expr | None:
    """What an address begins with."""
    address = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    return address.parts[0] if isinstance(address, ir.Text) and address.parts else address


def _names_a_host(spot: Spot) -> bool:
    """Whether an address begins with a host that the program or its settings name; else a page may ask its own."""
    address = _beginning(spot)
    if isinstance(address, ir.Const):
        return isinstance(address.value, str) and address.value.startswith("http")
    names = names_in(address) if address is not None else set()
    return any(name in ("env", "config") or re.fullmatch(r"[A-Z][A-Z0-9_]+", name) for name in names)


def _is_of_a_page(spot: Spot) -> bool:
    """Whether the address has no host: only a page in a browser can ask so."""
    if spot.unit.language == "python":
        return False
    address = _beginning(spot)
    return (
        isinstance(address, ir.Const)
        and isinstance(address.value, str)
        and re.match(r"/(?!/)", address.value) is not None
    )


def _is_bounded_anyway(call: CallSeen) -> bool:
    """`fetch` gives up by itself, though only after minutes."""
    return call.role.name.rpartition(".")[2] == "fetch"


def _is_by_hand_here(spot: Spot) -> bool:
    return is_by_hand(spot.unit, spot.info)


def _is_limited(call: CallSeen) -> bool:
    given = [value for name, value in call.properties.items() if "timeout" in name]
    return any(value.consts is None or any(one is not None for one in value.consts) for value in given)


def _has_signal(spot: Spot) -> bool:
    """A signal or options that are not written out may carry the limit."""
    node = spot.node
    if not isinstance(node, ir.Call):
        return True
    if any(key == "**" for key, _ in node.keywords) or any(isinstance(one, ir.Spread) for one in node.args):
        return True
    for argument in node.args:
        if isinstance(argument, ir.Mapping):
            for key, value in argument.pairs:
                if key is None or (
                    isinstance(key, ir.Const)
                    and key.value in ("signal", "timeout", "dispatcher", "agent")
                    and not (key.value == "agent" and _is_agent_without_limit(value, spot))
                ):
                    return True
    if spot.unit.language in ("python", "java") or not node.args or not isinstance(node.args[-1], ir.Name):
        return False
    return len(node.args) > max(_place_of_options(spot), 1)  # what stands before the options is what is sent


def _is_agent_without_limit(agent: ir.Expr, spot: Spot) -> bool:
    """`new https.Agent({ keepAlive: true })` in the same file: connections are kept, and waits are not ended."""
    made = [
        one.value
        for one in spot.unit.module.body
        if isinstance(one, ir.Assign) and isinstance(agent, ir.Name) and getattr(one.target, "id", "") == agent.id
    ]
    around = spot.info.node if spot.info is not None else spot.node
    if len(made) != 1 or b"imeout" in spot.unit.module.source[around.start : around.end]:
        return False
    agent = made[0] if made[0] is not None else agent
    if not isinstance(agent, ir.Call) or name_of(agent.func) != "Agent" or len(agent.args) > 1:
        return False
    options = agent.args[0] if agent.args else None
    if options is None:
        return True
    return isinstance(options, ir.Mapping) and all(
        isinstance(key, ir.Const) and key.value != "timeout" for key, _ in options.pairs
    )


def _place_of_options(spot: Spot) -> int:
    given = spot.call.role.named.get("timeout", ()) if spot.call is not None else ()
    return next((one.position or 0 for one in given if isinstance(one, Argument)), 0)


def _in_time_limit(spot: Spot) -> bool:
    """`asyncio.wait_for(…)`, `withTimeout(…)`, `async with timeout(…)`, a circuit breaker's function."""
    for node in spot.path:
        if isinstance(node, ir.Call) and re.search(
            r"(?i)time_?out|wait_for|fail_after|race|breaker", name_of(node.func)
        ):
            return True
        if isinstance(node, ir.With) and any(re.search(r"(?i)time_?out", name_of(item)) for item, _ in node.items):
            return True
    return False


_TRIED = frozenset({"http.request", "db.connect", "mail.send"})


@detects_in_code("PERF212")
def retry_without_bound(context: CodeContext) -> Iterator[Match]:
    """Failures that are answered by trying again at once, or for ever."""
    seen = survey(context)
    told: set[int] = set()
    for spot in (*seen.of(*_TRIED), *(one for one in seen.reaches if one.reach and _TRIED & one.reach.acts.keys())):
        loop = _retry_loop(spot)
        if loop is None or id(loop) in told or is_by_hand(spot.unit, spot.info):
            continue
        if spot.reach is not None and _waits(spot.reach.callee.node):
            continue
        told.add(id(loop))
        yield Match(
            location=context.location(spot.unit, spot.node), values={"call": short(context.text(spot.unit, spot.node))}
        )
    yield from kept_trying(context, told)
    yield from tried_again(context, seen)
    yield from decorated(context)
    yield from operators(context)
    for spot in seen.of("retry.configure"):
        if spot.call is not None and (_says_nothing(spot.call) or is_made_endless(context, spot)):
            yield Match(
                location=context.location(spot.unit, spot.node),
                values={"call": short(context.text(spot.unit, spot.node))},
            )


def _says_nothing(call: CallSeen) -> bool:
    """A retry that is configured with neither a bound nor a pause although it could be."""
    names = set(call.role.named)
    bounds, pauses = names & {"limit", "attempts", "stop", "seconds"}, names & {"delay", "backoff", "wait", "factor"}
    given = set(call.properties)
    return "stop" in names and bool(pauses) and not given & (bounds | pauses)


def _retry_loop(spot: Spot) -> ir.For | ir.While | None:
    """The loop that tries a call again when it fails, without a pause, or without an end."""
    for number in range(len(spot.path) - 1, -1, -1):
        node = spot.path[number]
        if isinstance(node, ir.Lambda):
            return None
        if isinstance(node, ir.Try) and any(one is spot.inner(number) for one in node.body):
            holder = next((one for one in reversed(spot.path[:number]) if isinstance(one, ir.For | ir.While)), None)
            if holder is None or not _tries_again(holder, node):
                return None
            pauses = _waits(*holder.body)
            endless = isinstance(holder, ir.While) and isinstance(holder.test, ir.Const) and not _gives_up(node)
            return holder if not pauses or endless else None
    return None


def _waits(*nodes: ir.Node) -> bool:
    return any(isinstance(one, ir.Call) and _PAUSE.search(name_of(one.func)) for one in within(*nodes))


def _tries_again(loop: ir.For | ir.While, attempt: ir.Try) -> bool:
    """Whether success leaves the loop and a failure does not."""
    succeeded = (
        [*attempt.body, *attempt.otherwise, *loop.body[loop.body.index(attempt) + 1 :]]
        if attempt in loop.body
        else attempt.body
    )
    leaves = any(isinstance(one, ir.Return | ir.Break) for one in succeeded)
    if not leaves or not attempt.handlers:
        return False
    if isinstance(loop, ir.For) and not _counts(loop):
        return False
    return any(not _leaves(handler.body) for handler in attempt.handlers)


def _counts(loop: ir.For) -> bool:
    """`for attempt in range(3)`; a loop over addresses tries the next one, which is no retry."""
    return isinstance(loop.iterable, ir.Call) and name_of(loop.iterable.func) in ("range", "count", "repeat")


def _leaves(body: list[ir.Stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ir.Return | ir.Throw | ir.Break)


def _gives_up(attempt: ir.Try) -> bool:
    return any(
        isinstance(one, ir.Return | ir.Throw | ir.Break)
        for handler in attempt.handlers
        for one in within(*handler.body)
    )
