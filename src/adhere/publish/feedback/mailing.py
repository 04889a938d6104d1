"""Where links to sign in are sent: a mail server, or a folder for trying things out."""

from __future__ import annotations

import logging
import os
import secrets
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from adhere.errors import ServiceError, SystemFault, UsageError
from adhere.evolve.feedback.people import Mailer

PASSWORD: Final = "ADHERE_SMTP_PASSWORD"  # noqa: S105  (the name of a variable)
"""Environment variable that holds the password of the mail server."""

_SECONDS: Final = 20
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_LOG: Final = logging.getLogger(__name__)


class FolderMailer:
    """Writes each e-mail to a file ``.eml`` that only its owner may read, and sends nothing."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SystemFault(f"{error.strerror}", place=str(folder)) from error

    def send(self, to: str, subject: str, text: str) -> None:
        """Write it; see `Mailer`."""
        path = self._folder / f"{secrets.token_hex(8)}.eml"
        draft = path.with_suffix(".part")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_message(self._sender, to, subject, text).as_bytes())
            draft.replace(path)
        except OSError as error:
            raise ServiceError(f"{error.strerror}", place=str(self._folder)) from error


class SmtpMailer:
    """Hands e-mails to a mail server, over TLS; without it only on this machine.

    Args:
        host: Name of the server.
        port: Its port.
        sender: Address they come from.
        tls: ``start`` (STARTTLS, required), ``whole`` (from the first byte) or ``none``.
        user: Name to sign in with; the password is in the environment (`PASSWORD`).
        context: How the server's certificate is checked; by default as the system does.
    """

    def __init__(
        self, host: str, port: int, sender: str, *, tls: str, user: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._host, self._port, self._sender, self._tls = host, port, sender, tls
        self._user = user
        self._context = context or ssl.create_default_context()

    def send(self, to: str, subject: str, text: str) -> None:
        """Send it; see `Mailer`.

        An address the server will not take is noted and no more: who asks for a link is not told
        which addresses there are.
        """
        try:
            with self._connected() as server:
                server.send_message(_message(self._sender, to, subject, text))
        except smtplib.SMTPRecipientsRefused:
            _LOG.warning("the mail server did not take an address")
        except (smtplib.SMTPException, OSError) as error:
            _LOG.warning("an e-mail was not sent: %s", type(error).__name__)
            raise ServiceError(
                f"the e-mail was not sent ({type(error).__name__})", place=self._host
            ) from error

    def _connected(self) -> smtplib.SMTP:
        server: smtplib.SMTP
        if self._tls == "whole":
            server = smtplib.SMTP_SSL(
                self._host, self._port, timeout=_SECONDS, context=self._context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_SECONDS)
        try:
            if self._tls == "start":  # raises where the server does not offer it
                server.starttls(context=self._context)
            if self._user:
                server.login(self._user, os.environ.get(PASSWORD, ""))
        except BaseException:
            server.close()
            raise
        return server


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def open_mailer(where: str, site_host: str) -> Mailer:
    """Return what sends e-mails.

    Args:
        where: ``smtp://[USER@]HOST[:PORT][?from=ADDRESS]``, ``smtps://…``, or a folder.
        site_host: The site's host, for the sender's address where none is named.

    Raises:
        UsageError: The address cannot be used.
        SystemFault: The folder cannot be made.
    """
    own = f"noreply@{site_host if '.' in site_host and ':' not in site_host else 'localhost'}"
    if "://" not in where:
        return FolderMailer(Path(where), own)
    parts = urlsplit(where)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1 or parts.password:
        raise UsageError(
            "this is not the address of a mail server",
            remedy=f"write smtp://[USER@]HOST[:PORT] or smtps://…; the password goes to {PASSWORD}",
        )
    sender = parse_qs(parts.query).get("from", [own])[0]
    tls = "whole" if parts.scheme == "smtps" else "start"
    if parts.scheme == "smtp" and parts.hostname in _LOOPBACK:
        tls = "none"
    usual = {"whole": 465, "start": 587, "none": 25}[tls]
    return SmtpMailer(
        parts.hostname, port or usual, sender, tls=tls, user=unquote(parts.username or "")
    )
