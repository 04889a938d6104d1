"""Detectors over text, written once for judge and gateway. Pure: text in, finding out."""

from adhere.detect.filtered import blocked_by_filter
from adhere.detect.invisible import Hidden, hidden_characters
from adhere.detect.refusal import Refusal, RefusalClass, read_refusal, refusal_class
from adhere.detect.spoofing import Spoof, SpoofKind, role_spoofing
from adhere.detect.text import fold

__all__ = [
    "Hidden", "Refusal", "RefusalClass", "Spoof", "SpoofKind", "blocked_by_filter", "fold",
    "hidden_characters", "read_refusal", "refusal_class", "role_spoofing",
]  # fmt: skip
