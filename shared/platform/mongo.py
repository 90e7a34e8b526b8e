"""MongoDB: the only module that imports motor, so that its successor is a change of one file (ADR 0004)."""

from __future__ import annotations

from datetime import UTC
from typing import Any, TypeAlias

from bson.codec_options import CodecOptions
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ReadPreference, ReturnDocument
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from tenacity import retry_if_exception, stop_after_attempt, wait_fixed

Client: TypeAlias = "AsyncIOMotorClient[dict[str, Any]]"
Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"
Session: TypeAlias = AsyncIOMotorClientSession
Document: TypeAlias = dict[str, Any]
DuplicateKey = DuplicateKeyError
StoreError = PyMongoError
Unreachable = (AutoReconnect, ConnectionFailure)
AFTER = ReturnDocument.AFTER

_DUPLICATE = 11000

__all__ = [
    "AFTER", "COMMIT_AGAIN", "Client", "Collection", "Database", "Document", "DuplicateKey", "OperationFailure",
    "Session", "StoreError", "TryAgain", "Unreachable", "connect", "is_duplicate", "is_transient", "is_unreachable",
    "outcome_unknown", "start_transaction",
]


class TryAgain(PyMongoError):
    """Raised by work in a transaction when what it goes by has just been moved on: the whole is tried again."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._add_error_label("TransientTransactionError")


def connect(uri: str, database: str) -> tuple[Client, Database]:
    """The client and the service's own database: majority and journaled writes, moments with UTC."""
    client: Client = AsyncIOMotorClient(uri, tz_aware=True, serverSelectionTimeoutMS=5000, appname=database)
    options: CodecOptions[Any] = CodecOptions(tz_aware=True, tzinfo=UTC)
    return client, client.get_database(
        database, codec_options=options, write_concern=WriteConcern("majority", j=True),
        read_concern=ReadConcern("majority"),
    )


def start_transaction(session: Session) -> Any:
    """A transaction that reads a snapshot and is committed by a majority, journaled."""
    return session.start_transaction(
        read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True),
        read_preference=ReadPreference.PRIMARY,
    )


def is_transient(error: BaseException) -> bool:
    """Whether the whole transaction may simply be tried again."""
    return isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")


def is_unreachable(error: BaseException) -> bool:
    """Whether no server answered."""
    return isinstance(error, Unreachable)


def outcome_unknown(error: BaseException) -> bool:
    """Whether a commit may have happened although its answer was lost: commit again."""
    return isinstance(error, PyMongoError) and error.has_error_label("UnknownTransactionCommitResult")


COMMIT_AGAIN: dict[str, Any] = {
    "retry": retry_if_exception(outcome_unknown), "stop": stop_after_attempt(24), "wait": wait_fixed(0.05),
    "reraise": True,
}
"""How a commit is tried again, for tenacity."""


def is_duplicate(error: BaseException) -> bool:
    """Whether a unique index refused the write."""
    if isinstance(error, DuplicateKeyError):
        return True
    return isinstance(error, BulkWriteError) and any(
        failure.get("code") == _DUPLICATE for failure in (error.details or {}).get("writeErrors", ())
    )
