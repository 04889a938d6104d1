"""The lint rules: one a file, in the order of this table."""

from __future__ import annotations

from typing import Final

from adhere.compiler.rules import (
    ambiguous_reference,
    authority_above_parent,
    contradictory_answers,
    dangling_reference,
    duplicate_example_title,
    duplicate_id,
    empty_section,
    empty_title,
    heading_jump,
    marker_without_prompts,
    missing_authority,
    missing_example_title,
    missing_id,
    one_sided_example,
    prompts_of_another_section,
    prompts_without_marker,
    removed_id,
    repeated_marker,
    reused_old_id,
    setting_unresolvable,
    unknown_box,
    unknown_setting,
    unknown_verdict_section,
    unlabelled_answer,
    untested_section,
    vague_wording,
)
from adhere.compiler.rules.parsing import PARSING
from adhere.compiler.rules.rule import Rule, RuleInfo

RULES: Final[tuple[Rule, ...]] = (
    # names and links
    missing_id.RULE,
    duplicate_id.RULE,
    reused_old_id.RULE,
    removed_id.RULE,
    dangling_reference.RULE,
    ambiguous_reference.RULE,
    # structure
    empty_title.RULE,
    heading_jump.RULE,
    empty_section.RULE,
    unknown_box.RULE,
    # authority and wording
    missing_authority.RULE,
    authority_above_parent.RULE,
    vague_wording.RULE,
    # settings
    setting_unresolvable.RULE,
    unknown_setting.RULE,
    # examples
    missing_example_title.RULE,
    duplicate_example_title.RULE,
    unlabelled_answer.RULE,
    one_sided_example.RULE,
    contradictory_answers.RULE,
    unknown_verdict_section.RULE,
    # tests
    untested_section.RULE,
    repeated_marker.RULE,
    marker_without_prompts.RULE,
    prompts_without_marker.RULE,
    prompts_of_another_section.RULE,
)

CATALOGUE: Final[tuple[RuleInfo, ...]] = (
    *PARSING,
    *(RuleInfo(rule.code, rule.severity, rule.summary, rule.why) for rule in RULES),
)
"""Everything a diagnostic may be about: what the compiler finds, then what the linter finds."""

__all__ = ["CATALOGUE", "PARSING", "RULES", "Rule", "RuleInfo"]
