"""Topics, rights and users on any Kafka, from the contract table.

All of it can be repeated: what is there already is left alone, and what differs from the table is an error
that names the difference, as neither partitions nor cleanup can be changed safely under running services.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from tenacity import RetryError, retry, retry_if_exception_type, stop_after_delay, wait_fixed

from deploy.local.access import Rule
from deploy.local.errors import StackError
from deploy.local.profile import Profile
from deploy.local.table import TopicRow

SCRAM_ITERATIONS = 4096
_PATIENCE = 30.0


@dataclass(frozen=True)
class KafkaAccess:
    """How one user reaches a Kafka."""

    bootstrap: str
    user: str | None = None
    password: str | None = None
    security: str = "SASL_PLAINTEXT"

    @property
    def secured(self) -> bool:
        """Whether this Kafka knows its users, so that rights mean something."""
        return self.security.startswith("SASL")

    def client_settings(self) -> dict[str, str | int]:
        """Settings for clients of librdkafka."""
        settings: dict[str, str | int] = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security,
            # Not "broker.address.family": with it, glibc resolves not even 127.0.0.1 on a machine without network.
            # Its own complaints about a broker that still starts would only repeat ours.
            "log_level": 0,
        }
        if self.secured:
            settings["sasl.mechanism"] = "SCRAM-SHA-512"
            settings["sasl.username"] = self.user or ""
            settings["sasl.password"] = self.password or ""
        return settings


def admin_client(access: KafkaAccess) -> AdminClient:
    """A client with the right to administer."""
    return AdminClient(dict(access.client_settings()))


def answers(access: KafkaAccess) -> bool:
    """Whether the broker takes this user and lists its topics."""
    try:
        return bool(admin_client(access).list_topics(timeout=3.0).brokers)
    except KafkaException:
        return False


def ensure_topics(admin: AdminClient, topics: Sequence[TopicRow], profile: Profile) -> list[str]:
    """Create what is missing and check what is there; return the names of the new ones."""
    present = admin.list_topics(timeout=_PATIENCE).topics
    missing = [topic for topic in topics if topic.name not in present]
    known = [topic for topic in topics if topic.name in present]
    differences = [*_other_partitions(known, present), *_other_settings(admin, known, profile)]
    if differences:
        raise StackError(
            f"Topics on this Kafka differ from the contract table: {'; '.join(differences)}. Bring the "
            "broker in line with the table by hand, or, if nothing in it matters, start with a fresh state "
            "folder."
        )
    _create(admin, missing, profile)
    return [topic.name for topic in missing]


def ensure_rights(admin: AdminClient, rules: frozenset[Rule]) -> None:
    """Give the users of these rules just these rights: others that they have are taken away."""
    wanted = {_binding(rule) for rule in rules}
    users = {f"User:{rule.user}" for rule in rules}
    found = admin.describe_acls(_any_rule()).result(_PATIENCE)
    present = {binding for binding in found if binding.principal in users}
    surplus = [_filter_for(binding) for binding in present - wanted]
    if surplus:
        _settle(admin.delete_acls(surplus), "withdrawing a right")
    if wanted - present:
        _settle(admin.create_acls(list(wanted - present)), "granting a right")


def ensure_users(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    """Create the users, or set their passwords to those that we hold."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    changes = [UserScramCredentialUpsertion(user, info, password.encode()) for user, password in passwords.items()]
    _settle(admin.alter_user_scram_credentials(list(changes)), "creating a user")


def await_sign_in(access: KafkaAccess, user: str, password: str) -> None:
    """Return when the broker lets `user` in: what the controller wrote reaches brokers a moment later, in order."""
    asking = retry(
        retry=retry_if_exception_type(KafkaException), stop=stop_after_delay(_PATIENCE), wait=wait_fixed(0.1)
    )
    try:
        asking(admin_client(replace(access, user=user, password=password)).list_topics)(timeout=2)
    except RetryError as problem:
        raise StackError(f"Kafka at {access.bootstrap} does not let its user {user} in; its log says why.") from problem


def _create(admin: AdminClient, topics: Sequence[TopicRow], profile: Profile) -> None:
    if not topics:
        return
    fresh = [NewTopic(t.name, t.partitions, profile.replication, config=profile.config(t)) for t in topics]
    _settle(admin.create_topics(fresh), "creating a topic")
    _await_leaders(admin, {topic.name: topic.partitions for topic in topics})


class _NotYetError(Exception):
    """The broker has not yet given every new partition a leader."""


@retry(
    retry=retry_if_exception_type(_NotYetError),
    stop=stop_after_delay(_PATIENCE),
    wait=wait_fixed(0.1),
    reraise=True,
)
def _await_leaders(admin: AdminClient, partitions: Mapping[str, int]) -> None:
    present = admin.list_topics(timeout=_PATIENCE).topics
    for name, count in partitions.items():
        led = [p for p in present[name].partitions.values() if p.leader >= 0] if name in present else []
        if len(led) != count:
            raise _NotYetError(f"{name} has {len(led)} of {count} partitions ready")


def _other_partitions(topics: Sequence[TopicRow], present: Mapping[str, Any]) -> Iterable[str]:
    for topic in topics:
        count = len(present[topic.name].partitions)
        if count != topic.partitions:
            yield f"{topic.name} has {count} partitions, not {topic.partitions}"


def _other_settings(admin: AdminClient, topics: Sequence[TopicRow], profile: Profile) -> Iterable[str]:
    if not topics:
        return
    asked = {ConfigResource(ConfigResource.Type.TOPIC, topic.name): topic for topic in topics}
    for resource, answer in admin.describe_configs(list(asked)).items():
        entries = answer.result(_PATIENCE)
        for key, value in profile.config(asked[resource]).items():
            if not _same(entries[key].value, value):
                yield f"{resource.name} has {key}={entries[key].value}, not {value}"


def _same(found: str | None, wanted: str) -> bool:
    """Whether two settings mean the same: the broker writes 0 as 0.0."""
    try:
        return float(found or "") == float(wanted)
    except ValueError:
        return found == wanted


def _settle(answers: Mapping[Any, Any], doing: str) -> None:
    failed = [f"{what}: {problem}" for what, answer in answers.items() if (problem := answer.exception(_PATIENCE))]
    if failed:
        raise StackError(
            f"Kafka refused {doing} ({'; '.join(failed)}). Check that the admin user is a superuser there "
            "(KUJIBIKI_KAFKA_ADMIN_USER, KUJIBIKI_KAFKA_ADMIN_PASSWORD_FILE)."
        )


def _binding(rule: Rule) -> AclBinding:
    return AclBinding(
        ResourceType[rule.kind],
        rule.name,
        ResourcePatternType[rule.pattern],
        f"User:{rule.user}",
        "*",
        AclOperation[rule.operation],
        AclPermissionType.ALLOW,
    )


def _filter_for(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _any_rule() -> AclBindingFilter:
    # None means "any" in a filter; the library's types forget that.
    anything: Any = None
    return AclBindingFilter(
        ResourceType.ANY,
        anything,
        ResourcePatternType.ANY,
        anything,
        anything,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
