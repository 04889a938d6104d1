"""Prose to instructions: one port, rules and a model behind it."""

from adhere.extract.conversations import CHAIN_SECTIONS, Interpretation, interpret
from adhere.extract.delegation import delegations
from adhere.extract.extracted import Extracted, Extractor, Kind, Span, Stretch
from adhere.extract.instructions import instructions_of, order_is_kept
from adhere.extract.model import ModelExtractor
from adhere.extract.rules import RuleExtractor, extract_by_rules

__all__ = [
    "CHAIN_SECTIONS", "Extracted", "Extractor", "Interpretation", "Kind", "ModelExtractor",
    "RuleExtractor", "Span", "Stretch", "delegations", "extract_by_rules",
    "instructions_of", "interpret", "order_is_kept",
]  # fmt: skip
