"""What a client is told when it gets no answer: errors in OpenAI's shape."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from adhere.resolve import PublicDecision

_TYPES: Final = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 405: "invalid_request_error", 408: "timeout_error",
    409: "conflict_error", 413: "invalid_request_error", 429: "rate_limit_error",
}  # fmt: skip


class Refused(Exception):
    """A request that gets an error for an answer.

    Args:
        status: The HTTP status.
        code: One word for programs.
        message: A sentence for people; holds nothing privileged.
        param: The part of the request it is about.
        decisions: What decided so, where a check did.
        retry_after: Seconds after which to try again.
        outcome: How the request is recorded.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        decisions: tuple[PublicDecision, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.decisions = decisions
        self.retry_after = retry_after

    def body(self, request: str = "") -> bytes:
        """Return the answer's body."""
        return error_body(self.status, self.code, self.message, self.param, self.decisions, request)


def error_body(
    status: int,
    code: str,
    message: str,
    param: str | None = None,
    decisions: tuple[PublicDecision, ...] = (),
    request: str = "",
) -> bytes:
    """Return an error in OpenAI's shape; what is ours stands under ``adhere``."""
    error: dict[str, Any] = {
        "message": message, "type": _TYPES.get(status, "api_error"), "param": param, "code": code,
    }  # fmt: skip
    whole: dict[str, Any] = {"error": error}
    if decisions or request:
        own: dict[str, Any] = {"request": request} if request else {}
        if decisions:
            own["decisions"] = decisions
        whole["adhere"] = own
    return msgspec.json.encode(whole)
