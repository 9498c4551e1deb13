"""Source code of every language as one small tree: what a front end makes and everything else reads.

A node knows where it stands by byte offsets into its file (`start`, `end`; the end is exclusive). Statements are
structured (no jumps), so a reader can walk them in order. What a language has beyond these words is lowered to them
or to `Opaque`, which only says which expressions are evaluated inside.
"""

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Node:
    """Anything with a place in a file."""

    start: int
    end: int


class Expr(Node):
    """Something that has a value."""

    __slots__ = ()


class Stmt(Node):
    """Something that is executed."""

    __slots__ = ()


Constant = str | bytes | int | float | bool | None


@dataclass(slots=True, eq=False)
class Const(Expr):
    """A literal. JavaScript's `undefined` is None too; a regular expression literal is a call of `RegExp`."""

    value: Constant


@dataclass(slots=True, eq=False)
class Name(Expr):
    """A variable, function, class or module by its name; `this` and Python's `self` parameter are names too."""

    id: str


@dataclass(slots=True, eq=False)
class Attr(Expr):
    """`value.name`, also JavaScript's `?.` and Java's field access and static members."""

    value: Expr
    name: str


@dataclass(slots=True, eq=False)
class Reference(Attr):
    """Java's method reference `value::name`."""


@dataclass(slots=True, eq=False)
class Index(Expr):
    """`value[key]`. A slice has a `Slice` for its key."""

    value: Expr
    key: Expr


@dataclass(slots=True, eq=False)
class Slice(Expr):
    """`low:high:step`, only as the key of an Index."""

    low: Expr | None
    high: Expr | None
    step: Expr | None


@dataclass(slots=True, eq=False)
class Call(Expr):
    """A call. `new` marks JavaScript's and Java's object creation; in Python a class is simply called.

    A spread argument (`*args`, `...args`) is a `Spread`; `**kwargs` is a keyword with the name "**".
    An anonymous Java class body makes `body` its class.
    """

    func: Expr
    args: list[Expr]
    keywords: list[tuple[str, Expr]] = field(default_factory=list)
    new: bool = False
    body: "Class | None" = None


@dataclass(slots=True, eq=False)
class Text(Expr):
    """An f-string or a template string: `Const` parts and expressions in order. `tag` is a JavaScript tag."""

    parts: list[Expr]
    tag: Expr | None = None


@dataclass(slots=True, eq=False)
class Binary(Expr):
    """An operator on two values: + - * / // % ** << >> >>> & | ^ @ and the comparisons and the JavaScript `??`.

    Comparisons are "==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "not in", "is", "is not", "instanceof".
    Python's chained comparison is an "and" of comparisons.
    """

    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Logic(Expr):
    """`and`/`or` of two or more operands; `op` is "and", "or" or "??" in every language."""

    op: str
    operands: list[Expr]


@dataclass(slots=True, eq=False)
class Unary(Expr):
    """`op` is "not", "-", "+", "~", "typeof", "void", "delete"."""

    op: str
    operand: Expr


