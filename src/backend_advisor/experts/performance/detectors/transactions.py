"""What should not happen inside a transaction (PERF210), and what a transaction does not cover (PERF216)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.searching import mentions
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.performance.detectors.implicit_transactions import begun_by_statement
from backend_advisor.experts.performance.detectors.statements import kind_of, statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.registry import CodeContext, detects_in_code

_FAR = ("http.request", "mail.send")
_AFTER = frozenset(
    {"on_commit", "afterCommit", "registerSynchronization", "after_commit", "add_task", "delay_on_commit"}
)
_OUTBOX = (b"outbox", b"transactionaleventlistener")
"""What a file names that writes both in one transaction; another file of the program may still write twice."""
_TOGETHER = (b"transactional_id", b"transactionalid", b"transactionidprefix", b"chainedkafkatransactionmanager")
"""Settings of a broker that makes its messages part of the program's transactions."""
_TO_BROWSERS = "org.springframework.messaging.simp."
"""Messages to pages that are open now: who is not there misses nothing that is not read again later."""
_BEGIN = re.compile(r"(?i)^\s*(?:begin|start\s+transaction)\b")


@detects_in_code("PERF210")
def network_in_transaction(context: CodeContext) -> Iterator[Match]:
    """A request to another service while a transaction, its locks and its connection are held."""
    seen = survey(context)
    told: set[int] = set()
    implicit: set[int] = set()
    """Functions told whose transaction nobody wrote down."""
    held: set[tuple[int, int]] = set()
    for spot in seen.of(*_FAR):
        opened = None if is_by_hand(spot.unit, spot.info) else _transaction_around(seen, spot)
        if opened is not None:
            told.add(id(spot.node))
            yield _match(context, spot, opened, Confidence.HIGH)
        elif (begun := begun_by_statement(context, seen, spot)) is not None and id(spot.info) not in implicit:
            implicit.add(id(spot.info))
            told.add(id(spot.node))
            yield _match(context, spot, begun, Confidence.MEDIUM)
    for spot in sorted(seen.reaches, key=lambda one: not _sends_itself(one)):
        reach = spot.reach
        act = next((one for one in _FAR if reach is not None and one in reach.acts), None)
        if reach is None or act is None or is_by_hand(spot.unit, spot.info):
            continue
        if reach.callee.marks & {"background", "message.handler"}:
            continue
        opened = _transaction_around(seen, spot)
        there = next((one for one in seen.at.get(reach.acts[act], ()) if act in one.role.does), None)
        # Told once for each request, at the function that sends it: in a program of sessions many more lead there.
        fresh = id(spot.info) not in implicit and there is not None and id(there.node) not in told
        if opened is None and fresh and _sends_itself(spot):
            opened = begun_by_statement(context, seen, spot)
            if opened is not None:
                implicit.add(id(spot.info))
        if opened is not None and there is not None and "db.transaction" not in reach.callee.marks:
            place = context.location(there.unit, there.node)
            # One request that many transactions reach is moved out of them, or made safe, where it stands.
            far = spot.unit.language == "java" and not _sends_itself(spot)  # how the way goes there is seldom plain
            far = far or _runs_what_is_given(spot)
            # What else is asked in the same transaction moves out of it with the first.
            again = id(there.node) in told or (id(spot.info), opened.start) in held
            sure = Confidence.LOW if again or far else Confidence.MEDIUM
            told.add(id(there.node))
            held.add((id(spot.info), opened.start))
            yield _match(context, spot, opened, sure, ((place, "step_far"),))


def _runs_what_is_given(spot: Spot) -> bool:
    """`transaction(fn) { return db.transaction((tx) => fn(tx)); }`: what runs in it is decided elsewhere."""
    given: set[str] = set()
    at = spot.info
    while at is not None:
        given |= {param.name for param in at.node.params}
        at = at.outer
    if not isinstance(spot.node, ir.Call):
        return False
    if isinstance(spot.node.func, ir.Name) and spot.node.func.id in given:
        return True
    handed = [one for one in spot.node.args if isinstance(one, ir.Lambda)]
    return any(
        isinstance(one, ir.Call) and isinstance(one.func, ir.Name) and one.func.id in given
        for part in handed
        for one in within(*part.function.body)
    )


def _sends_itself(spot: Spot) -> bool:
    """Whether the function that is called sends the request, rather than one far down."""
    reach = spot.reach
    ends = [reach.acts[one] for one in _FAR if one in reach.acts] if reach is not None else []
    return reach is not None and any(
        path == reach.callee.unit.path and reach.callee.node.start <= start < reach.callee.node.end
        for path, start in ends
    )


def _transaction_around(seen: Survey, spot: Spot) -> ir.Node | None:
    """Where the transaction begins that is open at a call."""
    if isinstance(spot.node, ir.Call) and name_of(spot.node.func) in _AFTER:
        return None
    for number in range(len(spot.path) - 1, -1, -1):
        node = spot.path[number]
        inner = spot.inner(number)
        if isinstance(node, ir.With):
            if any(one is inner for one in node.body):
                for item, _ in node.items:
                    if _opens(seen, item):
                        return item
        elif isinstance(node, ir.Call):
            if name_of(node.func) in _AFTER:
                return None
            if isinstance(inner, ir.Lambda) and _opens(seen, node):
                return node.func
    info = spot.info
    at = info
    while at is not None:
        if "db.transaction" in at.marks:
            return _decorator(at)
        at = at.outer
    return _begun_before(seen, spot, info) if info is not None else None


def _opens(seen: Survey, item: ir.Expr) -> bool:
    for node in within(item):
        found = seen.spots.get(id(node))
        if found is not None and found.call is not None and "db.transaction" in found.call.role.does:
            return True
    return False


