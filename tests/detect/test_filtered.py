"""Notices of a service's filter are told from what a model says itself."""

from __future__ import annotations

import pytest

from adhere.detect.filtered import blocked_by_filter


@pytest.mark.parametrize(
    "text",
    [
        "The response was filtered due to the prompt triggering a content management policy.",
        "Output blocked by content filtering policy",
        "Your request was rejected as a result of our safety system.",
        "[Response blocked: finish_reason: SAFETY]",
        "{'error': {'code': 'content_filter', 'status': 400}}",
        "The prompt was flagged by our moderation endpoint.",
        "CONTENT REMOVED",
    ],
)
def test_notices(text: str) -> None:
    assert blocked_by_filter(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I can't help with that: it is against my content policy.",
        "I'm sorry, my answer was blocked by a safety filter in my head.",
        "This content may violate our usage policies.",
        "A coffee filter was blocked; rinse it with hot water.",
        "The firewall blocked the request because port 22 is closed.",
    ],
)
def test_what_a_model_says_is_not_a_notice(text: str) -> None:
    assert not blocked_by_filter(text)


def test_a_long_text_about_filters_is_no_notice() -> None:
    notice = "The response was filtered due to a content management policy."
    assert blocked_by_filter(notice)
    assert not blocked_by_filter(notice + " The history of such filters is long." * 30)
