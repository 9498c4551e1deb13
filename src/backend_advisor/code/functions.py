"""The functions of a program: each is run once for each shape of its arguments, and its callers use what that run
showed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backend_advisor.code import ir
from backend_advisor.code.addresses import ADDRESSES, FIXED_HOST
from backend_advisor.code.assignment import assign, write_back
from backend_advisor.code.interface_queries import note_query
from backend_advisor.code.mappers import paste_method
from backend_advisor.code.names import FunctionRef, gain_around
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.providers import provide_text
from backend_advisor.code.run import Env, Hit, Run, join_env, same
from backend_advisor.code.schemas import behind_schema
from backend_advisor.code.seen import Flow, Reach
from backend_advisor.code.shapes import as_parameter, compact, shape
from backend_advisor.code.site import Site
from backend_advisor.code.substitution import PARAMETERS, Substitution
from backend_advisor.code.taints import Taint, Trail, merge_taints
from backend_advisor.code.types import declared_value, is_harmless
from backend_advisor.code.values import UNKNOWN, Value, all_taints, constant, join_all, known_text, with_field

if TYPE_CHECKING:
    from backend_advisor.code.machine import Machine

_DEEPEST = 24
_SHAPES = 8
_KEYS = 64
"""Shapes of a function that only looks something up: `Settings.get("name", "default")` is called with every name."""
_WRAPS = 200
_SURROUNDINGS = 4
_HITS = 48
_HITS_TOLD_APART = 16
"""So many are told apart by all of the path to what harms."""


def _looks_up(info: FunctionInfo) -> bool:
    """Whether a function is so short that to run it for each constant costs next to nothing."""
    body = info.node.body
    return len(body) == 1 and isinstance(body[0], ir.Return)


@dataclass(slots=True)
class Summary:
    """What one run of a function showed: its result, the sinks its arguments reach, and how they are changed."""

    info: FunctionInfo
    result: Value = UNKNOWN
    hits: tuple[Hit, ...] = ()
    effects: dict[int, tuple[Value, Value]] = field(default_factory=dict)
    """For each changed argument: as it came in, and as it was left."""
    acts: dict[str, tuple[str, int]] = field(default_factory=dict)
    outer: dict[str, Value] = field(default_factory=dict)
    """What it writes to variables of the functions around it, as far as that depends on its caller."""
    through: tuple[tuple[FunctionInfo, str, Value], ...] = ()
    """The same of functions that it was given and called."""
    ends: bool = False
    running: bool = True
    recursive: bool = False


class Functions:
    """Runs the program's functions and remembers what each run showed."""

    def __init__(self, machine: "Machine") -> None:
        self._machine = machine
        self._summaries: dict[Any, Summary] = {}
        self._shapes: dict[FunctionInfo, set[Any]] = {}
        self._numbers: dict[FunctionInfo, int] = {}
        self._surroundings: dict[FunctionInfo, dict[int, Mapping[str, Value]]] = {}

    def was_run(self, info: FunctionInfo) -> bool:
        """Whether a caller in the program had this function run."""
        return info in self._shapes

    def call_function(self, run: Run, ref: FunctionRef, site: Site) -> Value:
        """A call of a function of the program; its arguments may be changed by it."""
        return self.invoke(run, ref, site.args, site.keywords, site.node, site)

    def invoke_method(self, run: Run, info: FunctionInfo, receiver: Value) -> Value:
        """Call a method without arguments."""
        return self.invoke(run, FunctionRef(info, self._machine.closure_of(info), receiver), [], {}, None)

    def invoke(
        self,
        run: Run,
        ref: FunctionRef,
        args: list[Value],
        keywords: dict[str, Value],
        node: ir.Node | None,
        site: Site | None = None,
    ) -> Value:
        """What a function of the program gives for these arguments."""
        info = ref.info
        values, places = self._bind(run, ref, args, keywords, site)
        if run.depth >= _DEEPEST:
            return _unseen(values)
        summary = self.summary(run, info, values, ref.closure)
        if not info.node.body and node is not None and info.unit.language == "java":
            note_query(run, info, node)
        known = self.substitution(info, values, run, node)
        for name, value in summary.outer.items():
            self._gained(run, ref, name, known.of(value))
        for inner, name, value in summary.through:
            refs = (one for given in values for one in given.refs)
            meant = [one for one in refs if isinstance(one, FunctionRef) and one.info is inner]
            gained = known.of(value) if meant else value
            for one in meant:
                self._gained(run, one, name, gained)
        return self.apply(run, summary, values, node, site, places)

    def _gained(self, run: Run, ref: FunctionRef, name: str, value: Value) -> None:
        gain_around(ref.closure, name, value)
        if len(run.through) < _HITS and any(taint.index >= 0 for taint in all_taints(value, 3)):
            run.through.append((ref.info, name, compact(value, 2)))

    def _bind(
        self, run: Run, ref: FunctionRef, args: list[Value], keywords: dict[str, Value], site: Site | None
    ) -> tuple[list[Value], list[ir.Expr | None]]:
        """A value for each parameter, the receiver first, and the expression that each came from."""
        info = ref.info
        python = info.unit.language == "python"
        exprs: list[ir.Expr | None] = list(site.arg_exprs) if site is not None else []
        exprs += [None] * (len(args) - len(exprs))
        values: list[Value] = []
        places: list[ir.Expr | None] = []
        given = list(args)
        if not python:
            values.append(ref.bound if ref.bound is not None else _some_receiver(info))
            places.append(site.receiver_expr if site is not None else None)
        elif info.owner is not None and not info.is_static and (ref.bound is not None or _is_class_method(info)):
            given.insert(
                0, ref.bound if ref.bound is not None and not _is_class_method(info) else Value(refs=(info.owner,))
            )
            exprs.insert(0, site.receiver_expr if site is not None else None)
        unpacked = site.unpacked if site is not None else None
        position = 0
        for param in info.node.params:
            if param.kind == "rest":
                rest = given[position:]
                position = len(given)
                values.append(Value(types=frozenset({"list"}), fields=dict(enumerate(rest)), rest=unpacked))
                places.append(None)
            elif param.kind == "keywords":
                names = {p.name for p in info.node.params}
                left: dict[str | int, Value] = {k: v for k, v in keywords.items() if k not in names}
                values.append(Value(types=frozenset({"dict"}), fields=left, rest=unpacked))
                places.append(None)
            elif param.name in keywords:
                values.append(keywords[param.name])
                places.append(site.keyword_exprs.get(param.name) if site is not None else None)
                if position < len(given) and param.kind != "keyword":
                    position += 0
            elif position < len(given) and param.kind != "keyword":
                values.append(given[position])
                places.append(exprs[position])
                position += 1
            else:
                values.append(self._default(run, info, param, ref.closure, unpacked))
                places.append(None)
        return values, places

    def _default(
        self, run: Run, info: FunctionInfo, param: ir.Param, closure: Mapping[str, Value], unpacked: Value | None
    ) -> Value:
        if unpacked is not None:
            return unpacked
        if param.default is None:
            return UNKNOWN
        inner = Run(self._machine, info.unit, info, closure, run.depth + 1)
        return inner.evaluate(param.default, {})

    def summary(self, run: Run, info: FunctionInfo, values: list[Value], closure: Mapping[str, Value]) -> Summary:
        nested = self._nested(info, closure)
        shapes = tuple(shape(value) for value in values)
        known = self._shapes.setdefault(info, set())
        key = (info, nested, shapes)
        found = self._summaries.get(key)
        # What is made around a function is told apart for each of them: `asyncHandler(fn)` stands at every route.
        most = _WRAPS if nested or any(value.refs for value in values) else _KEYS if _looks_up(info) else _SHAPES
        if found is None and len(known) >= most:
            shapes = tuple((None, value.types, (), None, None, None) for value in values)
            values = [Value(taints=value.taints, types=value.types) for value in values]
            key = (info, nested, shapes)
            found = self._summaries.get(key)
            if found is None and len(known) >= 3 * most:
                values, shapes = [UNKNOWN] * len(values), ()
                key = (info, nested, shapes)
                found = self._summaries.get(key)
        if found is not None:
            if found.running:
                found.recursive = True
            return found
        known.add(shapes)
        base = self.base(info)
        made = self._summaries[key] = Summary(info)
        inputs = [as_parameter(value, base + number) for number, value in enumerate(values)]
        for _ in range(2):
            inner = Run(self._machine, info.unit, info, closure, run.depth + 1)
            done = self.interpret(inner, info, inputs)
            settled = same(made.result, done.result)
            made.result, made.hits, made.effects = done.result, done.hits, done.effects
            made.acts, made.ends, made.outer = done.acts, done.ends, done.outer
            made.through = done.through
            if not made.recursive or settled:
                break
        made.running = False
        return made

    def _nested(self, info: FunctionInfo, closure: Mapping[str, Value]) -> int:
        """A number for what is around a nested function, 0 for any; a few surroundings are told apart."""
        if not closure or info.outer is None:
            return 0
        known = self._surroundings.setdefault(info, {})
        if id(closure) not in known and len(known) < _SURROUNDINGS:
            known[id(closure)] = closure
        return id(closure) if id(closure) in known else 0

    def base(self, info: FunctionInfo) -> int:
        number = self._numbers.get(info)
        if number is None:
            number = self._numbers[info] = len(self._numbers) * PARAMETERS
        return number

    def substitution(self, info: FunctionInfo, values: list[Value], run: Run, node: ir.Node | None) -> Substitution:
        """What a call with these values puts in the place of a function's parameters."""
        return Substitution(info, self.base(info), values, run, node)

    def interpret(self, run: Run, info: FunctionInfo, values: list[Value]) -> Summary:
        """Run a function's body on these arguments."""
        env: Env = {}
        names: list[str] = []
        rest = values
        if run.language != "python":
            env["this"] = values[0] if values else UNKNOWN
            names.append("this")
            rest = values[1:]
        received = env.get("this")
        for param, value in zip(info.node.params, rest, strict=False):
            shown = value
            if param.type is not None and not value.refs and value.consts is None:
                stated = declared_value(run, param.type)
                if stated.types - value.types or (stated.rest is not None and value.rest is None):
                    shown = value.but(
                        types=value.types | stated.types, rest=value.rest if value.rest is not None else stated.rest
                    )
            if id(info.node) in self._machine.checked:
                shown = behind_schema(self._machine.roles, shown)
            env[param.name] = shown
            names.append(param.name)
            if param.pattern is not None:
                assign(run, param.pattern, shown, env, declares="let")
            if param.property and info.owner is not None:
                env["this"] = with_field(env["this"], param.name, shown)
                self._machine.objects.field_gained(info.owner, param.name, shown)
        before = {name: env[name] for name in names}
        if received is not None and "this" in before:
            before["this"] = received  # what its parameters became fields of
        if not info.node.body and run.language == "java":
            paste_method(run, info, env)
            provide_text(run, info, env)
        end = run.execute(info.node.body, env)
        for state in run.ends:
            end = join_env(end, state)
        return self._summed_up(run, info, names, before, end)

    def _summed_up(
        self, run: Run, info: FunctionInfo, names: list[str], before: Mapping[str, Value], end: Env | None
    ) -> Summary:
        summary = Summary(info, _stated_result(run, info))
        summary.hits = tuple(run.hits.values())[:_HITS]
        summary.acts = run.acts
        summary.through = tuple(run.through)
        summary.outer = {
            name: compact(value, 2)
            for name, value in run.outer.items()
            if any(taint.index >= 0 for taint in all_taints(value, 3))
        }
        summary.ends = end is None
        summary.running = False
        if end is not None:
            for number, name in enumerate(names):
                after = end.get(name)
                if after is None or after is before[name] or (name in run.reassigned and name != "this"):
                    continue
                if after.fields is not before[name].fields or after.rest is not before[name].rest:
                    summary.effects[number] = (before[name], compact(after, 2))
        return summary

    def apply(
        self,
        run: Run,
        summary: Summary,
        values: list[Value],
        node: ir.Node | None,
        site: Site | None,
        places: list[ir.Expr | None],
    ) -> Value:
        known = self.substitution(summary.info, values, run, node)
        if summary.acts and not (run.language == "java" and "background" in summary.info.marks):
            self._reached(run, summary, node)
        for hit in summary.hits:
            if hit.role in ADDRESSES and _stands_behind_host(hit, values, self.base(summary.info)):
                continue
            for taint, trail in known.actual(hit.taint, hit.trail).items():
                if taint.harms(hit.role):
                    self._record(run, hit._replace(taint=taint, trail=trail))
        for number, (before, after) in summary.effects.items():
            place = places[number] if number < len(places) else None
            if place is None or site is None:
                continue
            write_back(run, place, known.changed(values[number], before, after), site.env)
        if summary.ends and not summary.running and summary.info.node.body:
            return Value(name="(ends)")
        return known.of(summary.result)

    def hit(self, run: Run, role: str, site: Site, callee: str, taint: Taint, trail: Trail | None, text: Any) -> None:
        """Unsafe data reaches a sink."""
        node = site.node
        self._record(run, Hit(role, run.unit.path, node.start, node.end, callee, taint, trail, text))

    def hit_at(
        self,
        run: Run,
        role: str,
        place: tuple[str, int, int],
        callee: str,
        taint: Taint,
        trail: Trail | None,
        text: Any,
    ) -> None:
        """Unsafe data reaches a sink that stands somewhere else than the call."""
        self._record(run, Hit(role, *place, callee, taint, trail, text))

    def _record(self, run: Run, hit: Hit) -> None:
        taint = hit.taint
        if taint.index >= 0:
            # One item of a list may be the program's own text, and the next what came with a request.
            path = taint.path if len(run.hits) < _HITS_TOLD_APART else taint.path[:1]
            key: Any = (hit.role, hit.path, hit.start, taint.index, path)
            known_hit = run.hits.get(key)
            if known_hit is None or known_hit.taint.unsure > taint.unsure:
                run.hits[key] = hit
            return
        key = (hit.taint.role, hit.role, hit.path, hit.start, hit.end)
        known = self._machine.seen.flows.get(key)
        if known is None or known.unsure > hit.taint.unsure:
            self._machine.seen.flows[key] = Flow(
                hit.taint.role,
                hit.role,
                hit.path,
                hit.start,
                hit.end,
                hit.callee,
                hit.trail,
                hit.taint.unsure,
                hit.text,
            )

    def _reached(self, run: Run, summary: Summary, node: ir.Node | None) -> None:
        for act, place in summary.acts.items():
            run.acts.setdefault(act, place)
        if node is None:
            return
        key = (run.unit.path, node.start, node.end, summary.info)
        known = self._machine.seen.reaches.get(key)
        if known is None or len(run.loops) > len(known.loops):
            self._machine.seen.reaches[key] = Reach(
                run.unit, run.info, node, summary.info, summary.acts, run.loops_here()
            )


