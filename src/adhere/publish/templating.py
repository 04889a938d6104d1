"""The one Jinja2 environment that every page is rendered with.

Pages extend ``base.html.j2`` and fill its blocks ``title``, ``summary`` and ``content``::

    {% extends "base.html.j2" %}
    {% set styles = ["report.css"] %}
    {% block title %}…{% endblock %}
    {% block summary %}…{% endblock %}
    {% block content %}…{% endblock %}

``styles`` names further style sheets beside ``base.css``. All go into one ``<style>`` element, and
the page's content security policy allows that element by its hash and nothing else: no script, no
request, no ``style`` attribute. Text that got past the escaping would still do nothing. A page that
sets ``script`` to the name of one of our own files carries that script, admitted by its hash in the
same way; it must say everything without it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


class Inline(NamedTuple):
    """The content of a ``<style>`` or ``<script>`` element, and the policy source admitting it."""

    text: Markup
    source: str


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the environment: everything is escaped, and a missing name is an error."""
    made = Environment(
        autoescape=True,  # always: select_autoescape would not know the ending .html.j2
        undefined=StrictUndefined,
        loader=PackageLoader("adhere.publish", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def inline(names: list[str]) -> Inline:
        assert made.loader is not None
        text = "".join(made.loader.get_source(made, name)[0] for name in names)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return Inline(Markup(text), f"'sha256-{digest}'")  # noqa: S704  (our own files)

    made.globals["inline"] = inline
    return made
