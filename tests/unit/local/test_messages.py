"""What stands in the way is said in a paragraph that tells what to do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import jars, preflight
from deploy.local.errors import StackError
from deploy.local.outside import Outside
from deploy.local.ports import Ports, free_base, refuse_taken
from deploy.local.state import State


def test_a_taken_port_is_named_with_its_holder_and_a_way_out() -> None:
    ports = Ports(free_base(21_000))
    with socket.create_server(("127.0.0.1", ports.of("kafka"))), pytest.raises(StackError) as refused:
        refuse_taken(ports, ["mongo", "kafka"])
    message = str(refused.value)
    assert f"{ports.of('kafka')} (kafka)" in message
    assert f"pid {os.getpid()}" in message
    assert "--port-base" in message
    assert "mongo" not in message


def test_free_ports_are_no_obstacle() -> None:
    refuse_taken(Ports(free_base(21_000)), ["mongo", "kafka"])


def test_whoever_looks_next_gets_other_ports_also_before_the_first_uses_them() -> None:
    mine = {free_base(21_000), free_base(21_000)}
    code = "from deploy.local.ports import free_base; print(free_base(21_000))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len({*mine, int(other.stdout)}) == 3


def test_no_two_parts_share_a_port() -> None:
    names = ["start", "intake", "lottery", "lottery.live", "notifier", "checkin", "checkin.live", "retention",
             "retention.live", "mail", "smtp", "zipkin", "kafka", "controller", "mongo"]  # fmt: skip
    assert len({Ports(8700).of(name) for name in names}) == len(names)


@pytest.mark.parametrize("base", [80, 65_500])
def test_a_base_without_room_is_refused(base: int) -> None:
    with pytest.raises(StackError, match="port base"):
        Ports(base)


def test_an_old_python_is_refused() -> None:
    with pytest.raises(StackError, match=r"needs Python 3\.11 or later"):
        preflight.check_python((3, 9, 2))


@pytest.mark.parametrize(
    "where", [("darwin", "arm64", ""), ("linux", "aarch64", "glibc"), ("linux", "x86_64", ""), ("win32", "AMD64", "")]
)
def test_a_platform_without_mongod_is_told_what_to_point_to(where: tuple[str, str, str]) -> None:
    with pytest.raises(StackError, match="KUJIBIKI_MONGO_URI_ADMIN"):
        preflight.check_platform(*where)


def test_missing_libraries_are_named_with_their_packages() -> None:
    def load(name: str) -> object:
        if name == "libcurl.so.4":
            raise OSError(name)
        return object()

    with pytest.raises(StackError, match=r"libcurl\.so\.4.*apt install libcurl4`"):
        preflight.check_libraries(load)


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="--state"):
        preflight.check_disk(tmp_path, least=1 << 60)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="cannot be written"):
        State(tmp_path / "file" / "state").create()


def test_without_network_the_first_set_up_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(_: str) -> list[Path]:
        raise ConnectionError("no route to host")

    monkeypatch.setenv("KUJIBIKI_CACHE", str(tmp_path))
    monkeypatch.setattr(jars, "_environment", no_network)
    with pytest.raises(StackError, match=r"kujibiki setup.*KUJIBIKI_KAFKA_BOOTSTRAP"):
        jars.provide(jars.KAFKA, lambda _: None)


def test_jars_in_the_cache_need_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "kafka.jar"
    jar.touch()
    monkeypatch.setenv("KUJIBIKI_CACHE", str(tmp_path))
    monkeypatch.setattr(jars, "_environment", lambda _: [jar])
    assert jars.provide(jars.KAFKA, lambda _: None) == [jar]
    monkeypatch.delattr(jars, "_environment")
    assert jars.provide(jars.KAFKA, lambda _: None) == [jar]


def test_a_kafka_elsewhere_needs_an_admin() -> None:
    with pytest.raises(StackError, match="KUJIBIKI_KAFKA_ADMIN_USER"):
        Outside.read({"KUJIBIKI_KAFKA_BOOTSTRAP": "broker:9092"})


def test_parts_elsewhere_are_shown_without_passwords() -> None:
    outside = Outside.read(
        {
            "KUJIBIKI_KAFKA_BOOTSTRAP": "broker:9092",
            "KUJIBIKI_KAFKA_SECURITY": "PLAINTEXT",
            "KUJIBIKI_MONGO_URI_ADMIN": "mongodb://root:hidden@db:27017/?replicaSet=ward",
            "KUJIBIKI_SMTP_HOST": "mx",
        }
    )
    assert outside.addresses() == {"kafka": "broker:9092", "mongo": "db:27017/", "mail": "mx:25"}
