"""The files of one language linked into a program: its modules, classes and functions, and who inherits from whom."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend_advisor.code.contracts import Operation
from backend_advisor.code.frontends import FrontEnd, front_end
from backend_advisor.code.in_part import link_parts
from backend_advisor.code.ir import Class, Define, Field, For, Function, If, Import, Module, Stmt, Try, With
from backend_advisor.code.mappers import Mappers
from backend_advisor.code.roles import roles_for
from backend_advisor.code.templates import Templates
from backend_advisor.code.usual import usual_imports

_PIECES = 2
"""A program of this many files may be pieces of code that name what they do not import."""
_QUALIFIED = re.compile(rb"(?<![\w.])((?:[a-z]\w*\.)+[a-z]\w*)\.(?=[A-Z])")
"""The package of a class of Java that is written with its full name."""


@dataclass(slots=True, eq=False)
class FunctionInfo:
    """A function of the program: where it is, and the class it belongs to."""

    node: Function
    unit: "Unit"
    owner: "ClassInfo | None" = None
    outer: "FunctionInfo | None" = None
    marks: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name as people say it: `Class.method` or `function`."""
        own = self.node.name or self.unit.nameless
        return f"{self.owner.node.name.partition('@')[0]}.{own}".lstrip(".") if self.owner is not None else own

    @property
    def is_static(self) -> bool:
        """Whether it is called without a receiver."""
        if "static" in self.node.modifiers:
            return True
        return any(getattr(decorator, "id", None) == "staticmethod" for decorator in self.node.decorators)


@dataclass(slots=True, eq=False)
class ClassInfo:
    """A class of the program. `name` is its qualified name, unique in the program."""

    node: Class
    unit: "Unit"
    name: str
    outer: "ClassInfo | None" = None
    methods: dict[str, list[FunctionInfo]] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    bases: tuple[str, ...] | None = None
    children: list["ClassInfo"] = field(default_factory=list)
    classes: dict[str, "ClassInfo"] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Unit:
    """One file of the program. `env` is what its names are, once its top level has been run."""

    module: Module
    path: str
    language: str
    name: str
    imports: dict[str, Import] = field(default_factory=dict)
    stars: list[Import] = field(default_factory=list)
    classes: dict[str, ClassInfo] = field(default_factory=dict)
    functions: list[FunctionInfo] = field(default_factory=list)
    env: dict[str, Any] | None = None
    exports: dict[str | None, Any] = field(default_factory=dict)
    located: dict[tuple[str, str | None], str | None] = field(default_factory=dict)
    standing: dict[str, bool] = field(default_factory=dict)
    """What kind of file it is, as far as somebody has asked."""

    @property
    def nameless(self) -> str:
        """What a function without a name is called in the language of the file, as in its stack traces."""
        return "<lambda>" if self.language == "python" else "<anonymous>"