@dataclass(slots=True, eq=False)
class Conditional(Expr):
    """`a if test else b`, `test ? a : b`."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(slots=True, eq=False)
class Sequence(Expr):
    """A list, tuple, set or array literal; `kind` is "list", "tuple" or "set". Items may be `Spread`."""

    kind: str
    items: list[Expr]


@dataclass(slots=True, eq=False)
class Mapping(Expr):
    """A dict or object literal: pairs of key and value; a spread has None for its key. Methods are `Lambda` values."""

    pairs: list[tuple[Expr | None, Expr]]


@dataclass(slots=True, eq=False)
class Spread(Expr):
    """`*x` or `...x` in a call, sequence or target."""

    value: Expr


@dataclass(slots=True, eq=False)
class Lambda(Expr):
    """A function written where it is used: lambda, arrow function, function expression, Java lambda."""

    function: "Function"


@dataclass(slots=True, eq=False)
class Comprehension(Expr):
    """`kind` is "list", "set", "generator" or "dict" (then `key` is there too)."""

    kind: str
    key: Expr | None
    element: Expr
    clauses: list[tuple[Expr, Expr, list[Expr]]]
    """Each clause: target, what is iterated, conditions."""
    is_async: bool = False


@dataclass(slots=True, eq=False)
class Await(Expr):
    """`await x`."""

    value: Expr


@dataclass(slots=True, eq=False)
class Yield(Expr):
    """`yield x`, `yield from x`."""

    value: Expr | None


@dataclass(slots=True, eq=False)
class Cast(Expr):
    """`(Type) x`, `x as Type`, `x satisfies Type`, `x!`: the same value with a stated type."""

    value: Expr
    type: "Type | None"


@dataclass(slots=True, eq=False)
class AssignExpr(Expr):
    """An assignment used as a value: `:=`, `x = y` inside an expression, `x++` (op "+", value Const 1)."""

    target: Expr
    value: Expr
    op: str | None = None


@dataclass(slots=True, eq=False)
class ClassExpr(Expr):
    """A class used as a value."""

    definition: "Class"


@dataclass(slots=True, eq=False)
class Opaque(Expr):
    """Something this model has no word for (JSX, awaited imports, switch expressions with blocks …)."""

    children: list[Expr]


@dataclass(slots=True, eq=False)
class Type:
    """A stated type by its name as written, without its arguments: `Repository<User>` is name "Repository".

    `Optional[X]`, `X | None`, `Promise<X>`, `Annotated[X, …]` keep their own name, with X among `args`.
    `metadata` holds the further arguments of `Annotated`, which frameworks give meaning to.
    """

    name: str
    args: list["Type"] = field(default_factory=list)
    metadata: list[Expr] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Assign(Stmt):
    """`target = value`. The target is a Name, Attr, Index, Sequence or Mapping (destructuring) with Spread and
    defaults as `AssignExpr`. `op` is set for an augmented assignment ("+" for `+=`). A declaration without a value has
    `value` None. `declares` tells a declaration from a change ("const", "let", "var", "final", or "" in Python)."""

    target: Expr
    value: Expr | None
    op: str | None = None
    type: Type | None = None
    declares: str = ""


@dataclass(slots=True, eq=False)
class Do(Stmt):
    """An expression evaluated for what it does."""

    value: Expr


@dataclass(slots=True, eq=False)
class Return(Stmt):
    value: Expr | None


@dataclass(slots=True, eq=False)
class Throw(Stmt):
    """`raise` and `throw`; `value` is None for a bare `raise`."""

    value: Expr | None


@dataclass(slots=True, eq=False)
class Break(Stmt):
    pass


@dataclass(slots=True, eq=False)
class Continue(Stmt):
    pass


@dataclass(slots=True, eq=False)
class Assert(Stmt):
    test: Expr


@dataclass(slots=True, eq=False)
class If(Stmt):
    test: Expr
    then: list[Stmt]
    otherwise: list[Stmt]


@dataclass(slots=True, eq=False)
class While(Stmt):
    """`while`, `do … while` (`after` True: the body runs before the test) and the C-style `for` (with `update`)."""

    test: Expr
    body: list[Stmt]
    otherwise: list[Stmt]
    update: list[Stmt] = field(default_factory=list)
    after: bool = False


@dataclass(slots=True, eq=False)
class For(Stmt):
    """`for target in iterable`; JavaScript's `for … in` has `keys` True (the target runs over keys)."""

    target: Expr
    iterable: Expr
    body: list[Stmt]
    otherwise: list[Stmt]
    is_async: bool = False
    keys: bool = False


@dataclass(slots=True, eq=False)
class Handler(Node):
    """One `except`/`catch`. `types` are the exceptions' names as expressions; empty means everything."""

    types: list[Expr]
    name: str | None
    body: list[Stmt]


@dataclass(slots=True, eq=False)
class Try(Stmt):
    body: list[Stmt]
    handlers: list[Handler]
    otherwise: list[Stmt]
    final: list[Stmt]


@dataclass(slots=True, eq=False)
class With(Stmt):
    """`with`, `async with`, Java's try-with-resources (wrapped in a Try when it has handlers), `synchronized`."""

    items: list[tuple[Expr, Expr | None]]
    body: list[Stmt]
    is_async: bool = False


@dataclass(slots=True, eq=False)
class SwitchCase(Node):
    """Values it matches (empty: default), a guard, and its body. Python's `case` patterns that are not plain values
    are `Opaque` values, with the captured names assigned first in the body from `Opaque`."""

    values: list[Expr]
    guard: Expr | None
    body: list[Stmt]


@dataclass(slots=True, eq=False)
class Switch(Stmt):
    """`switch` and `match`. `falls` tells that a case without break runs into the next (C style); where it is True,
    bodies keep their Break statements."""

    subject: Expr
    cases: list[SwitchCase]
    falls: bool


