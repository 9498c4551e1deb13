"""Settings of Spring Boot that open management and debugging."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

OPEN = 'management:\n  endpoints:\n    web:\n      exposure:\n        include: "*"\n'
BAD = {
    "application-prod.yml": (OPEN, [5]),
    "application.yml": ('management.endpoints.web.exposure:\n  include:\n  - "*"\nserver:\n  port: 8080\n', [3]),
    "application.properties": (
        "server.port=8080\nmanagement.endpoints.web.exposure.include=*\nspring.h2.console.enabled=true\n",
        [2, 3],
    ),
    "application-live.yaml": ("server:\n  error:\n    include-stacktrace: always # for now\n", [3]),
    "src/main/resources/application.yml": (f"a: b\n---\nspring.config.activate.on-profile: prod\n{OPEN}", [8]),
}
GOOD = {
    "application-dev.yml": OPEN,
    "application-local.properties": "management.endpoints.web.exposure.include=*\n",
    "src/test/resources/application.yml": OPEN,
    "application-prod.yml": OPEN.replace('"*"', "health,prometheus"),
    "application.yml": (
        f"spring:\n  h2:\n    console:\n      enabled: false\n---\nspring.config.activate.on-profile: local\n{OPEN}"
    ),
    "other.yml": OPEN,
}


def found(folder: Path, name: str, text: str) -> list[int]:
    """The lines on which something is open."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    findings = review([folder], select=("SEC310",)).findings
    return sorted(one.location.span.line for one in findings if one.location.span)


@pytest.mark.parametrize("name", BAD)
def test_what_is_open_is_found(tmp_path: Path, name: str) -> None:
    text, lines = BAD[name]
    assert found(tmp_path / "app", name, text) == lines


@pytest.mark.parametrize("name", GOOD)
def test_profiles_of_developers_and_closed_settings_are_not(tmp_path: Path, name: str) -> None:
    assert found(tmp_path / "app", name, GOOD[name]) == []


def test_folders_above_the_tree_say_nothing(tmp_path: Path) -> None:
    name = "application-prod.yml"
    assert found(tmp_path / "tests" / "app", name, OPEN) == [5]
    (tmp_path / "tests" / "app" / "src" / "test").mkdir(parents=True)
    assert found(tmp_path / "tests" / "app" / "src" / "test", name, OPEN) == [5]
    (tmp_path / "tests" / "app" / ".git").mkdir()
    assert found(tmp_path / "tests" / "app" / "src" / "test", name, OPEN) == []


def test_what_a_sample_opens_is_only_noted(tmp_path: Path) -> None:
    for name in ("samples/one-sample/src/main/resources/application.yml", "server/src/main/resources/application.yml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(OPEN)
    findings = review([tmp_path], select=("SEC310",)).findings
    assert sorted(str(one.confidence) for one in findings) == ["low", "medium"]
