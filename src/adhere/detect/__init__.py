"""Detectors over text, written once for judge and gateway. Pure: text in, finding out."""

from adhere.detect.refusal import RefusalClass, refusal_class
from adhere.detect.text import fold

__all__ = ["RefusalClass", "fold", "refusal_class"]
