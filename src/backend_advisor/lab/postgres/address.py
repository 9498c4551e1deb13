"""How the lab's server is reached: a Unix socket in its private folder, or where there is none, loopback TCP.

A socket needs no password, since only its folder's owner can open it. A port can be tried by every user of the
machine, so there each server has a random password of its own, checked by SCRAM and known to this process alone.
"""

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHOICE = "ADVISOR_LAB_TCP"
"""Environment variable that asks for TCP where Unix sockets would do."""

SOCKET_PORT = 5432
_LONGEST_PATH = 103
"""Bytes of a socket's path that every system takes."""


@dataclass(frozen=True, slots=True)
class Address:
    """A socket's path, or a port on 127.0.0.1 with the password of every role."""

    port: int
    path: Path | None = None
    password: str | None = None

    def settings(self) -> Mapping[str, str]:
        """The server's settings that make it listen here and nowhere else."""
        if self.path is not None:
            return {"listen_addresses": "", "unix_socket_directories": str(self.path.parent)}
        return {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
        }

    def open(self) -> socket.socket:
        """A connected socket."""
        if self.path is None:
            return socket.create_connection(("127.0.0.1", self.port))
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.connect(str(self.path))
        except OSError:
            opened.close()
            raise
        return opened


def choose_address(folder: Path) -> Address:
    """The address of a server that is about to start with its sockets in this folder."""
    path = folder / f".s.PGSQL.{SOCKET_PORT}"
    asked = os.environ.get(CHOICE, "") not in ("", "0")
    if hasattr(socket, "AF_UNIX") and os.name == "posix" and not asked and len(os.fsencode(path)) <= _LONGEST_PATH:
        return Address(SOCKET_PORT, path)
    return Address(_free_port(), password=secrets.token_urlsafe(32))


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
