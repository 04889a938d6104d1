"""What credentials look like, each with the source that says so.

What announces a secret (a prefix, a header, a keyword) tells nothing; the secret after it must not
leave. ``least`` characters of the secret decide, so that a longer one that is
read in pieces is judged like one that is read at once; a secret of fixed length must end there.
Checksums are verified where the format has one; elsewhere low entropy and the words of examples
tell a placeholder.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable
from typing import Final

import msgspec

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Pattern(msgspec.Struct, frozen=True):
    """What a kind of credential looks like.

    Attributes:
        id: What findings call it.
        begun: RE2 for what announces the secret.
        secret: RE2 for the secret.
        source: Who documents the format.
        after: RE2 for what must stand after it.
        fixed: Whether the secret's length is fixed, so that a longer one is something else.
        least: How many characters of the secret decide.
        entropy: Least bits a character.
        check: A checksum or structure that the secret must have; of a secret of no fixed length
            it says the same when more of it has come.
    """

    id: str
    begun: str
    secret: str
    source: str
    after: str = ""
    fixed: bool = True
    least: int = 64
    entropy: float = 3.0
    check: Callable[[str], bool] | None = None

    @property
    def regex(self) -> str:
        """RE2 for the whole; its one group is the secret."""
        return f"{self.begun}({self.secret}){self.after}"


def _base62_crc32(secret: str) -> bool:
    """The last six characters are the CRC32 of the others, in base 62."""
    number, digits = zlib.crc32(secret[:-6].encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits == secret[-6:]


def _jose_header(secret: str) -> bool:
    """What stands before the first dot is a JSON object that names an algorithm (RFC 7515, 4.1)."""
    head = "eyJ" + secret.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def _letters_and_digits(secret: str) -> bool:
    return any(char.isdigit() for char in secret) and any(char.isalpha() for char in secret)


_GITLEAKS: Final = "gitleaks, config/gitleaks.toml"
_GITHUB: Final = "GitHub, Behind GitHub's new authentication token formats (2021)"


_KEYWORDS: Final = (
    r"(?i:api[_ -]?key|access[_ -]?key|secret(?:[_ -]?key)?|auth[_ -]?token|access[_ -]?token"
    r"|passw(?:or)?d|client[_ -]?secret)[\"'`*]{0,3}[ \t]{0,3}(?::|=|:=|=>)[ \t]{0,3}[\"'`*]{0,3}"
)
_PEM: Final = (
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\s|\\[nr]|[A-Za-z-]{4,16}: [^\n]{0,80}\n){0,12}"
)

PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern("aws-access-key-id", r"\b(?:AKIA|ASIA|ABIA|ACCA)", "[A-Z2-7]{16}",
            "AWS, IAM identifiers: unique ID prefixes"),
    Pattern("github-token", r"\bgh[pousr]_", "[A-Za-z0-9]{36}", _GITHUB, check=_base62_crc32),
    Pattern("github-fine-grained-token", r"\bgithub_pat_", "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
            _GITLEAKS),
    Pattern("npm-token", r"\bnpm_", "[A-Za-z0-9]{36}",
            "GitHub, npm's new access token format (2021)", check=_base62_crc32),
    Pattern("gitlab-token", r"\bgl(?:pat|dt|rt|ptt|ft|imt|agent|cbt)-", "[A-Za-z0-9_-]{20,}",
            "GitLab, token prefixes", fixed=False, least=20),
    Pattern("google-api-key", r"\bAIza", "[A-Za-z0-9_-]{35}", _GITLEAKS),
    Pattern("google-client-secret", r"\bGOCSPX-", "[A-Za-z0-9_-]{28}", "trufflehog, detectors"),
    Pattern("openai-key", r"\bsk-(?:proj-|svcacct-|admin-)?",
            "[A-Za-z0-9_-]{16,200}T3BlbkFJ[A-Za-z0-9_-]{16,}", _GITLEAKS, fixed=False, least=40),
    Pattern("anthropic-key", r"\bsk-ant-(?:api|admin)[0-9]{2}-", "[A-Za-z0-9_-]{80,}", _GITLEAKS,
            fixed=False),
    Pattern("stripe-key", r"\b(?:sk|rk)_(?:live|test|prod)_", "[A-Za-z0-9]{16,}", _GITLEAKS,
            fixed=False, least=16),
    Pattern("slack-token", r"\bxox[abeoprs]-", "[A-Za-z0-9]{1,16}-[A-Za-z0-9-]{16,}", _GITLEAKS,
            fixed=False, least=24, entropy=2.5),
    Pattern("slack-webhook", r"hooks\.slack\.com/services/",
            "T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{18,}", _GITLEAKS, fixed=False, least=34),
    Pattern("hugging-face-token", r"\b(?:hf|api_org)_", "[A-Za-z]{34}", _GITLEAKS),
    Pattern("sendgrid-key", r"\bSG\.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", _GITLEAKS),
    Pattern("pypi-token", r"\bpypi-", "AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}", _GITLEAKS, fixed=False),
    Pattern("digitalocean-token", r"\bdo[opr]_v1_", "[a-f0-9]{64}", _GITLEAKS),
    Pattern("shopify-token", r"\bshp(?:at|ca|pa|ss)_", "[a-fA-F0-9]{32}", _GITLEAKS),
    Pattern("telegram-token", r"\b[0-9]{8,10}:AA", "[A-Za-z0-9_-]{33}", _GITLEAKS),
    Pattern("age-key", r"\bAGE-SECRET-KEY-1", "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
            "age, C2SP age.md: X25519 identity"),
    Pattern("azure-account-key", r"(?i:AccountKey|SharedAccessKey)=", "[A-Za-z0-9+/]{43,86}=",
            "Azure, connection strings", fixed=False, least=40),
    Pattern("json-web-token", r"\beyJ", r"[A-Za-z0-9_-]{8,400}\.eyJ[A-Za-z0-9_-]{16,}",
            "RFC 7519, RFC 7515", fixed=False, least=32, check=_jose_header),
    Pattern("private-key", _PEM, "[A-Za-z0-9+/]{32,}",
            "RFC 7468, section 10; RFC 1421; RFC 4880, 6.2", fixed=False, least=32),
    Pattern("password-in-url", r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@?#]{1,64}:",
            r"[^\s/:@?#]{5,64}", "RFC 3986, section 3.2.1", after=r"@[A-Za-z0-9\[]", fixed=False,
            entropy=2.0),
    Pattern("assigned-secret", _KEYWORDS, r"[A-Za-z0-9_+/=.~!@$%^&-]{16,}",
            "gitleaks, generic-api-key", fixed=False, least=16, entropy=3.4,
            check=_letters_and_digits),
)  # fmt: skip
