"""The interpreter of a whole program: every file's top level, then every function as it is called from outside."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from backend_advisor.code import calling, expressions, ir, references, statements  # noqa: F401 (they register what they handle)
from backend_advisor.code.associations import is_of_association
from backend_advisor.code.bound import note_operations
from backend_advisor.code.entries import entry_values, marks_of, takes_request
from backend_advisor.code.escapers import cleared_by_escaping, may_escape
from backend_advisor.code.exported import note_exported
from backend_advisor.code.files import is_test
from backend_advisor.code.functions import Functions, Summary
from backend_advisor.code.meaning import apply_role, sink
from backend_advisor.code.names import FunctionRef, function_value
from backend_advisor.code.objects import Objects
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.prototypes import note_written
from backend_advisor.code.records import note_chosen
from backend_advisor.code.rendering import names_view, show_page, show_views
from backend_advisor.code.resolver_maps import note_resolvers
from backend_advisor.code.roles import CallRole
from backend_advisor.code.run import Env, Run
from backend_advisor.code.schemas import beside_schemas, has_schema
from backend_advisor.code.seen import Handler, Seen
from backend_advisor.code.shapes import shape
from backend_advisor.code.site import Site
from backend_advisor.code.types import typed
from backend_advisor.code.values import UNKNOWN, Value, field, types_of, words
from backend_advisor.code.wrapping import wrapped

_KEEPS = re.compile(rb"(?:\.(?:state|ctx)|\bg)\.\w+\s*+=(?!=)|\bapp\[[^\]\n]*+\]\s*+=(?!=)")
_CALLED = re.compile(rb"(?<![\w$])([\w$]++)\s*+\(")


_HOLDERS = frozenset(
    ["ResponseEntity", "HttpEntity", "Mono", "Flux", "CompletableFuture", "CompletionStage", "DeferredResult",
     "Callable", "ListenableFuture", "Optional", "WebAsyncTask", "Uni"]
)  # fmt: skip
_NO_PAGE = re.compile(
    r"(?i)json|text[/_](?:plain|css)|(?:text|application)[/_](?:x-)?(?:java|ecma)script|octet|pdf|csv|"
    r"event[-_]stream|image[/_](?!svg)"
)
_TEXTS = frozenset({"String", "CharSequence", "Response", "ModelAndView", "View", "StringBuilder"})


def _sends_objects(info: FunctionInfo, role: CallRole) -> bool:
    """Whether what a handler gives is an object by its stated type, which is sent as JSON."""
    stated = info.node.returns if info.unit.language == "java" and "serialize.json" in role.does else None
    while stated is not None and stated.name.rsplit(".", 1)[-1] in _HOLDERS and stated.args:
        stated = stated.args[0]
    last = stated.name.rsplit(".", 1)[-1] if stated is not None else ""
    # A name of one letter stands for any type.
    return last[1:2].islower() and last[:1].isupper() and last not in _TEXTS | _HOLDERS


def _is_text(value: Value) -> bool:
    """Whether a value is known to be a string: objects are sent as JSON."""
    return value.text is not None or bool(value.types & {"str", "string"}) or bool(value.consts)


def _states_other_content(handler: Handler) -> bool:
    """Whether what a handler gives is said to be something that browsers do not read as a page."""
    content = handler.properties.get("content")
    if content is None:
        return False
    known = [words(one) for one in (content.fields or {0: content}).values()]
    return all(one is not None and all(_NO_PAGE.search(word) for word in one) for one in known)


def _is_no_page(answer: Value) -> bool:
    """Whether an answer says of itself that it is no page: `Response.ok(text, "text/plain")`."""
    stated = words(field(answer, "content") or UNKNOWN)
    return stated is not None and all(_NO_PAGE.search(word) for word in stated)


class Machine:
    """Runs a program abstractly and notes what is seen on the way."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.roles = program.roles
        self.seen = Seen()
        self.functions = Functions(self)
        self.objects = Objects(self)
        self._entered: dict[Any, Summary] = {}
        self.checks: dict[tuple[FunctionInfo, bool, frozenset[int]], dict[int, tuple[str, ...]]] = {}
        self.prototype_writes: dict[object, dict[int, Any]] = {}
        """What functions of the program have checked of their parameters when they say yes, or come back."""
        self._escaping: dict[FunctionInfo, tuple[str, ...]] = {}
        self._escaping_files: dict[str, bool] = {}
        self._settable = frozenset(one.rpartition(".")[2][:-1] for one in self.roles.calls if one.endswith("="))
        self.checked: set[int] = set()
        """The functions that stand beside a schema, by the identity of their nodes."""
        self._envs: dict[str, Env] = {}
        self._closures: dict[int, Mapping[str, Value]] = {}
        self._hoisted: dict[str, dict[str, FunctionInfo]] = {}
        self.reachable: dict[tuple[ClassInfo, str], list[FunctionInfo]] = {}
        """The methods that a call on an object of a class can reach, once inheritance is known."""
        self.references: dict[int, FunctionInfo] = {}
        """What stands for method references to foreign methods."""
        self.enumerated: dict[tuple[ClassInfo, str], Value] = {}
        """The constants of enumerations with their fields."""
        self.statements: dict[FunctionInfo, CallRole | None] = {}
        """What methods of interfaces that are statements do, for those that were called."""
        self._entries: list[tuple[FunctionRef, list[Value]]] = []
        self._known_prefixes: frozenset[str] | None = None
        self.named: dict[tuple[str, str], list[CallRole]] = {}
        """The role that a method's name and the name of what it is called on tell, of those asked for so far."""
        self._methods: dict[tuple[str, str], CallRole | None] = {}
        self._known_types: frozenset[str] | None = None

    def states_other_content(self, info: FunctionInfo | None) -> bool:
        """Whether a function answers a route that says that it sends no page: `produces = "application/json"`."""
        while info is not None and info.outer is not None:
            info = info.outer
        handler = self.seen.handlers.get(id(info))
        return handler is not None and _states_other_content(handler)

    def cleared_by(self, info: FunctionInfo) -> tuple[str, ...]:
        """The sinks for which a function of the program makes its result safe by escaping it letter by letter."""
        path = info.unit.path
        if path not in self._escaping_files:
            self._escaping_files[path] = may_escape(info.unit.module.source)
        if not self._escaping_files[path]:
            return ()
        if info not in self._escaping:
            self._escaping[info] = cleared_by_escaping(info)
        return self._escaping[info]

    def run(self) -> Seen:
        """Run every file's top level, then every function as its framework (or anybody) would call it."""
        self.checked.update(id(function) for function in beside_schemas(self.program))
        for unit in self.program.units.values():
            self.unit_env(unit)
        self.objects.link()
        self.objects.prepare()
        note_operations(self)
        note_exported(self)
        note_resolvers(self)
        self._run_entries()
        functions = list(self.program.functions())
        for info in _prepare_application(self.program):
            if not self.functions.was_run(info):
                self.run_entry(info)
        called = _called_names(self.program)
        # A function that the program calls is run for its callers; only when it was not, anybody may call it. Annotated
        # parameters are filled by a framework, whoever calls besides.
        for info in functions:
            if info.marks or info.node.name not in called or any(param.decorators for param in info.node.params):
                self.run_entry(info)
        for info in functions:
            if not self.functions.was_run(info):
                self.run_entry(info)
            if self.program.is_pieces and info.node.name not in called and takes_request(info):
                info.marks.add("http.handler")
                handler = self.seen.handlers.setdefault(id(info), Handler(info, set(), {}, info.node, info.unit))
                handler.marks.add("http.handler")
        self._run_entries()
        again = sorted(self.objects.gained)
        for name in again:
            for info in [m for several in self.program.classes[name].methods.values() for m in several]:
                self.run_entry(info, again=True)
        del self.functions, self.objects  # cycles, which would keep all values as long as the collector rests
        return self.seen

    def _run_entries(self) -> None:
        # Middleware stands before the handlers that read what it keeps on the request.
        self._entries.sort(key=lambda entry: "http.middleware" not in entry[0].info.marks)
        while self._entries:
            ref, given = self._entries.pop(0)
            self.run_entry(ref.info, given, ref.bound)

    def run_entry(
        self, info: FunctionInfo, given: Sequence[Value] = (), bound: Value | None = None, *, again: bool = False
    ) -> None:
        """Run a function with arguments as they come from outside."""
        with self._guarded(info.unit, info.node.start):
            self._run_entry(info, given, bound, again=again)

    @contextmanager
    def _guarded(self, unit: Unit, start: int) -> Iterator[None]:
        """What goes wrong in one function is told and costs that function alone."""
        try:
            yield
        except RecursionError:
            self.seen.unread.setdefault((unit.path, "too_deep"), start)
        except Exception:
            if os.environ.get("ADVISOR_DEBUG"):
                raise
            self.seen.unread.setdefault((unit.path, "failed"), start)

    def _run_entry(self, info: FunctionInfo, given: Sequence[Value], bound: Value | None, *, again: bool) -> None:
        key = (info, "entry", tuple(shape(value) for value in given))
        if (key in self._entered and not again) or not (
            info.node.body or any(param.property for param in info.node.params)
        ):
            return
        run = Run(self, info.unit, info, self.closure_of(info), 0)
        values = entry_values(run, info, list(given), bound)
        self._entered[key] = self.functions.interpret(run, info, values)
        handler = self.seen.handlers.get(id(info))
        if handler is not None and names_view(info, handler):
            show_views(run, info)
        if handler is not None and "page" in handler.properties:
            show_page(run, handler.properties["page"])
        if handler is not None and handler.result is not None:
            shows = not _sends_objects(info, handler.result) and not _states_other_content(handler)
            only_text = run.language in ("javascript", "typescript")
            for node, value in zip(run.return_nodes, run.returns, strict=False):
                site = Site(node, "return", None, None, [value], [])
                stated = info.node.returns if run.language == "java" else None
                shown = value if stated is None else typed(run, value, stated)
                if only_text and "redirect.url" in handler.result.result:
                    shown = field(shown, "url") or UNKNOWN  # `return { url, statusCode: 302 }`
                elif only_text and not _is_text(shown):
                    continue
                is_page = shows and not _is_no_page(shown)
                for role in (
                    handler.result.result if is_page else [r for r in handler.result.result if r != "html.text"]
                ):
                    sink(run, role, shown, site, handler.result)

    def unit_env(self, unit: Unit) -> Env:
        """The names at the top level of a file, once it has been run."""
        env = self._envs.get(unit.path)
        if env is None:
            env = self._envs[unit.path] = {}
            run = Run(self, unit, None, {}, 0)
            if unit.language == "python":
                env["__name__"] = UNKNOWN
            state: Env | None = None
            with self._guarded(unit, 0):
                state = run.execute(unit.module.body, env)
            if state is not None and state is not env:
                for name, value in state.items():
                    env[name] = value
        return env

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
        self.objects.bases(info)
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

    def call_later(self, ref: FunctionRef) -> None:
        """Something unknown may call this function with anything."""
        self._entries.append((ref, []))

    def method_role(self, kind: str, name: str) -> CallRole | None:
        """The role of a method of a type, also of the program's classes that inherit from a framework's."""
        key = (kind, name)
        if key in self._methods:
            return self._methods[key]
        found = self.roles.method(kind, name)
        info = self.program.classes.get(kind)
        if found is None and info is not None:
            found = next((role for base in self.objects.bases(info) if (role := self.roles.method(base, name))), None)
        if found is None and self.roles.named_so and is_of_association(self.program, name):
            kinds = (kind, *(self.objects.bases(info) if info is not None else ()))
            found = next((role for base in kinds if (role := self.roles.made_method(base, name))), None)
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

    def attribute_set(self, run: Run, holder: ir.Expr, before: Value, name: str, value: Value, env: Env) -> None:
        """`holder.name = value` as the call that roles name `TYPE.name=`, such as the body of a response."""
        if name not in self._settable:
            return
        role = next((one for kind in types_of(before) if (one := self.method_role(kind, f"{name}="))), None)
        if role is None and before.name is not None:
            role = self.roles.calls.get(f"{before.name}.{name}=")
        if role is not None:
            apply_role(run, role, Site(holder, f"{name}=", before, holder, [value], [holder], env=env))

    def element_set(self, run: Run, target: ir.Index, key: Value, value: Value, env: Env) -> None:
        """`holder[key] = value` under a key that somebody else chose."""
        if run.language in ("javascript", "typescript"):
            note_written(run, target, key, env)
            note_chosen(run, target, key, value, env)

    def register(
        self, run: Run, ref: FunctionRef, given: list[Value], role: CallRole, site: Site, before: list[Value]
    ) -> None:
        """A function is given to a framework to be called with a client's request."""
        inner = wrapped(ref)
        if inner:
            self._closures.setdefault(id(ref.info), ref.closure)
            self._entries.append((ref, given))
            for one in inner:
                self.register(run, one, given, role, site, before)
            return
        ref.info.marks.update(role.marks)
        if len(site.arg_exprs) > 1 and has_schema(site.arg_exprs):
            self.checked.add(id(ref.info.node))
        handler = self.seen.handlers.get(id(ref.info))
        if handler is None:
            handler = self.seen.handlers[id(ref.info)] = Handler(ref.info, set(), {}, site.node, run.unit)
        elif handler.node is not site.node and ref.info.outer is not None:
            handler.shared = True
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


def _prepare_application(program: Program) -> Iterator[FunctionInfo]:
    """The functions that keep something on an application, which stand before the handlers that read it there."""
    if not program.roles.kept:
        return
    for unit in program.units.values():
        if not is_test(unit.path) and _KEEPS.search(unit.module.source):
            for info in unit.functions:
                if _KEEPS.search(unit.module.source, info.node.start, info.node.end):
                    yield info


def _called_names(program: Program) -> set[str]:
    """Names that stand before a parenthesis more often than functions of that name are defined; tests call anything."""
    counts: Counter[bytes] = Counter()
    for unit in program.units.values():
        if not is_test(unit.path):
            counts.update(_CALLED.findall(unit.module.source))
    counts.subtract(info.node.name.encode() for info in program.functions() if not is_test(info.unit.path))
    return {name.decode("utf-8", "replace") for name, count in counts.items() if count > 0}
