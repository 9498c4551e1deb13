"""What a file of a tree is by its place and name, for those who read no code as well."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

from backend_advisor.model import Artifact

_TEST = re.compile(
    r"(?:^|/)(?:(?:[\w.]+[-_])?tests?(?:[-_](?:e2e|env(?:ironment)?s?|helpers?|support|resources?))?|__tests__|specs?|e2e|playwright|cypress|testing|(?:test[-_])?_{0,2}fixtures_{0,2}|__mocks__|testdata|test-?utils|"
    r"load[-_]?tests?)/"
    r"|(?:^|/)(?:test[-_][^/]*|[^/]*_test(?:ing|s)?|conftest)\.py$|\.(?:test|spec|e2e-spec)\.[cm]?[jt]sx?$"
    r"|(?:^|/)(?:settings|config|conf)[/_](?:(?:\w+_)?tests?(?:ing)?|ci)\.(?:py|[cm]?[jt]s)$"
    r"|(?:^|/)(?:tests?|fixtures?|mocks?)\.[cm]?[jt]sx?$"
    r"|(?:^|/)(?:fake|mock|stub)-[\w.-]+\.[cm]?[jt]sx?$"
    r"|(?:^|/)(?:(?:vitest|jest)[\w.-]*|setup-?[tT]ests?|test-?[sS]etup)\.[cm]?[jt]sx?$|(?:Tests?|IT|TestCase)\.java$"
)


_SAMPLE = re.compile(r"(?:^|/)(?:[\w.]+-)*(?:samples?|examples?)(?:-[\w.-]+)?/")


@lru_cache(maxsize=100_000)
def is_sample(path: str) -> bool:
    """Whether a file belongs to a program that only shows how another is used, by the folders above its sources."""
    return _SAMPLE.search(re.split(r"(?:^|/)src/", path, maxsplit=1)[0] + "/") is not None


@lru_cache(maxsize=100_000)
def is_test(path: str) -> bool:
    """Whether a file holds tests, by its place and name."""
    return _TEST.search(path) is not None


def places_in_tree(artifacts: Sequence[Artifact]) -> dict[str, Artifact]:
    """The artifacts by their path below the folder that holds them all; a package of Python keeps its name, by which
    its files import each other."""
    parts = {artifact.name: PurePath(artifact.name.replace("\\", "/")).parts for artifact in artifacts}
    shared = 0
    folders = [path[:-1] for path in parts.values()]
    packages = {path[:-1] for path in parts.values() if path[-1] == "__init__.py"}
    while folders and all(len(path) > shared and path[shared] == folders[0][shared] for path in folders):
        if folders[0][: shared + 1] in packages and not is_test(f"{folders[0][shared]}/"):
            break
        shared += 1
    return {"/".join(parts[artifact.name][shared:]): artifact for artifact in artifacts}
