"""The templates of a tree, found by the names that code renders them under."""

from collections.abc import Iterable, Iterator

from backend_advisor.code.template_languages import ENGINES, Output, Template
from backend_advisor.paths import last_part, suffix_of


class Templates:
    """The templates of a tree."""

    def __init__(self, templates: Iterable[Template] = (), *, escapes: bool = True) -> None:
        self.all = tuple(templates)
        self.escapes = escapes
        self._by_stem: dict[str, list[Template]] = {}
        for one in self.all:
            self._by_stem.setdefault(_stem(one.path), []).append(one)

    def named(self, name: str, near: str) -> Template | None:
        """The template of a name, the one nearest to a file when there are several."""
        wanted = name.replace("\\", "/").removeprefix("classpath:").strip("/").removeprefix("./")
        while wanted.startswith("../"):
            wanted = wanted[3:]
        if not wanted:
            return None
        bare = wanted if suffix_of(wanted).lower() not in ENGINES else wanted[: -len(suffix_of(wanted))]
        fitting = [one for one in self._by_stem.get(_stem(wanted), ()) if _fits(one.path, wanted, bare)]
        return max(fitting, key=lambda one: (_shared(one.path, near), -len(one.path)), default=None)

    def printed(self, name: str, near: str) -> Iterator[tuple[Template, Output]]:
        """What is printed as it is by a template and those that it is put together with."""
        waiting = [(name, near)]
        seen: set[str] = set()
        while waiting and len(seen) < 12:
            one = self.named(*waiting.pop(0))
            if one is not None and one.path not in seen:
                seen.add(one.path)
                yield from ((one, output) for output in one.outputs)
                waiting += [(other, one.path) for other in one.others]


def _stem(path: str) -> str:
    name, suffix = last_part(path), suffix_of(path)
    return (name.removesuffix(suffix) if suffix.lower() in ENGINES else name).lower().removeprefix("_")


def _fits(path: str, wanted: str, bare: str) -> bool:
    without = path[: -len(suffix_of(path))]
    if f"/{path}".endswith(f"/{wanted}"):
        return True
    exact = bare != wanted
    return not exact and f"/{without}".endswith(f"/{bare}")


def _shared(path: str, near: str) -> int:
    count = 0
    for one, other in zip(path.split("/")[:-1], near.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count
