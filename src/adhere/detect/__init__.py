"""Detectors over text, written once for judge and gateway. Pure: text in, finding out."""

from adhere.detect.credentials import Credentials
from adhere.detect.exfiltration import Exfiltration, PrivateContent
from adhere.detect.filtered import blocked_by_filter
from adhere.detect.finding import Detector, Finding
from adhere.detect.invisible import Hidden, hidden_characters
from adhere.detect.leak import Leak
from adhere.detect.neutral import Neutral, mark_untrusted, neutralise
from adhere.detect.paraphrase import Paraphrase
from adhere.detect.phrases import Phrase, Phrases
from adhere.detect.privileged import PrivilegedIndex, PrivilegedText
from adhere.detect.refusal import Refusal, RefusalClass, read_refusal, refusal_class
from adhere.detect.spoofing import Spoof, SpoofKind, role_spoofing
from adhere.detect.stream import Scanned, StreamScanner
from adhere.detect.text import fold
from adhere.detect.view import Hold, View

__all__ = [
    "Credentials", "Detector", "Exfiltration", "Finding", "Hidden", "Hold", "Leak", "Neutral",
    "Paraphrase", "Phrase", "Phrases", "PrivateContent", "PrivilegedIndex", "PrivilegedText",
    "Refusal", "RefusalClass", "Scanned", "Spoof", "SpoofKind", "StreamScanner", "View",
    "blocked_by_filter", "fold", "hidden_characters", "mark_untrusted", "neutralise",
    "read_refusal", "refusal_class", "role_spoofing",
]  # fmt: skip