class Program:
    """Every file of one language family, linked."""

    def __init__(self, modules: Mapping[str, Module], configuration: Mapping[str, set[str]] | None = None) -> None:
        self.units: dict[str, Unit] = {}
        self.classes: dict[str, ClassInfo] = {}
        self.by_short_name: dict[str, list[ClassInfo]] = {}
        self.packages: dict[str, dict[str, ClassInfo]] = {}
        self.configuration = configuration or {}
        self.settings: Mapping[str, Mapping[str, str]] = {}
        """The entries of the tree's properties files."""
        self.documents: Mapping[str, Any] = {}
        """What the tree's files of settings in YAML and JSON hold that its code reads."""
        self.schemas: tuple[str, ...] = ()
        """Texts beside the code that tell which columns of tables are unique."""
        self.templates = Templates()
        self.mappers = Mappers()
        self.operations: dict[FunctionInfo, Operation] = {}
        """The functions that OpenAPI documents bind to their operations."""
        self.checkers: set[FunctionInfo] = set()
        """Those that they name for checking credentials."""
        self._located: dict[tuple[str, str, str, str | None], str | None] = {}
        self._ancestry: dict[ClassInfo, list[ClassInfo]] = {}
        self._implementations: dict[ClassInfo, list[ClassInfo]] = {}
        self.infos: dict[int, FunctionInfo | ClassInfo] = {}
        for path, module in modules.items():
            self._add(path, module)
        link_parts(self)
        self.language = next(iter(self.units.values())).language if self.units else "python"
        self.roles = roles_for(self.language, self._imported(), pieces=self.is_pieces)

    @property
    def is_pieces(self) -> bool:
        """Whether it is a file or two out of a program, whose other classes are not in view."""
        return len(self.units) <= _PIECES

    def front_end(self, unit: Unit) -> FrontEnd:
        """The front end that lowered a unit."""
        return front_end(unit.language)

    def locate(self, statement: Import, unit: Unit) -> Unit | None:
        """The unit that an import means, None for a foreign package."""
        key = (statement.module, statement.name)
        if key not in unit.located:
            unit.located[key] = self._located_from(statement, unit)
        found = unit.located[key]
        return None if found is None else self.units.get(found)

    def _located_from(self, statement: Import, unit: Unit) -> str | None:
        """The path that an import means: the same for every file of a folder, save for the file that it names."""
        key = (unit.path.rpartition("/")[0], unit.language, statement.module, statement.name)
        found = self._located.get(key, unit.path)
        if found == unit.path:
            found = self._located[key] = self.front_end(unit).locate(statement, unit.path, self.units.keys())
        return found

    def method(self, owner: ClassInfo, name: str) -> list[FunctionInfo]:
        """The methods of this name that a class has, its own or inherited, nearest first."""
        for one in self.ancestry(owner):
            if name in one.methods:
                return one.methods[name]
        return []

    def ancestry(self, owner: ClassInfo) -> list[ClassInfo]:
        """A class and those it inherits from, as far as they are in the program."""
        found = self._ancestry.get(owner)
        if found is None:
            order = {owner: None}
            waiting = [owner]
            for one in waiting:
                bases = [self.classes[base] for base in one.bases or () if base in self.classes]
                waiting += [base for base in bases if base not in order]
                order.update(dict.fromkeys(bases))
            found = self._ancestry[owner] = list(order)
        return found

    def foreign_bases(self, owner: ClassInfo) -> list[str]:
        """The types from outside the program that a class inherits from."""
        return [base for one in self.ancestry(owner) for base in one.bases or () if base not in self.classes]

    def implementations(self, owner: ClassInfo) -> list[ClassInfo]:
        """A class and everything that inherits from it."""
        found = self._implementations.get(owner)
        if found is None:
            order = {owner: None}
            waiting = [owner]
            for one in waiting:
                waiting += [child for child in one.children if child not in order]
                order.update(dict.fromkeys(one.children))
            found = self._implementations[owner] = list(order)
        return found

    def relinked(self) -> None:
        """A class's bases became known: what was concluded from inheritance is forgotten."""
        self._ancestry.clear()
        self._implementations.clear()

    def sources(self) -> Iterator[bytes]:
        """The text of every file."""
        return (unit.module.source for unit in self.units.values())

    def functions(self) -> Iterator[FunctionInfo]:
        """Every function of the program in order of place."""
        for unit in self.units.values():
            yield from unit.functions

    def _imported(self) -> set[str]:
        roots: set[str] = set()
        for unit in self.units.values():
            for statement in (*unit.imports.values(), *unit.stars):
                module = statement.module.removeprefix("node:")
                roots.add(module)
                roots.add(module.split(".")[0])
                if statement.name:
                    roots.add(f"{module}.{statement.name}")
            if unit.language == "java":
                roots.update(name.decode() for name in set(_QUALIFIED.findall(unit.module.source)))
        return roots

    def _add(self, path: str, module: Module) -> None:
        name = module.package or _dotted(path)
        unit = Unit(module, path, module.language, name)
        self.units[path] = unit
        unit.stars.extend(module.assumed or usual_imports(module))
        self._walk(module.body, unit, None)

    def _walk(self, body: list[Stmt], unit: Unit, outer: FunctionInfo | None) -> None:
        for statement in body:
            if isinstance(statement, Import):
                self._import(statement, unit)
            elif isinstance(statement, Define):
                if isinstance(statement.definition, Class):
                    self.add_class(statement.definition, unit, None, outer)
                else:
                    self.add_function(statement.definition, unit, None, outer)
            elif isinstance(statement, If | Try | With | For):
                for part in _bodies(statement):
                    self._walk(part, unit, outer)

    def _import(self, statement: Import, unit: Unit) -> None:
        if statement.name == "*":
            unit.stars.append(statement)
        else:
            unit.imports.setdefault(statement.local, statement)

    def add_function(
        self, node: Function, unit: Unit, owner: ClassInfo | None, outer: FunctionInfo | None
    ) -> FunctionInfo:
        """Enter a function and everything defined in it."""
        known = self.infos.get(id(node))
        if isinstance(known, FunctionInfo):
            return known
        info = FunctionInfo(node, unit, owner, outer)
        self.infos[id(node)] = info
        unit.functions.append(info)
        self._walk(node.body, unit, info)
        return info

    def add_class(
        self, node: Class, unit: Unit, outer: ClassInfo | None, within: FunctionInfo | None = None
    ) -> ClassInfo:
        """Enter a class with its methods and inner classes."""
        known = self.infos.get(id(node))
        if isinstance(known, ClassInfo):
            return known
        name = f"{outer.name}.{node.name}" if outer is not None else f"{unit.name}.{node.name}"
        if name in self.classes:
            name = f"{name}@{unit.path}:{node.start}"
        info = ClassInfo(node, unit, name, outer)
        self.infos[id(node)] = info
        self.classes[name] = info
        self.by_short_name.setdefault(node.name, []).append(info)
        if outer is None and within is None:
            unit.classes.setdefault(node.name, info)
            self.packages.setdefault(unit.name, {}).setdefault(node.name, info)
        info.fields = {one.name: one for one in node.fields}
        for method in node.methods:
            info.methods.setdefault(method.name, []).append(self.add_function(method, unit, info, within))
        for inner in node.classes:
            info.classes[inner.name] = self.add_class(inner, unit, info, within)
        self._walk(node.body, unit, None)
        return info


def _bodies(statement: Stmt) -> Iterator[list[Stmt]]:
    if isinstance(statement, If):
        yield statement.then
        yield statement.otherwise
    elif isinstance(statement, Try):
        yield statement.body
        yield from (handler.body for handler in statement.handlers)
        yield statement.otherwise
        yield statement.final
    elif isinstance(statement, With | For):
        yield statement.body


def _dotted(path: str) -> str:
    stem = path.rsplit(".", 1)[0] if "." in path.rsplit("/", 1)[-1] else path
    return stem.removesuffix("/__init__").replace("/", ".")
