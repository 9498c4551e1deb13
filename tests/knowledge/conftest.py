"""A small package folder with one good playbook, which tests break in one place at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend_advisor.knowledge import load

ENGLISH = """\
---
code: DB901
title: A query locks two rows in the opposite order
severity: warning
confidence: high
technologies: [postgresql]
message: "{first} is locked before {second}"
fix: "Lock {first} first"
steps:
  enters: "{first} enters"
cause: DB901
cwe: [833]
aliases: [lock-order]
related: []
reviewed: 2026-11-23
symptoms:
  - "ERROR: deadlock detected"
keywords: [deadlock, lock order]
---
## Root cause
Two sessions wait for each other [@pg-locks].

## Diagnosis
```sql
SELECT * FROM pg_locks;
```

## Solution
1. Lock in one order.

   It holds for `{braces}` too.
   ```sql
   SELECT 1 FOR UPDATE;
   ```
2. `{nestjs, express}` Retry the transaction.
   ```javascript for=express,nestjs
   retry();
   ```

## Best practices
- Keep transactions short.
- Retry on 40P01.

## Monitor
- `pg_stat_database.deadlocks` above 0 an hour.

## Sources
- [@pg-locks] how deadlocks are found.

## Examples
### Bad
```sql dialect=mysql
SELECT 1;
UPDATE b SET x = 1; -- DB901
```
### Good
```sql
UPDATE a SET x = 1;
```
"""
KOREAN = """\
---
title: 쿼리가 두 행을 반대 순서로 잠급니다
message: "{first:이/가} {second}보다 먼저 잠깁니다"
fix: "{first:을/를} 먼저 잠급니다"
steps:
  enters: "{first:이/가} 들어옵니다"
symptoms:
  - 데드락이 자꾸 발생합니다
keywords: [데드락, 교착 상태]
---
## 근본 원인
두 세션이 서로를 기다립니다 [@pg-locks].

## 진단
잠금을 조회합니다.

## 해결
1. 같은 순서로 잠급니다.
2. 트랜잭션을 다시 시도합니다.

## 모범 사례
- 트랜잭션을 짧게 유지합니다.

## 모니터링
- 데드락 수를 봅니다.

## 출처
- [@pg-locks] 데드락을 찾는 방법.
"""
SOURCES = """\
pg-locks:
  publisher: PostgreSQL Global Development Group
  title: PostgreSQL 18 Documentation
  section: 13.3.4 Deadlocks
  url: https://www.postgresql.org/docs/18/explicit-locking.html
  edition: 18
  date: 2026-11-23
"""
TECHNOLOGIES = """\
category: database
technologies:
  postgresql: {name: PostgreSQL}
  mysql: {name: MySQL}
  express: {name: Express}
  nestjs: {name: NestJS}
"""
GLOSSARY = """\
- {en: [deadlock, lock cycle], ko: [데드락, 교착 상태]}
- {en: [lock], ko: [락, 잠금]}
"""

FILES = {
    "experts/database/playbooks/opposite-locks.md": ENGLISH,
    "experts/database/playbooks/opposite-locks.ko.md": KOREAN,
    "knowledge/sources/postgresql.yaml": SOURCES,
    "knowledge/glossary/database.yaml": GLOSSARY,
    "intake/technologies/databases.yaml": TECHNOLOGIES,
}
EN, KO = list(FILES)[:2]
SOURCE, TERMS = list(FILES)[2:4]

Package = Callable[..., Path]


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """Writes the package folder, with some files replaced or (None) left out, and gives its path."""

    def write(changes: dict[str, str | None] | None = None) -> Path:
        for name, text in {**FILES, **(changes or {})}.items():
            if text is not None:
                path = tmp_path / "package" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        return tmp_path / "package"

    return write


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of the test's own, and nothing kept in the process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    load.cache_clear()
    yield tmp_path / "cache"
    load.cache_clear()
