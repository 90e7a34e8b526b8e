"""B12: after the other journeys, the stores of all five services are what their topics say."""

from __future__ import annotations

from cli.replay.report import Report
from cli.replay.running import REBUILDS, Asked, Watch, replay
from tests.conftest import until
from tests.system import System


async def _replayed(system: System) -> Report:
    own = system.state.user("auditor")
    asked = Asked(
        system.state, tuple(REBUILDS), None, (own / "scratch-uri").read_text(), (own / "mongo-uri").read_text())
    return await replay(asked, Watch(lambda _: None, lambda _: None))


async def test_b12_every_store_of_a_running_system_is_what_its_topics_say(system: System) -> None:
    found: list[Report] = []

    async def equal() -> bool:
        found[:] = [await _replayed(system)]
        return found[0].equal

    def unlike() -> str:
        return "; ".join(
            f"{service.service}.{one.name} {one.rows.examples}" for service in found[0].services
            for one in service.collections if one.rows and not one.alike) + str([
                (figure.service, figure.name) for figure in found[0].figures if not figure.alike])

    # Until the last events of the journeys before have reached everybody.
    await until(equal, told=unlike)
    staff = next(one for one in found[0].services[-1].collections if one.name == "staff")
    assert staff.rows is not None and staff.rows.equal > 0
    assert not [service.refused for service in found[0].services if service.refused]
    assert not [one.name for service in found[0].services for one in service.collections
                if one.rows and one.rows.undeclared]
