"""Runs a server for as long as its parent lives. A program of its own: standard library only, no package imports.

Standard input is a pipe from the parent. When it closes, whether the parent finished, crashed or was killed, the
server is stopped and its folder removed. What is printed: `started` once the server process runs, or an error.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any

STOP_SECONDS = 5


def main() -> int:
    """Read the order from the command line, keep the server, clean up."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop_waiting)
    server: subprocess.Popen[bytes] | None = None
    ending = threading.Event()
    try:
        server = _start(order)
        print("started", flush=True)
        threading.Thread(target=_end_with, args=(server, order, ending), daemon=True).start()
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    except (OSError, subprocess.SubprocessError) as error:
        print(error, flush=True)
    finally:
        ending.set()
        if server is not None:
            _stop(server, order)
        shutil.rmtree(order["folder"], ignore_errors=True)
    return 0


def _end_with(server: "subprocess.Popen[bytes]", order: dict[str, Any], ending: threading.Event) -> None:
    """Where the server ends by itself, say why and end too, so that the parent need not wait for nothing."""
    server.wait()
    if not ending.is_set():
        print(_tail(_log(order)), flush=True)
        os.kill(os.getpid(), signal.SIGTERM)


def _stop_waiting(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _start(order: dict[str, Any]) -> "subprocess.Popen[bytes]":
    log = _log(order)
    with open(log, "ab") as output:  # noqa: PTH123
        common: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": output,
            "stderr": output,
            "cwd": order["folder"],
            "env": _environment(order),
            **_identity(order),
        }
        try:
            made = subprocess.run(order["initdb"], check=False, timeout=120, **common)
        finally:
            if order["secret"] is not None:
                os.remove(order["secret"])  # noqa: PTH107
        if made.returncode != 0:
            raise OSError(_tail(log))
        _cap_memory(order["memory"])
        return subprocess.Popen(order["postgres"], **common)


def _cap_memory(most: int) -> None:
    """Bound the address space of the server, which inherits it; a root without all rights cannot set it afterwards."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        return


def _environment(order: dict[str, Any]) -> dict[str, str]:
    if os.name != "posix":
        # Windows opens no network without variables of its own.
        return {**os.environ, "TZ": "UTC"}
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": order["locale"], "HOME": order["folder"], "TZ": "UTC"}


def _identity(order: dict[str, Any]) -> dict[str, Any]:
    """Whom the server runs as; only POSIX systems know these."""
    if os.name != "posix":
        return {}
    who = {"user": order["user"], "group": order["group"], "extra_groups": []} if order["user"] is not None else {}
    return {"umask": 0o077, **who}


def _log(order: dict[str, Any]) -> str:
    return os.path.join(order["folder"], "server.log")  # noqa: PTH118 (keeps this program's start quick)


def _tail(path: str) -> str:
    with open(path, "rb") as log:  # noqa: PTH123
        lines = log.read().decode("utf-8", "replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "initdb failed"


def _stop(server: "subprocess.Popen[bytes]", order: dict[str, Any]) -> None:
    if hasattr(signal, "SIGQUIT"):
        server.send_signal(signal.SIGQUIT)
    else:
        data = os.path.join(order["folder"], "data")  # noqa: PTH118
        subprocess.run([order["pg_ctl"], "stop", "-D", data, "-m", "immediate"], check=False, timeout=STOP_SECONDS)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
