"""Which section of a spec a check rests on, so that a decision can name it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from adhere.spec import Authority, Spec


class Ground(msgspec.Struct, frozen=True, gc=False):
    """The section a check holds somebody to, and its level."""

    section: str
    authority: Authority


Grounds: TypeAlias = Mapping[str, Ground]
"""By name of the check."""

NO_GROUNDS: Final[Grounds] = MappingProxyType({})

_NO_AUTHORITY = ("ignore_untrusted_data", "data_has_no_authority")
_SIDE_EFFECTS = ("control_side_effects", "confirm_actions")
_SCOPE = ("scope_of_autonomy",)
_PRIVILEGED = ("protect_privileged_information", "confidential_text")
_LEAKING = ("ignore_untrusted_data", "no_exfiltration")

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "gate.scope": _SCOPE,
    "gate.unreadable": _SCOPE,
    "gate.egress": _LEAKING,
    "gate.recipient": _SIDE_EFFECTS,
    "gate.tainted": ("ignore_untrusted_data", "value_provenance"),
    "gate.unasked": _NO_AUTHORITY,
    "gate.unasked_recipient": _NO_AUTHORITY,
    "text.leak": _PRIVILEGED,
    "text.secret": ("protect_privacy", "secrets"),
    "text.exfiltration": _LEAKING,
    "text.roles": ("follow_all_applicable_instructions", "claimed_roles"),
    "setting": ("follow_all_applicable_instructions", "apply_instructions"),
}
"""Ids by which the published spec and ours name what each check is about, the published first."""


def grounds(spec: Spec) -> dict[str, Ground]:
    """Return the section of ``spec`` that each check rests on.

    A section is found by its id or one it had before. A check of which the spec says nothing under
    such an id is left out; its decisions name no section.
    """
    levels: dict[str, Ground] = {}
    for section in spec.walk():
        if section.authority is None:
            continue
        found = Ground(section.id, section.authority)
        levels[section.id] = found
        for old in section.old_ids:
            levels.setdefault(old, found)
    return {
        check: levels[named]
        for check, ids in SECTIONS.items()
        if (named := next((one for one in ids if one in levels), None)) is not None
    }
