"""Secrets, configurations and records on disk."""

import json
import os
import stat
from pathlib import Path

import psutil
import pytest

from deploy.local import records
from deploy.local.credentials import first_officer, mongo_key_file, secret
from deploy.local.environment import Endpoints, service_environment
from deploy.local.errors import StackError
from deploy.local.kafka_server import KafkaServer, render
from deploy.local.mail.certificate import MailCertificate
from deploy.local.mongo_admin import user_uri
from deploy.local.ports import Ports
from deploy.local.provision import provision_files
from deploy.local.records import PartRecord
from deploy.local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    folder = State(tmp_path / "state")
    folder.create()
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_are_for_their_owner_only(state: State) -> None:
    file = state.secrets / "some-password"
    first = secret(file)
    assert len(first) >= 32
    assert secret(file) == first
    assert (mode(file), mode(state.secrets), mode(state.root)) == (0o600, 0o700, 0o700)


def test_a_secret_that_was_opened_to_others_is_closed_again(state: State) -> None:
    file = state.secrets / "some-password"
    secret(file)
    file.chmod(0o644)
    secret(file)
    assert mode(file) == 0o600


def test_every_file_below_the_state_is_closed_to_others(state: State) -> None:
    provision_files(state)
    mongo_key_file(state.secrets / "mongo-key-file")
    first_officer(state.user("retention") / "first-officer.json")
    MailCertificate(state).provide()
    KafkaServer(state, Ports(18700), ()).settings()
    for path in state.root.rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


def test_the_first_officer_has_an_id_and_a_password(state: State) -> None:
    officer = json.loads(first_officer(state.root / "officer.json").read_text())
    assert officer["staff_id"] == "officer-1"
    assert len(officer["password"]) >= 12


def test_the_broker_asks_every_listener_for_a_password_and_refuses_what_no_rule_allows(state: State) -> None:
    text = render(KafkaServer(state, Ports(18700), ()).settings())
    assert "listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT\n" in text
    assert "allow.everyone.if.no.acl.found=false\n" in text
    assert "auto.create.topics.enable=false\n" in text
    assert "listeners=BROKER://127.0.0.1:18720,CONTROLLER://127.0.0.1:18721\n" in text


def test_a_service_is_told_its_own_things_only(state: State) -> None:
    extra = {"KUJIBIKI_SMTP_CA_FILE": "/ca.pem"}
    Endpoints(18700, "127.0.0.1:18720", "SASL_PLAINTEXT", "http://z", "127.0.0.1", 18711, extra).save(state)
    told = service_environment(state.root, "intake")
    assert told["KUJIBIKI_HTTP_PORT"] == "18701"
    assert told["KUJIBIKI_KAFKA_USER"] == "intake"
    assert not [name for name in told if "SMTP" in name or "OFFICER" in name or "ADMIN" in name]
    assert service_environment(state.root, "notifier")["KUJIBIKI_SMTP_CA_FILE"] == "/ca.pem"
    assert "KUJIBIKI_FIRST_OFFICER_FILE" in service_environment(state.root, "retention")
    assert service_environment(state.root, "lottery.live")["KUJIBIKI_HTTP_PORT"] != told["KUJIBIKI_HTTP_PORT"]
    assert mode(Path(told["KUJIBIKI_KEYS_DIR"])) == 0o700


def test_an_environment_without_a_stack_says_what_to_do(state: State) -> None:
    with pytest.raises(StackError, match="kujibiki up"):
        service_environment(state.root, "intake")


def test_a_user_keeps_the_options_of_the_admins_address() -> None:
    admin = "mongodb://root:pw@db1:27017,db2:27018/?authSource=admin&replicaSet=ward&tls=true"
    assert user_uri(admin, "intake", "secret", "intake") == (
        "mongodb://intake:secret@db1:27017,db2:27018/intake?authSource=admin&replicaSet=ward&tls=true"
    )


def test_a_process_is_known_by_number_and_start_time(state: State) -> None:
    me = psutil.Process(os.getpid())
    mine = PartRecord("kafka", "ready", pid=me.pid, created=me.create_time())
    records.save(state, mine)
    assert records.load_all(state) == [mine]
    assert mine.alive
    assert not PartRecord("kafka", "ready", pid=me.pid, created=me.create_time() - 5).alive
