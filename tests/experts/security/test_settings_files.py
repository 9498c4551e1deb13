"""Settings in YAML and JSON that code of JavaScript reads, where they name an algorithm."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

HASHES = (
    "const crypto = require('crypto');\nexports.sign = (text) => crypto.createHash({}).update(text).digest('hex');\n"
)
YAML = "downloads:\n  digest: md5\n  kept: sha256\n"
JSON = '{"downloads": {"digest": "md5", "kept": "sha256"}}'
PARSED = (
    "const { readFileSync } = require('fs');\nconst { join } = require('path');\nconst yaml = require('js-yaml');\n"
)
WEAK = {
    "yaml in a module of its own": {
        "lib/settings.ts": "import { readFileSync } from 'node:fs';\nimport { join } from 'node:path';\n"
        "import yaml from 'js-yaml';\n"
        "interface S { downloads: { digest: string } }\n"
        "export const settings = yaml.load(readFileSync(join(__dirname, 'settings.yaml'), 'utf8')) as S;\n",
        "lib/settings.yaml": YAML,
        "sign.ts": "import { createHash } from 'node:crypto';\nimport { settings } from './lib/settings';\n"
        "export const sign = (text: string) => createHash(settings.downloads.digest).update(text).digest('hex');\n",
    },
    "json by require": {
        "a.js": "const settings = require('./settings.json');\n" + HASHES.format("settings.downloads.digest"),
        "settings.json": JSON,
    },
    "json by parse": {
        "a.js": PARSED
        + "const text = readFileSync(__dirname + '/settings.json', 'utf8');\nconst { downloads } = JSON.parse(text);\n"
        + HASHES.format("downloads.digest"),
        "settings.json": JSON,
    },
    "the package config": {
        "a.js": "const config = require('config');\n" + HASHES.format("config.get('downloads.digest')"),
        "config/default.json": JSON,
    },
    "the file beside it": {
        "a/a.js": "const settings = require('./settings.json');\n" + HASHES.format("settings.downloads.digest"),
        "a/settings.json": JSON,
        "b/settings.json": JSON.replace("md5", "sha512"),
        "b/b.js": "module.exports = require('./settings.json').downloads;\n",
    },
}


def found(folder: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    report = review([folder], select=["SEC222"])
    return [one.code for advice in report.advice for one in advice.findings]


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_algorithm_of_a_file_is_found(tmp_path: Path, name: str) -> None:
    assert found(tmp_path / "app", WEAK[name]) == ["SEC222"]


@pytest.mark.parametrize("name", WEAK)
def test_a_strong_one_is_not(tmp_path: Path, name: str) -> None:
    strong = {file: text.replace("md5", "sha256") for file, text in WEAK[name].items()}
    assert found(tmp_path / "app", strong) == []


def test_a_file_that_is_none_of_settings_costs_nothing(tmp_path: Path) -> None:
    files = {**WEAK["json by require"], "settings.json": "{ not json"}
    assert found(tmp_path / "app", files) == []
