"""From the words of a person who audits to the log's objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from adhere.audit.content import ContentReader
from adhere.audit.folder import INDEX, LogFolder
from adhere.audit.index import AuditIndex, AuditQuery
from adhere.audit.keys import open_key_store
from adhere.audit.merkle import consistency_proof
from adhere.audit.note import VerifierKey, parse_verifier
from adhere.audit.proof import (
    HEADER,
    check_consistency,
    check_inclusion,
    proof_hashes,
    read_consistency,
)
from adhere.audit.record import Admitted, Completed, Record, decode_record
from adhere.audit.witness import Witness
from adhere.errors import InputError, SystemFault

_MOST_BYTES = 1 << 20


class ProofReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof showed (``adhere/proof-report/1``).

    Attributes:
        kind: That a record is in the log, or that the log only grew.
        origin: The log's name.
        size: Records of the log at the (later) checkpoint.
        number: The record's number; None: the proof is of growth.
        old_size: Records at the earlier checkpoint; None: the proof is of a record.
        record: The record itself.
        cosigned: Names of the witnesses that cosigned the (later) checkpoint.
    """

    schema: Literal["adhere/proof-report/1"]
    kind: Literal["inclusion", "consistency"]
    origin: str
    size: int
    number: int | None
    old_size: int | None
    record: Record | None
    cosigned: tuple[str, ...]

    @property
    def text(self) -> str:
        """The same for people."""
        by = f", cosigned by {', '.join(self.cosigned)}" if self.cosigned else ""
        if self.kind == "inclusion":
            entry = msgspec.json.format(msgspec.json.encode(self.record), indent=2).decode()
            return (
                f"proved: this is record {self.number} of the {self.size} of {self.origin}{by}\n"
                f"{entry}"
            )
        return f"proved: {self.origin} only grew, from {self.old_size} to {self.size} records{by}"


def read_key(text: str) -> VerifierKey:
    """Read a public key, given as text or as the path of a file.

    Raises:
        InputError: It is none.
    """
    path = Path(text)
    return parse_verifier(read_note(path) if "+" not in text or path.is_file() else text)


def read_note(path: Path) -> str:
    """Read a small text file: a checkpoint, a key, a proof.

    Raises:
        InputError: There is none, or it is no text.
        SystemFault: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise InputError("the file is too long", place=str(path))
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", place=str(path)) from error
    except FileNotFoundError as error:
        raise InputError("there is no such file", place=str(path)) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error


def verify_proof(path: Path, key: VerifierKey, witnesses: Sequence[VerifierKey]) -> ProofReport:
    """Check a file that `adhere audit prove` wrote.

    Raises:
        InputError: It proves nothing.
    """
    text = read_note(path)
    if text.startswith(HEADER):
        proved = check_inclusion(text, key, witnesses)
        signed, number, old_size = proved.signed, proved.index, None
        record = decode_record(proved.entry, str(path))
    else:
        proof = read_consistency(text, str(path))
        old, signed = check_consistency(proof, key, witnesses)
        number, record, old_size = None, None, old.checkpoint.size
    return ProofReport(
        schema="adhere/proof-report/1",
        kind="consistency" if number is None else "inclusion",
        origin=signed.checkpoint.origin, size=signed.checkpoint.size, number=number,
        old_size=old_size, record=record,
        cosigned=tuple(each.key.name for each in signed.cosignatures),
    )  # fmt: skip


def records_of(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Record]]:
    """Yield entries as records."""
    for number, entry in entries:
        yield number, decode_record(entry, f"record {number}")


def find_records(
    log: LogFolder, query: AuditQuery, database: str, limit: int, *, rebuild: bool
) -> Iterator[tuple[int, Record]]:
    """Yield the records that are wanted, from an index that is brought up to date first."""
    index = AuditIndex(database or str(log.path / INDEX))
    try:
        size = index.update(log, rebuild=rebuild)
        for number in index.find(query, limit):
            yield number, decode_record(log.entry(number, size), f"record {number}")
    finally:
        index.close()


def content_of(log: LogFolder, keys: Path, record: Record) -> bytes | None:
    """Return a record's content, decrypted; None where none is kept, or it was erased.

    Raises:
        InputError: What is stored is not what was recorded.
    """
    if not isinstance(record, Admitted | Completed) or record.content is None:
        return None
    store = open_key_store(keys)
    try:
        return ContentReader(log.path, store).read(record.content)
    finally:
        store.close()


def cosign(witness: Path, target: Path, key: VerifierKey | None) -> str:
    """Let a witness cosign the checkpoint of a log's folder, or of a proof that a log grew.

    Raises:
        Fork: The log is not how it was.
        InputError: There is no such log or proof, or it proves nothing.
        UsageError: It is the first time, and no key is given.
    """
    keeper = Witness(witness)
    if target.is_dir():
        log = LogFolder(target)
        return keeper.cosign(
            log.checkpoint().note, lambda old, new: consistency_proof(old, new, log.nodes(new)), key
        )
    proof = read_consistency(read_note(target), str(target))
    return keeper.cosign(proof.new, lambda _old, _new: proof_hashes(proof), key)