def _decorator(info: FunctionInfo) -> ir.Node:
    decorator: ir.Expr
    for decorator in (*info.node.decorators, *(info.owner.node.decorators if info.owner is not None else ())):
        if "ransaction" in name_of(decorator) or name_of(decorator) == "atomic":
            return decorator
    return info.node


def _begun_before(seen: Survey, spot: Spot, info: FunctionInfo) -> ir.Node | None:
    """`BEGIN` before the call and `COMMIT` after it, in the same function."""
    begun: ir.Node | None = None
    ended = False
    for other in sorted(seen.inside.get(id(info), ()), key=lambda one: one.node.start):
        if other.call is None or not other.call.certain:
            continue
        does, text = other.call.role.does, statement_text(other.call)
        if other.node.start < spot.node.start:
            disabled = other.call.properties.get("enabled")
            begins = "db.transaction" in does and (disabled is None or disabled.consts == (False,))
            if (begins and not _is_block(other)) or _BEGIN.match(text):
                begun = other.node
            elif (
                "db.commit" in does or "db.rollback" in does or text.strip().upper().startswith(("COMMIT", "ROLLBACK"))
            ):
                begun = None if not (_in_handler(other) or _leaves_early(other, spot)) else begun
        elif "db.commit" in does or text.strip().upper().startswith("COMMIT"):
            ended = True
    return begun if ended else None


def _is_block(spot: Spot) -> bool:
    """A transaction with an end of its own: a `with` statement or a function that it runs."""
    node = spot.node
    if any(isinstance(one, ir.With) for one in spot.path[-1:]):
        return True
    return isinstance(node, ir.Call) and any(isinstance(one, ir.Lambda | ir.Name) for one in node.args)


def _leaves_early(ended: Spot, spot: Spot) -> bool:
    """`if (!row) { ROLLBACK; return; }`: who comes to the later call has not been there."""
    for number, node in enumerate(ended.path):
        if isinstance(node, ir.If) and not node.start <= spot.node.start < node.end:
            inner = ended.inner(number)
            way = node.then if any(one is inner for one in node.then) else node.otherwise
            if way and isinstance(way[-1], ir.Return | ir.Throw | ir.Continue | ir.Break):
                return True
    return False


def _in_handler(spot: Spot) -> bool:
    return any(isinstance(node, ir.Handler) for node in spot.path)


def _match(
    context: CodeContext,
    spot: Spot,
    opened: ir.Node,
    confidence: Confidence,
    more: tuple[tuple[Location, str], ...] = (),
) -> Match:
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"call": short(context.text(spot.unit, spot.node))},
        confidence=confidence,
        steps=(
            (context.location(spot.unit, opened), "step_begin"),
            (context.location(spot.unit, spot.node), "step_call"),
            *more,
        ),
    )


@detects_in_code("PERF216")
def dual_write(context: CodeContext) -> Iterator[Match]:
    """A function that changes the database and tells a broker, with nothing that makes both happen or neither."""
    seen = survey(context)
    if any(mentions(source, _TOGETHER) for source in context.program.sources()):
        return
    told: set[int] = set()
    for spot, there in (*_published(seen), *_published_by_helpers(seen)):
        info, role = spot.info, there.role
        if info is None or id(info) in told or is_by_hand(spot.unit, info) or "cache.client" in role.does:
            continue
        if role.name.startswith(_TO_BROWSERS) or {"task.enqueue", "http.request"} & set(role.does):
            continue
        if any(name_of(n) in _AFTER for n in (*spot.path, spot.node) if isinstance(n, ir.Call)):
            continue
        if any(mentions(one.module.source, _OUTBOX) for one in (spot.unit, there.unit)):
            continue
        written = _write_before(seen, spot, info)
        if written is not None:
            told.add(id(info))
            place = ((context.location(there.unit, there.node), "step_publish"),)
            yield Match(
                location=context.location(spot.unit, spot.node),
                values={
                    "call": short(context.text(spot.unit, spot.node)),
                    "write": short(context.text(spot.unit, written)),
                },
                confidence=Confidence.MEDIUM,
                steps=((context.location(spot.unit, written), "step_write"), *place),
            )


def _published(seen: Survey) -> Iterator[tuple[Spot, CallSeen]]:
    for spot in seen.of("queue.publish"):
        if spot.call is not None:
            yield spot, spot.call


def _published_by_helpers(seen: Survey) -> Iterator[tuple[Spot, CallSeen]]:
    """Calls of functions of the program that tell the broker themselves: `events.statusChanged(order)`."""
    for spot in seen.reaches:
        reach = spot.reach
        if reach is None or "queue.publish" not in reach.acts or reach.callee.marks & {"background", "message.handler"}:
            continue
        if {"db.write", "db.write_many", "db.commit", "orm.save"} & reach.acts.keys():
            continue
        there = next(
            (one for one in seen.at.get(reach.acts["queue.publish"], ()) if "queue.publish" in one.role.does), None
        )
        if there is not None and there.info is reach.callee:
            yield spot, there


def _write_before(seen: Survey, spot: Spot, info: FunctionInfo) -> ir.Node | None:
    for other in seen.inside.get(id(info), ()):
        if other.node.start >= spot.node.start:
            continue
        if other.call is not None:
            does = other.call.role.does
            if ("db.query" in does or "db.write" in does) and kind_of(other.call) in ("insert", "write"):
                return other.node
            if "db.commit" in does or "db.write_many" in does:
                return other.node
        elif (
            other.reach is not None
            and {"db.write", "db.commit"} & other.reach.acts.keys()
            and "queue.publish" not in other.reach.acts
        ):
            return other.node
    return None
