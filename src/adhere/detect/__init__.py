"""Detectors over text, written once for judge and gateway. Pure: text in, finding out."""

from adhere.detect.filtered import blocked_by_filter
from adhere.detect.refusal import Refusal, RefusalClass, read_refusal, refusal_class
from adhere.detect.text import fold

__all__ = [
    "Refusal", "RefusalClass", "blocked_by_filter", "fold", "read_refusal", "refusal_class",
]  # fmt: skip
