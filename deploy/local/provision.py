"""After Kafka and MongoDB are ready: topics, rights and users, and each user's password in its own folder."""

from collections.abc import Callable, Sequence

from deploy.local import access, kafka_admin, mongo_admin
from deploy.local.credentials import first_officer, secret
from deploy.local.plan import Plan
from deploy.local.profile import EMBEDDED, Profile
from deploy.local.state import State, private_folder, write_private
from deploy.local.table import AUDITOR, REPLAY, SERVICES, TopicRow

USERS = (*SERVICES, AUDITOR)
SCRATCH_URI = "scratch-uri"


def provision_kafka(
    plan: Plan, topics: Sequence[TopicRow], report: Callable[[str], None], profile: Profile = EMBEDDED
) -> None:
    """Topics from the table, one user a service and the auditor, and their rights."""
    reach = plan.kafka_access
    admin = kafka_admin.admin_client(reach)
    passwords = {name: secret(plan.state.user(name) / "kafka-password") for name in USERS}
    created = kafka_admin.ensure_topics(admin, topics, profile)
    if created:
        report(f"created {len(created)} topics")
    if not reach.secured:
        report(f"warning: the Kafka at {reach.bootstrap} knows no users, so rights on topics are not enforced")
        return
    kafka_admin.ensure_users(admin, passwords)
    kafka_admin.ensure_rights(admin, access.rules(topics))
    last, password = list(passwords.items())[-1]
    kafka_admin.await_sign_in(reach, last, password)


def provision_mongo(plan: Plan) -> None:
    """One user a service with its own database, the auditor who reads all, and one for scratch stores."""
    passwords = {name: secret(plan.state.user(name) / "mongo-password") for name in USERS}
    with mongo_admin.client(plan.mongo_uri) as connection:
        mongo_admin.ensure_service_users(connection, {name: passwords[name] for name in SERVICES})
        mongo_admin.ensure_reader(connection, AUDITOR, passwords[AUDITOR], SERVICES)
        scratch = secret(plan.state.user(AUDITOR) / "scratch-password")
        mongo_admin.ensure_scratch_user(connection, REPLAY, scratch, SERVICES)
    write_private(plan.state.user(AUDITOR) / SCRATCH_URI, mongo_admin.user_uri(plan.mongo_uri, REPLAY, scratch, REPLAY))
    for name in USERS:
        _write_uri(plan.state, name, mongo_admin.user_uri(plan.mongo_uri, name, passwords[name], name))


def provision_files(state: State) -> None:
    """What services find in their folders from the first start on."""
    for name in SERVICES:
        private_folder(state.user(name) / "keys")
    first_officer(state.user("retention") / "first-officer.json")


def _write_uri(state: State, name: str, uri: str) -> None:
    # Written anew at each start, as the port may have moved.
    write_private(state.user(name) / "mongo-uri", uri)
