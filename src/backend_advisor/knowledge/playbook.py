"""One page of knowledge on one problem, in two languages, as it is after loading and checking."""

from dataclasses import dataclass

import msgspec

from backend_advisor.model import Code, Confidence, ExpertName, Language, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnologyCode(Code):
    """Code that belongs to some technologies only; shown to everyone when `technologies` is empty."""

    technologies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookStep:
    """One step of a solution; only for askers who use one of `technologies`, when that is not empty."""

    text: str
    code: tuple[TechnologyCode, ...] = ()
    technologies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A bad or good example, which is also a test. `lines` are those marked as bad, from 1."""

    kind: str
    text: str
    bad: bool
    dialect: str | None = None
    lines: tuple[int, ...] = ()


class EditRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a call is changed so that its finding goes away, in one language.

    `set` names an argument as roles do (`timeout`, `1|Loader`, `2.secure`, `0`) and `value` is its new source text, in
    which `{module}` is what stands before the function's name; the argument is added when it is missing. `rename` gives
    the called function another last name. `remove` takes an argument away. `names` is a pattern for the qualified names
    of the calls that are changed so; all when it is empty. A `safe` change keeps the meaning of healthy input; others
    are only shown.
    """

    names: str = ""
    set: str = ""
    value: str = ""
    rename: str = ""
    remove: str = ""
    safe: bool = False


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sources": "from", "sinks": "to"}):
    """A detector of source code as data: a flow of data, or a call that performs an act.

    A flow has `from` and `to` (roles of sources and sinks). A call has `call` (an act) and conditions on the properties
    that roles name: `where` (every constant that it can be matches the pattern), `unless` (known and matching: no
    finding), `missing` (not given), `given` (given). `names` is a pattern for the called function's qualified name,
    `loop` and `awaiting` (in an asynchronous function, without `await`) say where it stands. `once`: what is mended in
    one place of a file for all of them, so that those after the first are of low confidence.
    """

    sources: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    call: str = ""
    where: dict[str, str] = {}
    unless: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    names: str = ""
    loop: bool | None = None
    in_async: bool | None = None
    awaited: bool | None = None
    once: bool = False
    confidence: Confidence | None = None
    edits: dict[str, EditRule] = {}
    """By language; `javascript` is also for TypeScript."""
    binds: bool = False
    """Whether values that a flow brings into SQL can be turned into bound parameters."""


class FigureInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which figure of a case is an input: its base unit, what it is about and its role (any when empty).

    `text` is a pattern of its own words; `near` and `apart` are patterns that its clause holds, and does not; `plus` is
    added to the value: three retries are four attempts. `beyond`: of a percentile the share above it, 1 % of a p99.
    """

    unit: str
    about: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    text: str = ""
    near: str = ""
    apart: str = ""
    plus: int = 0
    beyond: bool = False
    optional: bool = False


class Calculates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calculator that a page's advice uses when the case states its inputs; `given` are inputs that the page sets."""

    calculator: str
    inputs: dict[str, FigureInput]
    given: dict[str, float] = {}


class Applies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bound of the law or of a product makes of a figure that the case states, in both languages.

    `{figure}` in the texts is the figure as the asker wrote it.
    """

    figure: FigureInput
    at_least: float
    reached: dict[Language, str]
    below: dict[Language, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The text of a playbook in one language. Citations stay as `[@source-id]` until an advice numbers them."""

    title: str
    message: str | None
    fix: str | None
    steps: dict[str, str]
    symptoms: tuple[str, ...]
    keywords: tuple[str, ...]
    root_cause: str
    diagnosis: str
    solution: tuple[PlaybookStep, ...]
    best_practices: tuple[str, ...]
    monitoring: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A problem, by its stable code. It is a rule when its pages carry a message for a detector's finding."""

    code: str
    name: str
    expert: ExpertName
    severity: Severity
    confidence: Confidence
    technologies: tuple[str, ...]
    cause: str
    cwe: tuple[int, ...]
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    sources: tuple[str, ...]
    reviewed: str
    pages: dict[Language, Page]
    examples: tuple[Example, ...]
    detects: tuple[Declaration, ...] = ()
    calculates: tuple[Calculates, ...] = ()
    applies: tuple[Applies, ...] = ()
    consulted: tuple[str, ...] = ()
    """Which of the sources were read on the day of the review."""

    @property
    def is_rule(self) -> bool:
        """Whether a detector reports it."""
        return self.pages["en"].message is not None
