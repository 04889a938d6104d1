"""The tamper-evident record of decisions: append, prove, verify, erase content."""

from adhere.audit.batch import Ticket
from adhere.audit.client import RemoteLog
from adhere.audit.exchange import Appender, Exchange
from adhere.audit.folder import LogFolder, LogIdentity
from adhere.audit.index import AuditIndex, AuditQuery
from adhere.audit.keys import create_log, keys_beside
from adhere.audit.log import AuditLog
from adhere.audit.note import VerifierKey, parse_verifier
from adhere.audit.record import (
    SCHEMA,
    Action,
    Admitted,
    Completed,
    ContentReference,
    DecisionEntry,
    Erasure,
    Interrupted,
    Opened,
    PublicRecord,
    Record,
    decision_entry,
    decode_record,
    public_record,
)
from adhere.audit.store import Pace
from adhere.audit.verification import AuditFinding, AuditVerification
from adhere.audit.verify import verify_log

__all__ = [
    "SCHEMA", "Action", "Admitted", "Appender", "AuditFinding", "AuditIndex", "AuditLog",
    "AuditQuery", "AuditVerification", "Completed", "ContentReference", "DecisionEntry", "Erasure",
    "Exchange", "Interrupted", "LogFolder", "LogIdentity", "Opened", "Pace", "PublicRecord",
    "Record", "RemoteLog", "Ticket", "VerifierKey", "create_log", "decision_entry", "decode_record",
    "keys_beside", "parse_verifier", "public_record", "verify_log",
]  # fmt: skip
