"""Java's `StringJoiner`: a text whose parts stand between separators."""

from backend_advisor.code.assignment import write_back
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.values import UNKNOWN, Value, all_taints, constant, joined_text, known_text

_TYPE = "java.util.StringJoiner"
_BETWEEN, _BEFORE, _AFTER = "(between)", "(before)", "(after)"


def joiner(site: Site) -> Value:
    """`new StringJoiner(between)`, `new StringJoiner(between, before, after)`."""
    given = [*site.args, *[constant("")] * 3]
    fields: dict[str | int, Value] = dict(zip((_BETWEEN, _BEFORE, _AFTER), given, strict=False))
    taints = merge_taints(*(all_taints(one, 1) for one in site.args))
    return Value(taints, types=frozenset({_TYPE}), fields=fields, text=())


def joined_by(run: Run, site: Site, receiver: Value) -> Value | None:
    """A part more, or the text so far."""
    held = receiver.fields or {}
    if site.name == "add" and len(site.args) == 1:
        between = known_text(held.get(_BETWEEN, UNKNOWN)) if receiver.text else ()
        text = joined_text((receiver.text if receiver.text is not None else (None,), between, known_text(site.args[0])))
        taints = merge_taints(receiver.taints, all_taints(site.args[0], 2))
        made = receiver.but(taints=taints, text=text)
        if site.receiver_expr is not None:
            place = site.receiver_expr
            while hasattr(place, "func") and hasattr(place.func, "value"):
                place = place.func.value  # `joiner.add(a).add(b)`
            write_back(run, place, made, site.env)
        return made
    if site.name == "toString":
        parts = (known_text(held.get(_BEFORE, UNKNOWN)), receiver.text or (), known_text(held.get(_AFTER, UNKNOWN)))
        return Value(receiver.taints, types=frozenset({"str"}), text=joined_text(parts))
    return None