@dataclass(slots=True, eq=False)
class Define(Stmt):
    """A function or class definition as a statement."""

    definition: "Function | Class"


@dataclass(slots=True, eq=False)
class Import(Stmt):
    """Binds `local` to a module, or to `name` of it.

    `module` is as written ("flask", "./db", "java.util", ".models" with leading dots for Python's relative form);
    `name` is None for the module itself and "*" for everything (then `local` is "*"). Java's `import a.b.C` has module
    "a.b", name "C". `require("x")` and ES imports of a default have name None and "default" respectively.
    `type_only` marks TypeScript's `import type`.
    """

    local: str
    module: str
    name: str | None = None
    type_only: bool = False


@dataclass(slots=True, eq=False)
class Export(Stmt):
    """Gives `value` to importers under `name`; None: the value is the module itself (`module.exports = x`).

    `export * from "./x"` has the name "*" and an Import before it that binds the local name of `value`.
    """

    name: str | None
    value: Expr


@dataclass(slots=True, eq=False)
class Global(Stmt):
    """`global` and `nonlocal` names of Python."""

    names: list[str]


@dataclass(slots=True, eq=False)
class Param(Node):
    """One parameter. `pattern` is set for a destructured one (then `name` is made up and unique in the function).

    `kind` is "normal", "rest" (`*args`, `...args`, Java varargs), "keywords" (`**kwargs`) or "keyword" (keyword-only).
    `decorators` are TypeScript's parameter decorators and Java's annotations.
    `property` marks TypeScript's constructor parameters that become fields (`private readonly x: X`).
    """

    name: str
    default: Expr | None = None
    type: Type | None = None
    decorators: list[Expr] = field(default_factory=list)
    kind: str = "normal"
    pattern: Expr | None = None
    property: bool = False


@dataclass(slots=True, eq=False)
class Function(Node):
    """A function, method, constructor (named as the language writes it: `__init__`, `constructor`, the Java class's
    name) or lambda (name ""). A lambda whose body is one expression has one Return as its body.

    `header_end` is where the signature ends. `modifiers` are words such as "static", "public", "abstract", "get",
    "set", "synchronized". In Python `self`/`cls` is an ordinary first parameter.
    """

    name: str
    params: list[Param]
    body: list[Stmt]
    decorators: list[Expr] = field(default_factory=list)
    returns: Type | None = None
    is_async: bool = False
    is_generator: bool = False
    modifiers: tuple[str, ...] = ()
    header_end: int = 0
    doc: str = ""
    walked: tuple[Node, ...] | None = None
    """What stands in the body, once somebody has walked it (`tree.in_body`)."""
    walked_whole: tuple[Node, ...] | None = None
    walked_kinds: dict[type[Node], tuple[Node, ...]] | None = None


@dataclass(slots=True, eq=False)
class Field(Node):
    """A field of a class, with its declared type, first value and decorators or annotations."""

    name: str
    type: Type | None = None
    value: Expr | None = None
    decorators: list[Expr] = field(default_factory=list)
    modifiers: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Class(Node):
    """A class, interface, enum or record. Python class-level assignments are fields; other class-level statements stay
    in `body`. A Java record's components are fields and the parameters of a constructor. `kind` is "class",
    "interface", "enum" or "record"."""

    name: str
    bases: list[Expr]
    fields: list[Field]
    methods: list[Function]
    classes: list["Class"]
    decorators: list[Expr] = field(default_factory=list)
    kind: str = "class"
    body: list[Stmt] = field(default_factory=list)
    base_types: list[Type] = field(default_factory=list)
    """The bases once more with their type arguments (`JpaRepository<User, Long>`)."""
    modifiers: tuple[str, ...] = ()
    doc: str = ""


@dataclass(slots=True, eq=False)
class Comment(Node):
    """A comment's text without its marks; for suppressions and for `TODO`-like reading."""

    text: str


@dataclass(slots=True, eq=False)
class Module:
    """One file. `package` is Java's package or the empty string. `errors` are the spans that could not be parsed.

    `assumed` are the imports that a piece of code without any is taken to have.
    """

    path: str
    language: str
    source: bytes
    body: list[Stmt]
    package: str = ""
    comments: list[Comment] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    assumed: list[Import] = field(default_factory=list)
    in_part: bool = False
    """Whether a patch shows it, and not all of it."""
