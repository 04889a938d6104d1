"""The nouns of a behaviour specification. Pure: no I/O, no clock, no chance."""

from adhere.spec.authority import Authority
from adhere.spec.digest import digest_bytes, digest_json, digest_plain
from adhere.spec.document import Gap, Metadata, Spec
from adhere.spec.example import Answer, Example, Part, Turn, Verdict
from adhere.spec.section import Block, Box, Marker, Reference, Section
from adhere.spec.setting import Domain, Setting, SettingType, SettingValue
from adhere.spec.span import SourceSpan

__all__ = [
    "Answer", "Authority", "Block", "Box", "Domain", "Example", "Gap", "Marker", "Metadata",
    "Part", "Reference", "Section", "Setting", "SettingType", "SettingValue", "SourceSpan",
    "Spec", "Turn", "Verdict", "digest_bytes", "digest_json",
    "digest_plain",
]  # fmt: skip
