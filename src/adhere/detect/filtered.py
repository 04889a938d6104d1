"""Whether a text is not the model's answer but a service's notice that its filter stopped it."""

from __future__ import annotations

from typing import Final

import re2

from adhere.detect.text import fold

_MAX_CHARACTERS: Final = 1000
"""A notice is short; a longer text that speaks of filters is about them."""

_NOTICE: Final = re2.compile(
    # Codes, as services print them.
    r"\b(?:content_filter|contentfilter|content_policy_violation|responsibleaipolicyviolation|"
    r"prohibited_content|moderation_blocked|guardrail_intervened|policy_violation_error)\b"
    r"|\b(?:finish|stop|block)[ _]?reason\W{1,4}(?:content_filter|safety|recitation|blocklist|spii|"
    r"prohibited_content|guardrail\w*|refusal)\b"
    # Sentences, in the passive: something was stopped, by a filter.
    r"|\b(?:response|output|completion|request|prompt|input|content|message|answer|candidate|image|"
    r"generation)s?\b[^.?!]{0,60}\b(?:filtered|blocked|flagged|rejected|removed|withheld|stopped|"
    r"suppressed|hidden)\b[^.?!]{0,60}\b(?:filter\w*|moderation|safety (?:system|settings?|policy|"
    r"filters?|reasons?|checks?)|content (?:management )?polic\w+|guardrails?|usage polic\w+)"
    r"|\b(?:filtered|blocked|flagged|rejected|stopped) (?:by|due to|because of) (?:the |our |an? |"
    r"its )?"
    r"(?:\w+ ){0,2}(?:content|safety|moderation) (?:filter\w*|system|polic\w+|settings?)"
    r"|\bcontent filter (?:was )?triggered\b"
    r"|^\W*(?:content|response|message|answer|output) (?:was |has been |is )?(?:blocked|filtered|"
    r"removed|withheld|not available)\b"
)
_SPEAKER: Final = re2.compile(r"\b(?:i|i'm|i'd|i'll|my|me)\b")


def blocked_by_filter(text: str) -> bool:
    """Return whether ``text`` is a notice of a service that a filter stopped the answer.

    A model that declines and names a policy has spoken itself: that is a refusal.

    >>> blocked_by_filter("The response was filtered due to the content management policy.")
    True
    >>> blocked_by_filter("I can't help with that: it is against my content policy.")
    False
    """
    if len(text) > _MAX_CHARACTERS:
        return False
    folded = fold(text)
    return _NOTICE.search(folded) is not None and _SPEAKER.search(folded) is None
