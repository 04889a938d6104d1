"""Pinned files over HTTP: nothing is believed but the size and the SHA-256 we brought along."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec

from adhere import __version__
from adhere.errors import ServiceError, UsageError
from adhere.sources.releases import PinnedFile, Release

AT_ONCE: Final = 8
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_LATER: Final = "try again later, or name a mirror with --mirror"
_FAILURES: Final = (aiohttp.ClientError, TimeoutError, UnicodeError)
_Failure: TypeAlias = aiohttp.ClientError | TimeoutError | UnicodeError
_HEADERS: Final = {
    "User-Agent": f"adhere/{__version__}",
    # What is hashed is what is sent: nothing is unpacked on the way.
    "Accept-Encoding": "identity",
}


class Patience(msgspec.Struct, frozen=True, gc=False):
    """How long to wait for a server; all in seconds but ``attempts``.

    Attributes:
        connect: For a connection.
        read: For the next byte.
        total: For one file, from the request to its last byte.
        attempts: How often a file is asked for where the failure may pass: 429, 5xx, a broken
            connection.
        pause: Before the second attempt; doubled before each further one.
        longest_pause: Give up where the server asks for more (``Retry-After``).
    """

    connect: float = 10
    read: float = 20
    total: float = 120
    attempts: int = 4
    pause: float = 0.5
    longest_pause: float = 30


DEFAULT_PATIENCE: Final = Patience()


def check_base(url: str) -> str:
    """Return the base address without a slash at its end.

    Raises:
        UsageError: It is not https (http on a loopback host), or has more than host and path.
    """
    try:
        parts = urlsplit(url)
        host, extras = parts.hostname or "", f"{parts.query}{parts.fragment}"
        secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
        if host and parts.port != 0 and secure and "@" not in parts.netloc and not extras:
            return url.rstrip("/")
    except ValueError:
        pass
    # The address is not shown: it may hold a password.
    raise UsageError(
        "a mirror is an address https://HOST/PATH without user, password, query or fragment",
        remedy="http is for loopback hosts only; what a host needs to know you goes into ~/.netrc",
    )


async def download(
    release: Release, base: str, patience: Patience, on_file: Callable[[PinnedFile], None]
) -> dict[str, bytes]:
    """Return the bytes of every file of the release by path, each checked.

    The first failure ends it and cancels the rest.

    Args:
        release: What to fetch.
        base: As `check_base` returns it; a file is at ``base/COMMIT/PATH``.
        patience: How long to wait, and how often to try again.
        on_file: Called after each file.

    Raises:
        ServiceError: Naming the address that failed.
    """
    contents: dict[str, bytes] = {}

    async def work(session: aiohttp.ClientSession, pending: Iterator[PinnedFile]) -> None:
        for file in pending:  # shared by all workers: each takes the next
            url = f"{base}/{release.commit}/{file.path}"
            contents[file.path] = await _fetch(session, url, file, patience)
            on_file(file)

    session = aiohttp.ClientSession(
        headers=_HEADERS,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=patience.total, sock_connect=patience.connect, sock_read=patience.read
        ),
        # HTTPS_PROXY and ~/.netrc, as people behind a company's proxy expect. Neither can change
        # what is accepted. A loopback mirror is never asked through a proxy.
        trust_env=not _is_loopback(urlsplit(base).hostname or ""),
    )
    try:
        async with session, asyncio.TaskGroup() as group:
            pending = iter(release.files)
            for _ in range(AT_ONCE):
                group.create_task(work(session, pending))
    except ExceptionGroup as failures:
        first = failures.exceptions[0]
        raise first from first.__cause__
    return contents


async def _fetch(
    session: aiohttp.ClientSession, url: str, file: PinnedFile, patience: Patience
) -> bytes:
    attempt = 1
    while True:
        try:
            return await _fetch_once(session, url, file)
        except _FAILURES as error:
            pause = _pause(error, attempt, patience)
            if pause is None:
                raise _explain(error, url, patience) from error
        await asyncio.sleep(pause)
        attempt += 1


async def _fetch_once(session: aiohttp.ClientSession, url: str, file: PinnedFile) -> bytes:
    here = url
    for _ in range(_MAX_REDIRECTS + 1):
        async with session.get(here, allow_redirects=False) as response:
            if response.status not in _REDIRECTS:
                response.raise_for_status()
                body = await _read(response.content, file.size + 1)
                return _checked(body, here, file)
            here = _same_host(here, response.headers.get("Location", ""))
    raise ServiceError("the server redirects without end", place=url, remedy=_LATER)


async def _read(stream: aiohttp.StreamReader, limit: int) -> bytes:
    """Read to the end of the stream, or ``limit`` bytes."""
    body = bytearray()
    while len(body) < limit and (chunk := await stream.read(limit - len(body))):
        body += chunk
    return bytes(body)


def _checked(body: bytes, url: str, file: PinnedFile) -> bytes:
    sha256 = hashlib.sha256(body).hexdigest()
    if len(body) > file.size:
        found = f"it is larger than {file.size} bytes"
    elif len(body) < file.size:
        found = f"{len(body)} bytes instead of {file.size}"
    elif sha256 != file.sha256:
        found = f"SHA-256 {sha256} instead of {file.sha256}"
    else:
        return body
    raise ServiceError(
        f"this is not the pinned file: {found}",
        place=url,
        remedy="nothing was kept; try again, or name another mirror with --mirror",
    )


def _same_host(url: str, location: str) -> str:
    """Return where a redirect leads, if that is the scheme, host and port it comes from.

    Raises:
        ServiceError: It leads elsewhere.
    """
    try:
        target = urljoin(url, location)
        same = urlsplit(target)[:2] == urlsplit(url)[:2]
    except ValueError:
        target, same = location, False
    if not same:
        raise ServiceError(
            f"the server redirects to another host: {target!r}",
            place=url,
            remedy="if that host is a mirror you trust, name it with --mirror",
        )
    return target


def _pause(error: _Failure, attempt: int, patience: Patience) -> float | None:
    """Return the seconds to wait before the next attempt, or None where there is to be none."""
    if attempt >= patience.attempts:
        return None
    pause: float = patience.pause * 2 ** (attempt - 1)
    if isinstance(error, aiohttp.ClientResponseError):
        if error.status != 429 and error.status < 500:
            return None
        pause = max(pause, _retry_after(error))
        return pause if pause <= patience.longest_pause else None
    # A refused connection and a slow server were given their time; a broken one is tried again.
    broken = isinstance(
        error,
        (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError),
    ) and not isinstance(error, aiohttp.ClientConnectorError)
    return pause if broken else None


def _retry_after(error: aiohttp.ClientResponseError) -> int:
    """Return the seconds of ``Retry-After``; 0 where there is none, or a date."""
    value = error.headers.get("Retry-After", "") if error.headers else ""
    return int(value[:9]) if value.isascii() and value.isdigit() else 0


def _explain(error: _Failure, url: str, patience: Patience) -> ServiceError:
    remedy = "check the network and the proxy settings, or name a mirror with --mirror"
    match error:
        case aiohttp.SocketTimeoutError():
            message = f"the server sent nothing for {patience.read:g} s"
        case aiohttp.ConnectionTimeoutError():
            message = f"no connection within {patience.connect:g} s"
        case TimeoutError():
            message = f"the file was not there within {patience.total:g} s"
        case aiohttp.ClientResponseError(status=404):
            message = "the server does not have this file (404)"
            remedy = "a mirror serves URL/COMMIT/PATH; see `adhere fetch --help`"
        case aiohttp.ClientResponseError():
            wait = _retry_after(error)
            who = "proxy" if isinstance(error, aiohttp.ClientHttpProxyError) else "server"
            message = f"the {who} answered {error.status}"
            message += f" and asks to wait {wait} s" if wait else ""
            remedy = _LATER
        case UnicodeError():
            message = "this host name is not valid"
        case aiohttp.ClientConnectorDNSError():
            message = f'the host name "{error.host}" cannot be resolved'
        case aiohttp.ClientConnectorCertificateError():
            message = f"the certificate of {error.host} is not trusted"
            remedy = "for an internal authority, name its file in SSL_CERT_FILE"
        case aiohttp.ClientConnectorError():
            reason = os.strerror(error.errno) if error.errno else error.strerror
            message = f"cannot connect to {error.host}: {reason}"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            message, remedy = "the connection broke before the end of the file", _LATER
        case _:
            message = f"the download failed: {str(error) or type(error).__name__}"
    return ServiceError(message, place=url, remedy=remedy)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
