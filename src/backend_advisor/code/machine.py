"""The interpreter of a whole program: each function is run once for each shape of its arguments, and its callers use
what that run showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend_advisor.code import calling, expressions, ir, statements  # noqa: F401 (they register what they handle)
from backend_advisor.code.assignment import write_back
from backend_advisor.code.entries import entry_values, marks_of
from backend_advisor.code.meaning import apply_role, sink
from backend_advisor.code.members import member
from backend_advisor.code.names import FunctionRef, declared, declared_value, function_value, name_value
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.roles import Argument, CallRole
from backend_advisor.code.run import Env, Hit, Loop, Run, join_env, same
from backend_advisor.code.seen import Flow, Handler, Reach, Seen
from backend_advisor.code.site import Site
from backend_advisor.code.values import (
    UNKNOWN,
    Taint,
    Taints,
    Trail,
    Value,
    all_taints,
    as_parameter,
    at_path,
    bounded,
    constant,
    join,
    join_all,
    mapped,
    merge_taints,
    shape,
    through,
    with_field,
)

_DEEPEST = 24
_SHAPES = 8
_PARAMETERS = 64
_HITS = 48


@dataclass(slots=True)
class Summary:
    """What one run of a function showed: its result, the sinks its arguments reach, and how they are changed."""

    info: FunctionInfo
    result: Value = UNKNOWN
    hits: tuple[Hit, ...] = ()
    effects: dict[int, tuple[Value, Value]] = field(default_factory=dict)
    """For each changed argument: as it came in, and as it was left."""
    acts: dict[str, tuple[str, int]] = field(default_factory=dict)
    ends: bool = False
    running: bool = True
    recursive: bool = False


class Machine:
    """Runs a program abstractly and notes what is seen on the way."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.roles = program.roles
        self.seen = Seen()
        self.summaries: dict[Any, Summary] = {}
        self._shapes: dict[FunctionInfo, set[Any]] = {}
        self._envs: dict[str, Env] = {}
        self._closures: dict[int, Mapping[str, Value]] = {}
        self._hoisted: dict[str, dict[str, FunctionInfo]] = {}
        self._fields: dict[tuple[str, str], Value] = {}
        self._gained: set[str] = set()
        self._constructed: set[str] = set()
        self._numbers: dict[FunctionInfo, int] = {}
        self._by_number: dict[int, FunctionInfo] = {}
        self._entries: list[tuple[FunctionRef, list[Value]]] = []
        self._known_prefixes: frozenset[str] | None = None
        self._methods: dict[tuple[str, str], CallRole | None] = {}
        self._known_types: frozenset[str] | None = None

    # -- the whole program ---------------------------------------------------------------------------------------------

    def run(self) -> Seen:
        """Run every file's top level, then every function as its framework (or anybody) would call it."""
        for unit in self.program.units.values():
            self.unit_env(unit)
        self._run_entries()
        for info in list(self.program.functions()):
            self.run_entry(info)
        self._run_entries()
        again = {name for name in self._gained}
        for name in again:
            for info in [m for several in self.program.classes[name].methods.values() for m in several]:
                self.run_entry(info, again=True)
        return self.seen

    def _run_entries(self) -> None:
        while self._entries:
            ref, given = self._entries.pop()
            self.run_entry(ref.info, given, ref.bound)

    def run_entry(
        self, info: FunctionInfo, given: Sequence[Value] = (), bound: Value | None = None, *, again: bool = False
    ) -> None:
        """Run a function with arguments as they come from outside."""
        key = (info, "entry", tuple(shape(value) for value in given))
        if (key in self.summaries and not again) or not info.node.body:
            return
        run = self._new_run(info.unit, info, self.closure_of(info), 0)
        values = entry_values(run, info, list(given), bound)
        self.summaries[key] = self._interpret(run, values)
        handler = self.seen.handlers.get(id(info))
        if handler is not None and handler.result is not None:
            for node, value in zip(run.return_nodes, run.returns, strict=False):
                site = Site(node, "return", None, None, [value], [])
                for role in handler.result.result:
                    sink(run, role, value, site, handler.result)

    def unit_env(self, unit: Unit) -> Env:
        """The names at the top level of a file, once it has been run."""
        env = self._envs.get(unit.path)
        if env is None:
            env = self._envs[unit.path] = {}
            run = Run(self, unit, None, {}, 0)
            if unit.language == "python":
                env["__name__"] = UNKNOWN
            state = run.execute(unit.module.body, env)
            if state is not None and state is not env:
                for name, value in state.items():
                    env[name] = value
            self._keep(run)
        return env

    def _keep(self, run: Run) -> None:
        """What a run without a caller showed is final."""
        run.hits.clear()

    # -- functions -----------------------------------------------------------------------------------------------------

    def hoisted(self, unit: Unit, name: str) -> Value | None:
        """A function of a file's top level that is named before its definition has been run."""
        known = self._hoisted.get(unit.path)
        if known is None:
            known = {f.node.name: f for f in unit.functions if f.owner is None and f.outer is None and f.node.name}
            self._hoisted[unit.path] = known
        info = known.get(name)
        return None if info is None else function_value(info, {})

    def closure_of(self, info: FunctionInfo) -> Mapping[str, Value]:
        """What the free names of a nested function are, as last seen."""
        return self._closures.get(id(info), {})

    def function_defined(self, run: Run, info: FunctionInfo, value: Value, env: Env) -> None:
        """Note a definition: its closure and what its decorators make of it."""
        ref = value.refs[0]
        if ref.closure:
            self._closures[id(info)] = ref.closure
        marks_of(run, info, env)

    def class_defined(self, run: Run, info: ClassInfo, env: Env) -> None:
        """Note a class: its bases, and what the decorators of its methods make of them."""
        self.bases(info)
        if run.info is not None:
            for methods in info.methods.values():
                for method in methods:
                    self._closures.setdefault(id(method), dict(env))
        for methods in info.methods.values():
            for method in methods:
                marks_of(run, method, env)
        for inner in info.classes.values():
            self.class_defined(run, inner, env)
        if info.node.body:
            inner_run = Run(self, info.unit, None, env, run.depth)
            inner_run.execute(info.node.body, dict(env))

    def call_function(self, run: Run, ref: FunctionRef, site: Site) -> Value:
        """A call of a function of the program; its arguments may be changed by it."""
        return self.invoke(run, ref, site.args, site.keywords, site.node, site)

    def invoke_method(self, run: Run, info: FunctionInfo, receiver: Value) -> Value:
        """Call a method without arguments."""
        return self.invoke(run, FunctionRef(info, self.closure_of(info), receiver), [], {}, None)

    def invoke(
        self,
        run: Run,
        ref: FunctionRef,
        args: list[Value],
        keywords: dict[str, Value],
        node: ir.Expr | None,
        site: Site | None = None,
    ) -> Value:
        """What a function of the program gives for these arguments."""
        info = ref.info
        values, places = self._bind(run, ref, args, keywords, site)
        if run.depth >= _DEEPEST:
            return _unseen(values)
        summary = self._summary(run, info, values, ref.closure)
        return self._apply(run, summary, values, node, site, places)

    def call_later(self, run: Run, ref: FunctionRef) -> None:
        """Something unknown may call this function with anything."""
        self._entries.append((ref, []))

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
            values.append(ref.bound if ref.bound is not None else UNKNOWN)
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
                left = {k: v for k, v in keywords.items() if k not in names}
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
        inner = self._new_run(info.unit, info, closure, run.depth + 1)
        return inner.evaluate(param.default, {})

    def _summary(self, run: Run, info: FunctionInfo, values: list[Value], closure: Mapping[str, Value]) -> Summary:
        nested = id(closure) if closure and info.outer is not None else 0
        shapes = tuple(shape(value) for value in values)
        known = self._shapes.setdefault(info, set())
        key = (info, nested, shapes)
        found = self.summaries.get(key)
        if found is None and len(known) >= _SHAPES and not nested:
            shapes = tuple((None, value.types, (), None, None) for value in values)
            values = [Value(taints=value.taints, types=value.types) for value in values]
            key = (info, nested, shapes)
            found = self.summaries.get(key)
            if found is None and len(known) >= 3 * _SHAPES:
                values = [UNKNOWN] * len(values)
                key = (info, nested, "any")
                found = self.summaries.get(key)
        if found is not None:
            if found.running:
                found.recursive = True
            return found
        known.add(shapes)
        base = self._base(info)
        made = self.summaries[key] = Summary(info)
        inputs = [as_parameter(value, base + number) for number, value in enumerate(values)]
        for _ in range(2):
            inner = self._new_run(info.unit, info, closure, run.depth + 1)
            done = self._interpret(inner, inputs)
            settled = same(made.result, done.result)
            made.result, made.hits, made.effects = done.result, done.hits, done.effects
            made.acts, made.ends = done.acts, done.ends
            if not made.recursive or settled:
                break
        made.running = False
        return made

    def _base(self, info: FunctionInfo) -> int:
        number = self._numbers.get(info)
        if number is None:
            number = self._numbers[info] = len(self._numbers) * _PARAMETERS
        return number

    def _new_run(self, unit: Unit, info: FunctionInfo, closure: Mapping[str, Value], depth: int) -> Run:
        return Run(self, unit, info, closure, depth)

    def _interpret(self, run: Run, values: list[Value]) -> Summary:
        """Run a function's body on these arguments."""
        info = run.info
        assert info is not None
        env: Env = {}
        names: list[str] = []
        rest = values
        if run.language != "python":
            env["this"] = values[0] if values else UNKNOWN
            names.append("this")
            rest = values[1:]
        for param, value in zip(info.node.params, rest, strict=False):
            shown = value
            if param.type is not None and not value.refs and value.consts is None:
                stated = declared_value(run, param.type)
                if stated.types - value.types or (stated.rest is not None and value.rest is None):
                    shown = value.but(
                        types=value.types | stated.types, rest=value.rest if value.rest is not None else stated.rest
                    )
            env[param.name] = shown
            names.append(param.name)
            if param.pattern is not None:
                from backend_advisor.code.assignment import assign

                assign(run, param.pattern, shown, env, declares="let")
            if param.property and info.owner is not None:
                env["this"] = with_field(env["this"], param.name, shown)
                self.field_gained(info.owner, param.name, shown)
        before = {name: env[name] for name in names}
        end = run.execute(info.node.body, env)
        for state in run.ends:
            end = join_env(end, state)
        return self._summed_up(run, info, names, before, end)

    def _summed_up(
        self, run: Run, info: FunctionInfo, names: list[str], before: Mapping[str, Value], end: Env | None
    ) -> Summary:
        summary = Summary(info, bounded(join_all(run.returns)) if run.returns else constant(None))
        summary.hits = tuple(run.hits.values())[:_HITS]
        summary.acts = run.acts
        summary.ends = end is None
        summary.running = False
        if end is not None:
            for number, name in enumerate(names):
                after = end.get(name)
                if after is None or after is before[name] or (name in run.reassigned and name != "this"):
                    continue
                if after.fields is not before[name].fields or after.rest is not before[name].rest:
                    summary.effects[number] = (before[name], bounded(after, 2))
        return summary

    # -- using what a run showed ---------------------------------------------------------------------------------------

    def _apply(
        self,
        run: Run,
        summary: Summary,
        values: list[Value],
        node: ir.Expr | None,
        site: Site | None,
        places: list[ir.Expr | None],
    ) -> Value:
        base = self._base(summary.info)
        if summary.acts:
            self._reached(run, summary, node)
        for hit in summary.hits:
            for taint, trail in self._actual(hit.taint, hit.trail, values, base, run, node).items():
                if taint.harms(hit.role):
                    self._record(run, hit._replace(taint=taint, trail=trail))
        for number, (before, after) in summary.effects.items():
            place = places[number] if number < len(places) else None
            if place is None or site is None:
                continue
            changed = self._changed(values[number], before, after, values, base, run, node)
            write_back(run, place, changed, site.env)
        if summary.ends and not summary.running and summary.info.node.body:
            return Value(name="(ends)")
        return self._substituted(summary.result, values, base, run, node)

    def _changed(
        self, actual: Value, before: Value, after: Value, values: list[Value], base: int, run: Run, node: ir.Expr | None
    ) -> Value:
        mine = before.fields or {}
        now = after.fields or {}
        changed = actual
        gone = [key for key in mine if key not in now]
        if gone and actual.fields is not None:
            changed = changed.but(fields={k: v for k, v in actual.fields.items() if k not in gone})
        for key, value in now.items():
            if mine.get(key) is not value:
                changed = with_field(changed, key, self._substituted(value, values, base, run, node))
        if after.rest is not None and after.rest is not before.rest:
            changed = with_field(changed, None, self._substituted(after.rest, values, base, run, node))
        return changed

    def _substituted(
        self, value: Value, values: list[Value], base: int, run: Run, node: ir.Expr | None, depth: int = 4
    ) -> Value:
        """A value of the called function in the caller's terms."""
        taints = value.taints
        if any(taint.index >= 0 for taint in taints):
            taints = merge_taints(*(self._actual(taint, trail, values, base, run, node) for taint, trail in taints.items()))
        fields, rest = value.fields, value.rest
        if depth:
            if fields:
                fields = mapped(fields, lambda part: self._substituted(part, values, base, run, node, depth - 1))
            if rest is not None:
                rest = self._substituted(rest, values, base, run, node, depth - 1)
        if taints is value.taints and fields is value.fields and rest is value.rest:
            return value
        return value.but(taints=taints, fields=fields, rest=rest, guard=None)

    def _actual(
        self, taint: Taint, trail: Trail | None, values: list[Value], base: int, run: Run, node: ir.Expr | None
    ) -> Taints:
        number = taint.index - base
        if taint.index < 0 or not 0 <= number < _PARAMETERS or number >= len(values):
            return {taint: trail}  # type: ignore[dict-item]
        found: dict[Taint, Trail] = {}
        for given, way in at_path(values[number], taint.path).items():
            made = given if not taint.cleared else given.clean(taint.cleared)
            if taint.unsure:
                made = made.doubted()
            if node is not None:
                way = through(run.unit.path, node.start, node.end, way, trail)  # noqa: PLW2901
            found.setdefault(made, way)
        return found

    def hit(self, run: Run, role: str, site: Site, callee: str, taint: Taint, trail: Trail | None, text: Any) -> None:
        """Unsafe data reaches a sink."""
        node = site.node
        self._record(run, Hit(role, run.unit.path, node.start, node.end, callee, taint, trail, text))

    def _record(self, run: Run, hit: Hit) -> None:
        if hit.taint.index >= 0:
            run.hits.setdefault((hit.role, hit.path, hit.start, hit.taint), hit)
            return
        key = (hit.taint.role, hit.role, hit.path, hit.start, hit.end)
        known = self.seen.flows.get(key)
        if known is None or (known.unsure and not hit.taint.unsure):
            self.seen.flows[key] = Flow(
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

    def _reached(self, run: Run, summary: Summary, node: ir.Expr | None) -> None:
        for act, place in summary.acts.items():
            run.acts.setdefault(act, place)
        if node is None:
            return
        key = (run.unit.path, node.start, node.end, summary.info)
        known = self.seen.reaches.get(key)
        if known is None or len(run.loops) > len(known.loops):
            self.seen.reaches[key] = Reach(run.unit, run.info, node, summary.info, summary.acts, self.loops_of(run))

    # -- objects -------------------------------------------------------------------------------------------------------

    def construct(self, run: Run, info: ClassInfo, site: Site) -> Value:
        """A new object of a class of the program."""
        made = Value(types=frozenset({info.name}), fields={})
        return self.construct_into(run, info, made, site)

    def construct_into(self, run: Run, info: ClassInfo, made: Value, site: Site) -> Value:
        """Run a class's constructor on an object."""
        self.bases(info)
        constructors = self._constructors(info, len(site.args))
        if not constructors:
            return self._filled(info, made, site)
        python = info.unit.language == "python"
        for constructor in constructors[:1]:
            ref = FunctionRef(constructor, self.closure_of(constructor), made)
            values, _ = self._bind(run, ref, site.args, site.keywords, site)
            if run.depth >= _DEEPEST:
                return made.but(taints=merge_taints(*(all_taints(value, 2) for value in values[1:])))
            summary = self._summary(run, constructor, values, ref.closure)
            self._apply(run, summary, values, site.node, None, [])
            effect = summary.effects.get(0)
            if effect is not None:
                made = self._changed(made, *effect, values, self._base(constructor), run, site.node)
            elif python and self.foreign(info):
                made = self._filled(info, made, site)
        return made

    def _constructors(self, info: ClassInfo, count: int) -> list[FunctionInfo]:
        for one in self.program.ancestry(info):
            names = ("__init__", "constructor", one.node.name)
            found = [method for name in names for method in one.methods.get(name, ())]
            if found:
                return sorted(found, key=lambda method: abs(len(method.node.params) - count))
        return []

    def _filled(self, info: ClassInfo, made: Value, site: Site) -> Value:
        """A record-like class without a constructor: its fields are its arguments."""
        names = [name for one in reversed(self.program.ancestry(info)) for name in one.fields]
        for name, value in zip(names, site.args, strict=False):
            made = with_field(made, name, value)
        for name, value in site.keywords.items():
            made = with_field(made, name, value)
        if site.unpacked is not None:
            made = made.but(taints=merge_taints(made.taints, all_taints(site.unpacked, 2)), rest=site.unpacked)
        self.note_class_roles(info, site)
        return made

    def note_class_roles(self, info: ClassInfo, site: Site) -> None:
        """Nothing to note for a class that no framework knows."""

    def bases(self, info: ClassInfo) -> tuple[str, ...]:
        """The qualified names of a class's bases."""
        if info.bases is None:
            info.bases = ()
            run = Run(self, info.unit, None, {}, 0)
            found: list[str] = []
            for base in info.node.bases:
                value = run.evaluate(base, {}) if not isinstance(base, ir.Name) else name_value(run, base, {})
                found += [ref.name for ref in value.refs if isinstance(ref, ClassInfo) and ref is not info]
                if value.name is not None:
                    found.append(value.name.removesuffix("()"))
            info.bases = tuple(dict.fromkeys(found))
            for name in info.bases:
                parent = self.program.classes.get(name)
                if parent is not None:
                    parent.children.append(info)
                    self.bases(parent)
        inherited = [b for one in self.program.ancestry(info)[1:] for b in one.bases or ()]
        return tuple(dict.fromkeys((*info.bases, *inherited)))

    def foreign(self, info: ClassInfo) -> bool:
        """Whether a class inherits from something outside the program."""
        return any(base not in self.program.classes for base in self.bases(info))

    def class_field(self, run: Run, info: ClassInfo, name: str) -> Value | None:
        """What a field of some object of a class is, from its declaration and all that is written to it."""
        self._prepare(run, info)
        found: Value | None = None
        for one in self.program.ancestry(info):
            value = self._fields.get((one.name, name))
            if value is not None:
                found = value if found is None else join(found, value)
        return found

    def _prepare(self, run: Run, info: ClassInfo) -> None:
        for one in self.program.ancestry(info):
            if one.name in self._constructed:
                continue
            self._constructed.add(one.name)
            inner = Run(self, one.unit, None, {}, run.depth + 1)
            for stated in one.node.fields:
                value = declared_value(inner, stated.type)
                if stated.value is not None:
                    given = inner.evaluate(stated.value, {"this": Value(types=frozenset({one.name}))})
                    constant_field = {"static", "final"} <= set(stated.modifiers) or "readonly" in stated.modifiers
                    if not constant_field and one.unit.language != "python":
                        given = given.but(consts=None)
                    value = given if not value.types else given.but(types=given.types | value.types)
                self._fields[one.name, stated.name] = value
            for constructor in [m for n in ("__init__", "constructor", one.node.name) for m in one.methods.get(n, ())]:
                self.run_entry(constructor)

    def field_gained(self, info: ClassInfo, name: str, value: Value) -> None:
        """A field of objects of a class is written."""
        kept = _of_no_caller(value)
        key = (info.name, name)
        known = self._fields.get(key)
        if known is None:
            self._fields[key] = kept
            return
        if known is kept:
            return
        joined = join(known, kept)
        if joined.taints.keys() != known.taints.keys():
            self._gained.add(info.name)
        self._fields[key] = joined

    def this_of(self, run: Run, env: Env) -> Value | None:
        """The object whose method is running."""
        if run.language != "python":
            return env.get("this")
        if run.info is None or not run.info.node.params:
            return None
        return env.get(run.info.node.params[0].name)

    # -- what frameworks know ------------------------------------------------------------------------------------------

    def method_role(self, kind: str, name: str) -> CallRole | None:
        """The role of a method of a type, also of the program's classes that inherit from a framework's."""
        key = (kind, name)
        if key in self._methods:
            return self._methods[key]
        found = self.roles.method(kind, name)
        info = self.program.classes.get(kind)
        if found is None and info is not None:
            found = next((role for base in self.bases(info) if (role := self.roles.method(base, name))), None)
        self._methods[key] = found
        return found

    def knows(self, name: str) -> bool:
        """Whether a qualified name, or something under it, has a role."""
        if self._known_prefixes is None:
            prefixes: set[str] = set()
            names = (*self.roles.calls, *self.roles.values, *self.roles.decorators, *self.roles.parameters)
            for one in (*names, *self.roles.classes, *self.roles.bases):
                while one and one not in prefixes:
                    prefixes.add(one)
                    one = one.rpartition(".")[0]  # noqa: PLW2901
            self._known_prefixes = frozenset(prefixes)
        return name in self._known_prefixes

    def known_types(self) -> frozenset[str]:
        """Every type that has a role or is a class of the program."""
        if self._known_types is None:
            owners = {name.rpartition(".")[0] for name in (*self.roles.calls, *self.roles.values)}
            self._known_types = frozenset(owners | self.roles.bases.keys() | self.program.classes.keys())
        return self._known_types

    def note_roles(self, run: Run, name: str, site: Site) -> None:
        """Note the sinks of a language function that was handled by name."""
        role = self.roles.calls.get(name)
        if role is not None:
            apply_role(run, role, site)

    def apply_store(
        self, run: Run, role: CallRole, node: ir.Index, holder: Value, values: list[Value], env: Env
    ) -> None:
        """`holder[key] = value` as the call that it is."""
        apply_role(run, role, Site(node, "__setitem__", holder, node.value, values, [node.key, node.key], env=env))

    def tagged(self, run: Run, node: ir.Text, values: list[Value], env: Env) -> Value:
        """A tagged template: the tag is called with the text and the values, which it may bind."""
        assert node.tag is not None
        role: CallRole | None = None
        if isinstance(node.tag, ir.Attr):
            receiver = run.evaluate(node.tag.value, env)
            kinds = [kind for kind in receiver.types if self.method_role(kind, node.tag.name)]
            role = self.method_role(kinds[0], node.tag.name) if kinds else None
        tag = run.evaluate(node.tag, env)
        if role is None and tag.name is not None:
            role = self.roles.calls.get(tag.name)
        if role is None:
            return Value(merge_taints(*(all_taints(value, 2) for value in values)))
        return apply_role(run, role, Site(node, role.name, tag, node.tag, values, list(node.parts), env=env))

    def checked(self, run: Run, test: ir.Call, env: Env, holds: bool) -> None:
        """What a framework's check tells of its argument, where it holds."""
        if not holds:
            return
        from backend_advisor.code.guards import clear

        role: CallRole | None = None
        if isinstance(test.func, ir.Attr):
            receiver = run.evaluate(test.func.value, env)
            roles = [r for kind in receiver.types if (r := self.method_role(kind, test.func.name))]
            role = roles[0] if roles else self.roles.calls.get(f"{receiver.name}.{test.func.name}")
        else:
            role = self.roles.calls.get(run.evaluate(test.func, env).name or "")
        for wanted, kinds in role.checks if role is not None else ():
            place = _place(test, wanted)
            if place is not None:
                clear(run, place, env, kinds)

    def register(
        self, run: Run, ref: FunctionRef, given: list[Value], role: CallRole, site: Site, before: list[Value]
    ) -> None:
        """A function is given to a framework to be called with a client's request."""
        ref.info.marks.update(role.marks)
        handler = self.seen.handlers.get(id(ref.info))
        if handler is None:
            handler = self.seen.handlers[id(ref.info)] = Handler(ref.info, set(), {}, site.node, run.unit)
        handler.marks.update(role.marks)
        handler.properties.update(site.properties(role))
        if role.result:
            handler.result = role
        handler.before += before
        if ref.closure:
            self._closures.setdefault(id(ref.info), ref.closure)
        self._entries.append((ref, given))

    def submodule(self, unit: Unit, name: str) -> Unit | None:
        """A file inside a package that is used as a name of the package."""
        if not unit.path.endswith("__init__.py"):
            return None
        folder = unit.path.removesuffix("__init__.py")
        return self.program.units.get(f"{folder}{name}.py") or self.program.units.get(f"{folder}{name}/__init__.py")

    # -- where the interpreter stands ----------------------------------------------------------------------------------

    def loops_of(self, run: Run) -> tuple[ir.Node, ...]:
        """The loops around the current place in its function."""
        return tuple(loop.node for loop in run.loops if loop.is_loop)

    def enter_loop(self, run: Run, node: ir.Node) -> None:
        """A comprehension or a function run for each item counts as a loop."""
        run.loops.append(Loop(node))

    def leave_loop(self, run: Run) -> None:
        """The end of such a loop."""
        run.loops.pop()

    def is_awaited(self, run: Run, node: ir.Node) -> bool:
        """Whether a call stands directly under `await`."""
        return (node.start, node.end) in run.awaited


def _unseen(values: list[Value]) -> Value:
    taints = merge_taints(*(all_taints(value, 2) for value in values))
    return Value({taint.doubted(): trail for taint, trail in taints.items()})


def _is_class_method(info: FunctionInfo) -> bool:
    return any(getattr(decorator, "id", None) == "classmethod" for decorator in info.node.decorators)


def _of_no_caller(value: Value) -> Value:
    """A value without what depends on who calls."""
    if all(taint.index < 0 for taint in value.taints) and value.fields is None and value.rest is None:
        return value
    return value.but(
        taints={taint: trail for taint, trail in value.taints.items() if taint.index < 0},
        fields={k: _of_no_caller(v) for k, v in value.fields.items()} if value.fields else value.fields,
        rest=_of_no_caller(value.rest) if value.rest is not None else None,
        consts=value.consts,
    )


def _place(test: ir.Call, wanted: Argument) -> ir.Expr | None:
    if wanted.keyword == "this":
        return test.func.value if isinstance(test.func, ir.Attr) else None
    if wanted.position is not None and wanted.position < len(test.args):
        return test.args[wanted.position]
    return next((value for key, value in test.keywords if key == wanted.keyword), None)


__all__ = ["Machine", "declared", "member", "sink"]
