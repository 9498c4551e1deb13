"""What is true but not worth a reviewer's time stays a note: each case is a class found in healthy backends."""

import pytest

from backend_advisor import knowledge
from backend_advisor.code.program import is_test
from backend_advisor.code.reading import read_code
from backend_advisor.knowledge.detection import Failures
from backend_advisor.model import Artifact, ArtifactKind, Confidence
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.running import matches
from tests.rules import test_examples  # noqa: F401 (it loads the detectors)

_KINDS = {
    "py": ArtifactKind.PYTHON,
    "ts": ArtifactKind.TYPESCRIPT,
    "js": ArtifactKind.JAVASCRIPT,
    "java": ArtifactKind.JAVA,
}


def told(code: str, **files: str) -> list[Confidence]:
    """How sure a rule is of each of its findings in some files; the last part of a name is its suffix."""
    artifacts = tuple(
        Artifact(name=_path(name), kind=_KINDS[name.rpartition("_")[2]], text=text, origin="file")
        for name, text in files.items()
    )
    reading = read_code(artifacts)
    places, known = Places(reading.artifacts), knowledge.load()
    playbook = next(one for one in known.playbooks.values() if one.code == code)
    return [
        match.confidence or playbook.confidence
        for analysis in reading.analyses
        for rule, match in matches(CodeContext(analysis, places), known, playbook.expert, Failures())
        if rule.code == code
    ]


def _path(name: str) -> str:
    stem, _, suffix = name.rpartition("_")
    return f"{stem.replace('__', '/')}.{suffix}"


def worth(code: str, **files: str) -> int:
    """How many findings are told when notes are left out."""
    return sum(confidence != Confidence.LOW for confidence in told(code, **files))


_GUARDS = "def check(a):\n" + "".join(f"    if a.x{n} and a.y{n}:\n        raise ValueError\n" for n in range(25))
_FLASK = "from flask import Flask, redirect, request\nimport settings\napp = Flask(__name__)\n\n\n"


def test_guards_at_the_door_make_no_function_hard() -> None:
    assert told("QUA101", a_py=_GUARDS) == [Confidence.LOW]


def test_values_that_callers_name_are_not_mixed_up() -> None:
    params = ", ".join(f"p{n}" for n in range(11))
    given = ", ".join(f"p{n}={n}" for n in range(11))
    assert worth("QUA104", a_py=f"def f({params}):\n    return p0\n") == 1
    assert worth("QUA104", a_py=f"def f({params}):\n    return p0\n\n\nf({given})\n") == 0


@pytest.mark.parametrize(
    "body",
    [
        'return redirect(settings.BASE_URL + "/sso/" + request.args["slug"])',
        'return redirect(f"{settings.BASE_URL}{request.args["path"]}")'.replace('"path"', "'path'"),
        'return redirect(records.find_one(request.args["id"]).address)',
        'return redirect(get_safe_url(request.args["next"]))',
        'return redirect(request.headers["X-Base"])',
    ],
)
def test_redirects_whose_host_the_client_does_not_choose(body: str) -> None:
    helper = "def get_safe_url(url):\n    for host in settings.HOSTS:\n        url = url\n    return url\n\n\n"
    source = f'{_FLASK}{helper}@app.get("/go")\ndef go():\n    {body}\n'
    assert worth("SEC214", a_py=source) == 0


def test_a_redirect_that_the_client_chooses() -> None:
    source = f'{_FLASK}@app.get("/go")\ndef go():\n    return redirect(request.args["next"])\n'
    assert worth("SEC214", a_py=source) == 1


def test_a_hash_that_protects_nothing() -> None:
    source = "import hashlib\n\n\ndef etag(body):\n    return hashlib.md5(body).hexdigest()\n"
    assert told("SEC222", a_py=source) == [Confidence.LOW]
    assert worth("SEC222", a_py=source.replace("etag", "sign_token")) == 1


@pytest.mark.parametrize(
    "line",
    [
        'LEAKED_TOKEN = "leaked_token"',
        'CONNECTION_PASSWORD = "connection.password"',
        'MODULE_TOKEN = "{module}"',
        'ACCESS_TOKEN = "token_abc123"',
        'SECRET_KEY = "abcdefghijklmnopqrstuvwxyz0123456789"',
    ],
)
def test_names_and_placeholders_are_no_secrets(line: str) -> None:
    assert worth("SEC301", a_py=line + "\n") == 0


def test_koa_sets_its_cookies_safely_by_itself() -> None:
    source = "import Koa, { Context } from 'koa';\nconst app = new Koa();\n"
    source += "app.use(async (ctx: Context) => { ctx.cookies.set('session', 'a', {}); });\n"
    assert worth("SEC224", a_ts=source) == worth("SEC229", a_ts=source) == 0
    assert worth("SEC224", a_ts=source.replace("{}); }", "{ secure: false }); }")) == 1


_CONTAINED = """import java.io.*;
import java.util.zip.*;

class Unpack {
    void one(File dir, ZipEntry entry) throws IOException {
        File file = new File(dir, entry.getName());
        if (!file.toPath().normalize().startsWith(dir.toPath().normalize())) {
            throw new IOException("outside");
        }
        new FileOutputStream(file).close();
    }
}
"""


def test_a_folder_that_the_caller_gives_contains_what_is_checked_against_it() -> None:
    assert worth("SEC211", Unpack_java=_CONTAINED) == 0
    assert worth("SEC211", Unpack_java=_CONTAINED.replace("if (!file", "if (file")) == 1


_SAVES = """from django.db import models


class Book(models.Model):
    def save(self, *args, **kwargs):
        self.slug = self.title
        super().save(*args, **kwargs)


def rename(ids, title):
    for book in Book.objects.filter(id__in=ids):
        book.title = title
        book.save()
"""


def test_models_that_look_after_themselves_are_saved_one_by_one() -> None:
    assert worth("PERF203", a_py=_SAVES) == 0


def test_one_loop_is_told_once() -> None:
    source = "import sqlite3\n\n\ndef f(db: sqlite3.Connection, ids):\n    for one in ids:\n"
    source += '        db.execute("SELECT a FROM t WHERE id = ?", (one,))\n' * 3
    assert sorted(told("PERF201", a_py=source)) == [Confidence.HIGH, Confidence.LOW, Confidence.LOW]


@pytest.mark.parametrize(
    ("path", "apart"),
    [
        ("core/framework/src/http/__fixtures__/route.ts", True),
        ("netbox/configuration_testing.py", True),
        ("server/load_tests/locust.py", True),
        ("app/testimonials.py", False),
        ("app/contest/views.py", False),
    ],
)
def test_what_is_there_for_tests(path: str, apart: bool) -> None:
    assert is_test(path) is apart
