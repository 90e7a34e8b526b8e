"""The load: posts prepared bodies over kept connections and writes down each answer. Its own process, and cheap.

`python -m bench.load PORTS BODIES ANSWERS --connections N --seconds S [--rate R] [--patience S]`

Without a rate each connection sends its next request when the last was answered: the most that the server can do.
With one, requests are due at fixed times, and what waits for a free connection counts as the server's delay.
BODIES holds a path, then a body a line; ANSWERS gets a line for each 201: when it came, in seconds, and its body.
Prints one JSON line, which tells apart who was turned away (503), after how long and with which `Retry-After`.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import select
import socket
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE_SECONDS = 20.0
"""After the last request: what is not answered by then counts as never answered."""


@dataclass
class Result:
    """What was measured; latencies in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    retry_after: list[int] = field(default_factory=list)
    unanswered: int = 0
    seconds: float = 0.0
    unsent: bool = False

    def summary(self) -> dict[str, object]:
        """As one JSON line says it."""
        taken = self.statuses[201]
        return {
            "taken": taken, "statuses": dict(self.statuses), "seconds": round(self.seconds, 3),
            "rate": round(taken / self.seconds, 1), "unsent": self.unsent,
            **_spread(self.latencies), "unanswered": self.unanswered, "refusals": _spread(self.refusals),
            "retry_after": [min(self.retry_after, default=0), max(self.retry_after, default=0)],
        }


def _spread(latencies: list[float]) -> dict[str, float]:
    if not latencies:
        return {}
    ordered = sorted(latencies)
    return {**{f"p{part}_ms": round(1000 * ordered[int(len(ordered) * part / 100)], 1) for part in (50, 90, 99)},
            "max_ms": round(1000 * ordered[-1], 1)}


class Load:
    """Connections to `ports` in turn, and what is sent on them."""

    def __init__(self, ports: list[int], path: str, bodies: list[bytes], connections: int) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: ".encode()
        self._requests = deque(b"%s%d\r\n\r\n%s" % (head, len(body), body) for body in bodies)
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._sent_at: dict[int, float] = {}
        self._read: dict[int, bytes] = {}
        self._free: deque[int] = deque()
        for number in range(connections):
            one = socket.create_connection((HOST, ports[number % len(ports)]))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[one.fileno()] = one
            self._poll.register(one, select.EPOLLIN)
            self._free.append(one.fileno())
        self.result = Result()

    def run(self, seconds: float, rate: float | None, patience: float = PATIENCE_SECONDS) -> Result:
        """Sends for so many seconds, and waits for what is under way."""
        gc.disable()
        began = time.perf_counter()
        end, due = began + seconds, began
        while (now := time.perf_counter()) < end:
            while self._free and (rate is None or due <= now):
                if not self._requests:
                    self.result.unsent = True
                    end = now
                    break
                self._send(due if rate else now)
                due += 1 / rate if rate else 0
            self._receive(max(0.0, min(due - now, 0.05)) if rate and self._free else 0.05)
        self.result.seconds = time.perf_counter() - began
        while self._sent_at and time.perf_counter() < end + patience:
            self._receive(0.05)
        self.result.unanswered = len(self._sent_at)
        return self.result

    def _send(self, counted_from: float) -> None:
        number = self._free.popleft()
        self._sent_at[number] = counted_from
        self._sockets[number].sendall(self._requests.popleft())

    def _receive(self, wait: float) -> None:
        for number, _ in self._poll.poll(wait):
            data = self._read.pop(number, b"") + self._sockets[number].recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if not length or len(body) < int(length):
                if not data:
                    raise SystemExit("a connection was closed by the server")
                self._read[number] = data
                continue
            self._note(int(data[9:12]), head, body, time.perf_counter() - self._sent_at.pop(number))
            self._free.append(number)

    def _note(self, status: int, head: bytes, body: bytes, took: float) -> None:
        self.result.statuses[status] += 1
        if status == 503:
            self.result.refusals.append(took)
            self.result.retry_after.append(int(head.lower().partition(b"retry-after: ")[2].partition(b"\r\n")[0] or 0))
            return
        self.result.latencies.append(took)
        if status == 201:
            self.result.answers.append(b"%.6f %s\n" % (time.time(), body))


def main() -> None:
    """Sends, and prints what was measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("ports")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS)
    asked = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    path, *bodies = asked.bodies.read_bytes().splitlines()
    load = Load([int(port) for port in asked.ports.split(",")], path.decode(), bodies, asked.connections)
    result = load.run(asked.seconds, asked.rate, asked.patience)
    with asked.answers.open("ab") as file:
        file.writelines(result.answers)
    print(json.dumps(result.summary()))


if __name__ == "__main__":
    main()
