"""Headings, empty sections, boxes, levels."""

from __future__ import annotations

from typing import Any


def test_empty_title(check: Any) -> None:
    assert check("empty-title", "# A {#a}\n\n## {#b}\n") == [(3, 1, "## {#b}")]
    assert check("empty-title", "# A {#a}\n") == []


def test_heading_jump(check: Any) -> None:
    text = "# A {#a}\n\n### B {#b}\n\n## C {#c}\n\n### D {#d}\n"
    assert check("heading-jump", text) == [(3, 1, "### B {#b}")]


def test_going_up_several_levels_is_no_jump(check: Any) -> None:
    text = "# A {#a}\n\n## B {#b}\n\n### C {#c}\n\n# D {#d}\n"
    assert check("heading-jump", text) == []


def test_a_section_with_nothing_at_all(check: Any) -> None:
    text = "# A {#a}\n\n## B {#b}\n\n<!-- later -->\n"
    assert check("empty-section", text) == [(3, 1, "## B {#b}")]


def test_a_level_without_words(check: Any) -> None:
    text = '# A {#a authority=root}\n\n!!! meta "Why"\n    Because.\n\n## B {#b}\n\nWords.\n'
    assert check("empty-section", text) == [(1, 1, "# A {#a authority=root}")]


def test_headings_that_group_and_boxes_that_comment_are_not_empty(check: Any) -> None:
    text = '# A {#a}\n\n## B {#b authority=root}\n\nWords.\n\n## C {#c}\n\n!!! meta "M"\n    C.\n'
    assert check("empty-section", text) == []


def test_unknown_box_points_at_its_kind(check: Any) -> None:
    text = '# A {#a}\n\n!!! warning "Careful"\n    Text.\n\n!!! "No kind"\n    Text.\n'
    assert check("unknown-box", text) == [(3, 5, "warning"), (6, 1, "!!!")]


def test_known_boxes(check: Any) -> None:
    text = '# A {#a}\n\n!!! meta "M"\n    Text.\n\n!!! summary "S"\n    Text.\n'
    assert check("unknown-box", text) == []


def test_a_section_that_instructs_needs_a_level(check: Any) -> None:
    text = "# R {#r}\n\n## A {#a authority=root}\n\nX.\n\n## B {#b}\n\nIt should help.\n"
    assert check("missing-authority", text) == [(7, 1, "## B {#b}")]


def test_levels_are_not_inherited(check: Any) -> None:
    text = "# A {#a authority=root}\n\nX.\n\n## B {#b}\n\nNever lie.\n"
    assert check("missing-authority", text) == [(5, 1, "## B {#b}")]


def test_in_a_document_without_levels_everything_that_instructs_is_told(check: Any) -> None:
    text = "# A {#a}\n\nIt must help.\n\n# B {#b}\n\nWords.\n"
    assert check("missing-authority", text) == [(1, 1, "# A {#a}")]


def test_labelled_answers_and_settings_need_a_level_even_in_an_overview(check: Any) -> None:
    text = """\
        # Overview {#overview}

        **Example**: labelled

        ~~~xml
        <user>Hi</user>
        <assistant><!-- GOOD -->Hi</assistant>
        ~~~

        # Definitions {#definitions}

        ~~~setting
        id = "x"
        type = "boolean"
        default = true
        changeable_by = ["user"]
        ~~~

        # Rule {#rule authority=root}

        Help.
        """
    assert check("missing-authority", text) == [
        (1, 1, "# Overview {#overview}"),
        (10, 1, "# Definitions {#definitions}"),
    ]


def test_introductions_and_overviews_need_no_level(check: Any) -> None:
    text = """\
        # Overview {#overview}

        The assistant should be useful.

        # Rules {#rules}

        The assistant must keep these.

        ## Contents {#contents}

        A list of the rules.

        ## Help {#help authority=root}

        The assistant must help.
        """
    assert check("missing-authority", text) == []


def test_a_level_above_the_section_around(check: Any) -> None:
    text = (
        "# A {#a authority=user}\n\nX.\n\n## B {#b}\n\nX.\n\n### C {#c authority=developer}\n\nX.\n"
    )
    assert check("authority-above-parent", text) == [(9, 1, "### C {#c authority=developer}")]


def test_equal_and_lower_levels_inside(check: Any) -> None:
    text = (
        "# A {#a authority=root}\n\nX.\n\n## B {#b authority=platform}\n\nX.\n\n"
        "## C {#c authority=user}\n\nX.\n\n# D {#d authority=root}\n\nX.\n"
    )
    assert check("authority-above-parent", text) == []
