"""Short questions to a part: are you there, are you ready. Each answers within a second or two."""

import http.client
import socket
from collections.abc import Callable

from deploy.local.ports import LOOPBACK

Probe = Callable[[], bool]
_PATIENCE = 2.0


def http_ok(port: int, path: str) -> Probe:
    """Whether a GET is answered with 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PATIENCE)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def listens(port: int) -> Probe:
    """Whether something takes connections."""

    def probe() -> bool:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=_PATIENCE):
                return True
        except OSError:
            return False

    return probe


def both(first: Probe, second: Probe) -> Probe:
    """The second question is asked only if the first one was answered with yes."""
    return lambda: first() and second()
