"""Links to sign in on their way: a folder, and a mail server that speaks TLS."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adhere.errors import ServiceError, SystemFault, UsageError
from adhere.publish.feedback import FolderMailer, SmtpMailer, open_mailer


class MailServer:
    """Enough of SMTP (RFC 5321) and STARTTLS (RFC 3207) to take one e-mail a connection.

    Args:
        tls: What to speak TLS with; None: it does not offer it.
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.taken: list[tuple[bytes, bool]] = []
        self.heard: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with ExitStack() as stack, suppress(OSError):  # the client may turn away
                self._talk(peer, stack)

    def _talk(self, peer: socket.socket, stack: ExitStack) -> None:
        safe = False
        stack.enter_context(peer)
        lines = stack.enter_context(peer.makefile("rb"))
        peer.sendall(b"220 mail.example\r\n")
        while line := lines.readline():
            self.heard.append(line)
            word = line.strip().upper()
            if word.startswith(b"EHLO"):
                offer = b"250-STARTTLS\r\n" if self._tls and not safe else b""
                peer.sendall(b"250-mail.example\r\n" + offer + b"250 8BITMIME\r\n")
            elif word == b"STARTTLS" and self._tls:
                peer.sendall(b"220 go\r\n")
                peer = self._tls.wrap_socket(peer, server_side=True)
                stack.enter_context(peer)
                lines, safe = stack.enter_context(peer.makefile("rb")), True
            elif word.startswith(b"RCPT TO:<NOBODY"):
                peer.sendall(b"550 no such mailbox\r\n")
            elif word == b"DATA":
                peer.sendall(b"354 go\r\n")
                text = b"".join(iter(lines.readline, b".\r\n"))
                self.taken.append((text, safe))
                peer.sendall(b"250 taken\r\n")
            elif word == b"QUIT":
                peer.sendall(b"221 bye\r\n")
                return
            else:
                peer.sendall(b"250 fine\r\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for ``localhost``: what a server uses, and what a client trusts."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


@pytest.fixture
def safe(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[MailServer]:
    server = MailServer(contexts[0])
    yield server
    server.close()


@pytest.fixture
def plain() -> Iterator[MailServer]:
    server = MailServer(None)
    yield server
    server.close()


def test_an_e_mail_goes_over_tls(
    safe: MailServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    mailer = SmtpMailer("localhost", safe.port, "spec@x.example", tls="start", context=contexts[1])
    mailer.send("ann@people.example", "Sign in:\r\nBcc: all@x.example", "https://x/é\n")
    ((data, over_tls),) = safe.taken
    message = message_from_bytes(data, policy=policy.default)
    assert over_tls
    assert message["To"] == "ann@people.example"
    assert message["Bcc"] is None
    assert message.get_content().strip() == "https://x/é"  # type: ignore[attr-defined]


def test_without_tls_nothing_is_said(plain: MailServer) -> None:
    mailer = SmtpMailer("localhost", plain.port, "spec@x.example", tls="start", user="me")
    with pytest.raises(ServiceError, match="not sent"):
        mailer.send("ann@people.example", "Sign in", "https://secret")
    assert plain.taken == []
    assert not any(b"MAIL" in line or b"AUTH" in line for line in plain.heard)


def test_a_certificate_nobody_vouches_for_is_no_tls(safe: MailServer) -> None:
    mailer = SmtpMailer("localhost", safe.port, "spec@x.example", tls="start")
    with pytest.raises(ServiceError):
        mailer.send("ann@people.example", "Sign in", "https://secret")
    assert safe.taken == []


def test_an_address_the_server_does_not_take_looks_like_any_other(plain: MailServer) -> None:
    mailer = open_mailer(f"smtp://127.0.0.1:{plain.port}", "spec.example")
    mailer.send("nobody@people.example", "Sign in", "x")
    mailer.send("ann@people.example", "Sign in", "x")
    assert len(plain.taken) == 1
    assert b"From: noreply@spec.example" in plain.taken[0][0]


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServiceError):
        open_mailer(f"smtp://127.0.0.1:{port}", "x").send("a@b.example", "s", "t")


def test_a_folder_holds_what_only_its_owner_reads(tmp_path: Path) -> None:
    mailer = open_mailer(str(tmp_path / "outbox"), "spec.example")
    assert isinstance(mailer, FolderMailer)
    mailer.send("ann@people.example", "Sign in", "x")
    (file,) = (tmp_path / "outbox").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "taken").write_text("")
    with pytest.raises(SystemFault):
        open_mailer(str(tmp_path / "taken"), "x")


@pytest.mark.parametrize(
    "where", ["http://x", "smtp://", "smtp://x:99999", "smtp://me:secret@x", "smtp://x:y"]
)
def test_what_is_no_mail_server(where: str) -> None:
    with pytest.raises(UsageError) as error:
        open_mailer(where, "x")
    assert "secret" not in str(error.value)
