"""A replica of intake as a process of its own, to be paused: `python -m tests.faults.relay_process`."""

from __future__ import annotations

import asyncio

from shared.platform.service import Service
from shared.platform.settings import Settings


async def main() -> None:
    """Runs until it is killed."""
    service = Service(Settings())  # type: ignore[call-arg]  # from the environment
    await service.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
