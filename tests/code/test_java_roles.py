"""The roles of Java's frameworks: each file is read, and each type that it names is known."""

from importlib import resources

import pytest

from backend_advisor import code
from backend_advisor.code.roles import Roles, read_roles, roles_for
from backend_advisor.plain_yaml import load_plain_yaml

_FOLDER = resources.files(code).joinpath("roles", "java")
FILES = sorted(one.name for one in _FOLDER.iterdir() if one.name.endswith(".yaml"))


@pytest.fixture(scope="module")
def everything() -> dict[str, Roles]:
    return {name: read_roles(load_plain_yaml(_FOLDER.joinpath(name).read_text("utf-8")), name) for name in FILES}


def _known(all_roles: dict[str, Roles]) -> set[str]:
    found: set[str] = set()
    for roles in all_roles.values():
        found |= roles.bases.keys() | roles.calls.keys()
        found |= {name.rpartition(".")[0] for name in (*roles.calls, *roles.values)}
    return found


@pytest.mark.parametrize("name", FILES)
def test_types_are_known(name: str, everything: dict[str, Roles]) -> None:
    known = _known(everything)
    roles = everything[name]
    named = {role.returns.type for role in roles.calls.values() if role.returns is not None and role.returns.type}
    named |= {value.type for value in roles.values.values() if value.type}
    named |= {base for bases in roles.bases.values() for base in bases}
    named |= {kind for role in roles.classes.values() for _, kinds in role.methods for kind in kinds}
    named = {kind for kind in named if not kind.startswith("source:")}
    assert named - known == set()


@pytest.mark.parametrize("name", FILES)
def test_no_name_stands_twice(name: str) -> None:
    lines = _FOLDER.joinpath(name).read_text("utf-8").split("\n")
    seen: set[tuple[str, str]] = set()
    section = ""
    for line in lines:
        if line[:1].isalpha():
            section = line.partition(":")[0]
        elif section in ("calls", "decorators", "types", "values", "parameters") and line[2:3] not in ("", " ", "#"):
            for one in line[2:].partition(": {")[0].removesuffix(":").split(", "):
                assert (section, one) not in seen, one
                seen.add((section, one))


def test_the_jdk_is_always_there() -> None:
    roles = roles_for("java", ())
    assert roles.method("java.io.FileInputStream", "close") is not None
    assert roles.method("jakarta.servlet.http.HttpServletRequest", "getParameter") is not None
    assert "org.springframework.web.client.RestTemplate" not in roles.bases
