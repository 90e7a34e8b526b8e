"""Logs: one line an entry, with the level and the module; never what a person typed."""

from __future__ import annotations

import logging


def set_up(level: str) -> None:
    """Logs to standard error; libraries only from warnings on."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    for name in ("aiokafka", "pymongo", "faust", "asyncio", "httpx", "uvicorn.access", "kafka"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # These say at warning level what is settled by a retry a moment later.
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.ERROR)
