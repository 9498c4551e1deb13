"""The same code gives the same findings in every process, whatever order Python keeps a set of texts in."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """\
import axios from 'axios';

interface Store {
  head(key: string): Promise<unknown>;
}

class Remote implements Store {
  async head(key: string) {
    return axios.get('https://store.example.com/' + key, { timeout: 1000 });
  }
}

class Disk implements Store {
  async head(key: string) {
    return axios.post('https://disk.example.com/' + key, { timeout: 1000 });
  }
}

export class Copies {
  constructor(private readonly store: Remote | Disk) {}

  async both(one: string, other: string) {
    const first = await this.store.head(one);
    const second = await this.store.head(other);
    const third = await this.store.head('x');
    return [first, second, third];
  }
}
"""


def _findings(path: Path, seed: int) -> str:
    path.write_text(f"{CODE}// {seed}\n", "utf-8")  # what is remembered of a file would be told again
    command = [sys.executable, "-m", "backend_advisor", "review", str(path), "--format", "concise", "--exit-zero"]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(
        [*command, "--select", "PERF,SEC"], capture_output=True, text=True, env=environment, check=True, timeout=120
    ).stdout


def test_the_seed_of_the_hash_changes_nothing(tmp_path: Path) -> None:
    assert len({_findings(tmp_path / "copies.ts", seed) for seed in (1, 2, 4, 5)}) == 1
