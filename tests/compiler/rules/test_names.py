"""Ids, old ids and the links between sections."""

from __future__ import annotations

from typing import Any

from adhere.compiler import Context, compile_spec, lint


def test_missing_id_points_at_the_heading(check: Any) -> None:
    text = """\
        # One {#one}

        ## Two {authority=root}
        """
    assert check("missing-id", text) == [(3, 1, "## Two {authority=root}")]


def test_missing_id_is_content_with_an_id(check: Any) -> None:
    assert check("missing-id", "# One {#one}\n\n## Two {#two}\n") == []


def test_duplicate_id_points_at_the_later_id_itself(check: Any) -> None:
    text = """\
        # Önë {#same authority=root}

        ## Zwei ä {authority=user #same}

        # Samely {#samely}
        """
    assert check("duplicate-id", text) == [(3, 27, "#same")]


def test_duplicate_id_of_headings_without_ids_points_at_the_heading(check: Any) -> None:
    assert check("duplicate-id", "# One\n\n# One\n") == [(3, 1, "# One")]


def test_different_ids_are_no_duplicates(check: Any) -> None:
    assert check("duplicate-id", "# One {#one}\n\n# One {#one_b}\n") == []


def test_an_old_id_may_not_be_the_id_of_another_section(check: Any) -> None:
    text = "# One {#one}\n\n# Two {#two oldids=zero,one,on}\n"
    assert check("reused-old-id", text) == [(3, 25, "one")]


def test_an_old_id_may_be_claimed_once(check: Any) -> None:
    text = "# One {#one oldids=a}\n\n# Two {#two oldids=b,a}\n\n# Three {#three oldids=a}\n"
    assert check("reused-old-id", text) == [(3, 22, "a"), (5, 24, "a")]


def test_an_old_id_may_not_be_ones_own(check: Any) -> None:
    assert check("reused-old-id", "# One {#one oldids=one}\n") == [(1, 20, "one")]


def test_ids_of_a_heading_over_two_lines_are_reported_at_the_heading(check: Any) -> None:
    heading = "One\nmore {#one oldids=one}\n==="
    assert check("reused-old-id", heading + "\n") == [(1, 1, heading)]


def test_old_ids_of_nobody_else_are_fine(check: Any) -> None:
    text = "# One {#one oldids=a,b}\n\n# Two {#two oldids=c}\n"
    assert check("reused-old-id", text) == []


def test_removed_id_points_at_the_section_of_the_same_title(check: Any) -> None:
    now, before = "# New {#new}\n\n# Kept {#kept_b}\n", "# Kept {#kept}\n"
    assert check("removed-id", now, since=before) == [(3, 1, "# Kept {#kept_b}")]


def test_removed_id_points_at_the_nearest_survivor(check: Any) -> None:
    now = "# Intro {#intro}\n\n# Style {#style}\n"
    before = "# Intro {#intro}\n\n# Style {#style}\n\n## Tone {#tone}\n\n### Wit {#wit}\n"
    heading = (3, 1, "# Style {#style}")
    assert check("removed-id", now, since=before) == [heading, heading]


def test_removed_id_without_any_survivor_points_at_the_beginning(check: Any) -> None:
    assert check("removed-id", "# A {#a}\n", since="# B {#b}\n") == [(1, 1, "")]


def test_an_id_that_is_an_old_id_now_is_not_removed(check: Any) -> None:
    now, before = "# B {#b oldids=a}\n", "# A {#a}\n\n## B {#b}\n"
    assert check("removed-id", now, since=before) == []


def test_without_an_older_version_nothing_is_removed(check: Any) -> None:
    assert check("removed-id", "# A {#a}\n") == []


def test_dangling_references_in_prose_boxes_and_comments(check: Any) -> None:
    text = """\
        # One {#one}

        Ä [?](#gone) and [the one](#one).

        !!! meta "Rationale"
            See [this](#lost).

        **Example**: links

        ~~~xml
        <user>Hi</user>
        <comparison>
        <assistant><!-- BAD: see [?](#away) -->Hm</assistant>
        </comparison>
        ~~~
        """
    assert check("dangling-reference", text) == [
        (3, 3, "[?](#gone)"),
        (6, 9, "[this](#lost)"),
        (13, 26, "[?](#away)"),
    ]


def test_references_to_ids_and_old_ids_do_not_dangle(check: Any) -> None:
    text = "# One {#one oldids=uno}\n\n[?](#uno), [?](#one), [out](https://example.org/#x)\n"
    assert check("dangling-reference", text) == []


def test_a_dangling_reference_is_told_what_was_meant(check: Any) -> None:
    spec = compile_spec(b"# White lies {#white_lies}\n\n[?](#White-Lies)\n").require()
    (found,) = lint(Context(spec))
    assert found.remedy == 'did you mean "#white_lies"?'


def test_ambiguous_reference_to_a_repeated_id(check: Any) -> None:
    text = "# One {#one}\n\n# Uno {#one}\n\nSee [?](#one).\n"
    assert check("ambiguous-reference", text) == [(5, 5, "[?](#one)")]


def test_ambiguous_reference_to_an_old_id_claimed_twice(check: Any) -> None:
    text = "# A {#a oldids=x}\n\n# B {#b oldids=x}\n\n[?](#x)\n"
    assert check("ambiguous-reference", text) == [(5, 1, "[?](#x)")]


def test_the_present_holder_of_an_id_is_not_ambiguous(check: Any) -> None:
    text = "# A {#a oldids=c}\n\n# B {#b oldids=c}\n\n# C {#c}\n\n[?](#c) [?](#a)\n"
    assert check("ambiguous-reference", text) == []