def _stands_behind_host(hit: Hit, values: list[Value], base: int) -> bool:
    """Whether the caller gives a whole address whose host it wrote itself."""
    number = hit.taint.index - base
    if hit.taint.path or not 0 <= number < len(values) or hit.text[:1] not in ((None,), ()):
        return False
    start = known_text(values[number])[:1]
    return bool(start and start[0] and FIXED_HOST.match(start[0]))


def _unseen(values: list[Value]) -> Value:
    taints = merge_taints(*(all_taints(value, 2) for value in values))
    return Value({taint.doubted(): trail for taint, trail in taints.items()})


def _stated_result(run: Run, info: FunctionInfo) -> Value:
    """What a function was seen to return. In Java the stated type holds: numbers carry no text, and a method without a
    body, which something outside of the program implements, gives some value of its type."""
    result = compact(join_all(run.returns)) if run.returns else constant(None)
    if run.language != "java" or info.node.returns is None:
        return result
    if not info.node.body and "abstract" in info.node.modifiers:
        return declared_value(run, info.node.returns)
    return result.but(taints={}) if result.taints and is_harmless(run, info.node.returns) else result


def _some_receiver(info: FunctionInfo) -> Value:
    """What a method of Java runs on when it is called from an inner class by its name alone."""
    if info.owner is None or info.unit.language != "java":
        return UNKNOWN
    return Value(types=frozenset({info.owner.name}))


def _is_class_method(info: FunctionInfo) -> bool:
    return any(getattr(decorator, "id", None) == "classmethod" for decorator in info.node.decorators)
