"""Signed notes, keys and checkpoints against published vectors, and against changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adhere.audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, peek_checkpoint
from adhere.audit.note import (
    COSIGNATURE,
    ED25519,
    Signer,
    SignerKey,
    open_note,
    parse_signer,
    parse_verifier,
    split_note,
)
from adhere.errors import InputError

DATA = Path(__file__).parent.parent / "data"
V: dict[str, Any] = json.loads((DATA / "note_vectors.json").read_text(encoding="utf-8"))
PETER, ENOCH = parse_verifier(V["public"]), parse_verifier(V["other_public"])
NOTE = f"{V['text']}\n{V['line']}{V['other_line']}"
LOG = SignerKey("log.example", ED25519, bytes(range(32)))
WITNESS = SignerKey("witness.example/w1", COSIGNATURE, bytes(range(1, 33)))


def test_published_note_is_signed_byte_for_byte() -> None:
    key = parse_signer(V["private"])
    assert Signer(key).sign(V["text"]) == f"{V['text']}\n{V['line']}"
    assert str(key.verifier) == V["public"]
    assert key.text() == V["private"]
    assert "AYEK" not in repr(key)


def test_published_note_opens() -> None:
    text, signatures = open_note(NOTE, [PETER])
    assert (text, [each.key for each in signatures]) == (V["text"], [PETER])
    assert [each.key for each in open_note(NOTE, [PETER, ENOCH])[1]] == [PETER, ENOCH]
    assert len(open_note(f"{NOTE}{V['line']}", [PETER])[1]) == 1


def test_every_mangling_of_a_key_is_refused() -> None:
    for text, parse in ((V["public"], parse_verifier), (V["private"], parse_signer)):
        size = len(text)
        parts = {text[i:j] for i in range(size) for j in range(i + 1, size + 1)} - {text}
        changed = {text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(size)}
        for bad in parts | changed | set(V["bad_public"]):
            with pytest.raises(InputError) as refused:
                parse(bad)
            if parse is parse_signer:
                assert len(bad) < 20 or bad[-20:] not in str(refused.value)


@pytest.mark.parametrize(
    "note",
    [
        V["text"], V["text"] + "\n", f"{V['text']}\n{V['line'][:-1]}",
        f"\x01{V['text']}\n{V['line']}", f"{V['text']}\n{V['line']}Unexpected line.\n",
        f"{V['text']}\n— Bad Name {V['line'].split()[-1]}\n",
        f"{V['text']}\n{V['line'] * 101}", f"{V['text']}\n{V['line'][:60]}ABCD{V['line'][60:]}",
        f"{V['text']}x\n{V['line']}", f"{V['text']}\n{V['other_line']}",
        f"{V['text']}\n{V['line'].replace('wJnAM=', 'wJnAN=')}",
        f"{V['text']}\n— PeterNeumann x08g\n",
    ],
)  # fmt: skip
def test_what_is_no_note_of_peter_is_refused(note: str) -> None:
    with pytest.raises(InputError):
        open_note(note, [PETER])


def test_published_checkpoint_is_read() -> None:
    found = peek_checkpoint(V["checkpoint"])
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    text, lines = split_note(V["checkpoint"])
    assert found.text() == text
    assert len(lines) == 2


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n",
        "\n1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n", "a\n1\n" + "A" * 43 + "=\n\n",
        "a\n1\n" + "A" * 42 + "B=\n", "a\n1\n" + "A" * 43 + "=", "a\n١\n" + "A" * 43 + "=\n",
        "a\n9223372036854775808\n" + "A" * 43 + "=\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a checkpoint"):
        parse_checkpoint(text)


def test_a_witness_cosigns_with_its_time() -> None:
    text = Checkpoint("log.example", 7, bytes(32)).text()
    note = Signer(LOG).sign(text) + Signer(WITNESS).line(text, 1_700_000_000)
    signed = open_checkpoint(note, LOG.verifier, [WITNESS.verifier], "log.example")
    assert [(each.key, each.time) for each in signed.cosignatures] == [
        (WITNESS.verifier, 1_700_000_000)
    ]
    # Without its key the witness is a stranger, and strangers are ignored.
    assert open_checkpoint(note, LOG.verifier).cosignatures == ()
    # A witness's key signs as a witness only.
    with pytest.raises(InputError, match="a witness's"):
        open_checkpoint(note, WITNESS.verifier)
    with pytest.raises(InputError, match="not signed by log"):
        open_checkpoint(
            f"{text}\n{Signer(WITNESS).line(text, 1)}", LOG.verifier, [WITNESS.verifier]
        )
    with pytest.raises(InputError, match="not of other"):
        open_checkpoint(note, LOG.verifier, origin="other")


def test_a_changed_cosignature_spoils_the_note() -> None:
    text = Checkpoint("log.example", 7, bytes(32)).text()
    good, late = Signer(WITNESS).line(text, 5), Signer(WITNESS).line(text.replace("7", "8"), 5)
    for line in (late, Signer(WITNESS).line(text, 1 << 63)):
        with pytest.raises(InputError, match="does not verify"):
            open_checkpoint(Signer(LOG).sign(text) + line, LOG.verifier, [WITNESS.verifier])
    assert open_checkpoint(Signer(LOG).sign(text) + good, LOG.verifier, [WITNESS.verifier])
