"""The frame of every page: escaping, the content security policy, and colours people can read."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError
from sites import contrast, tokens

from adhere.publish import environment

PAGE = (
    '{% extends "base.html.j2" %}{% block title %}{{ title }}{% endblock %}'
    "{% block content %}<p>{{ words }}</p>{% endblock %}"
)


def render(**values: str) -> str:
    return environment().from_string(PAGE).render(**values)


def test_text_cannot_become_markup() -> None:
    page = render(title="</title><script>alert(1)</script>", words="<img src=x onerror=alert(1)>")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render(title="only a title")


def test_the_policy_admits_exactly_the_style_element() -> None:
    page = render(title="t", words="w")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_every_ink_can_be_read_on_its_ground(scheme: int) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", render(title="t", words="w"), re.S)
    colours = tokens(style)[scheme]
    pairs = [
        (ink, ground)
        for ink in ("ink", "quiet", "link")
        for ground in ("ground", "raised", "sunken")
    ]
    pairs += [(name, f"{name}-ground") for name in ("good", "bad", "warn", "note")]
    pairs += [("ink", f"{name}-ground") for name in ("good", "bad", "warn", "note")]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
