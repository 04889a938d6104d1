"""A spec's Markdown as HTML that can be shown: rendered, then cleaned, then linked.

What a document says is never believed. The parser's HTML goes through nh3 (ammonia) with a closed
list of elements and attributes; only then are our own elements put in, in the places of what the
parser made of ``[?](#id)``, ``[^name]`` and nested fences. Raw HTML can therefore forge at most the
look of a link. Images become links, since a page asks nothing of another host.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote

import msgspec
import nh3
import pyromark
from markupsafe import Markup, escape

from adhere.spec import Spec

_OPTIONS: Final = (
    pyromark.Options.ENABLE_OLD_FOOTNOTES
    | pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
)
_TAGS: Final = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "hr",
        "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "strong", "sub",
        "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
    }
)  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}
_CLASSES: Final = {"sup": {"footnote-reference"}, "code": {"language-xml", "language-setting"}}
_SCHEMES: Final = frozenset({"http", "https", "mailto"})

_HEADING = re.compile(r"<(/?)h[1-6]\b[^>]*>", re.I)
_ALIGN = re.compile(r'<(t[hd]) style="text-align: (left|right|center)">')
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*/>')
_LINK = re.compile(r'<a href="#([^"]*)">(.*?)</a>', re.S)
_MARK = re.compile(r'<sup class="footnote-reference"><a href="#([^"]*)">\d+</a></sup>')
_FENCE = re.compile(r'<pre><code class="language-(xml|setting)">(.*?)</code></pre>', re.S)
_EMPTY_CLASS = re.compile(r' class=""')
_MOST_DEFINITIONS: Final = 200


class Target(msgspec.Struct, frozen=True):
    """What an id of the document leads to: the name of its place on the page, and its words."""

    anchor: str
    title: str


class Prose:
    """Renders the text of one spec.

    Attributes:
        targets: By section id and old id: where a link to it leads.
    """

    def __init__(
        self, spec: Spec, targets: Mapping[str, Target], *, base: str = "",
        marks: Callable[[str], str] | None = None,
    ) -> None:  # fmt: skip
        """Prepare.

        Args:
            spec: Whose text; its language decides about quotation marks.
            targets: By id: where a link to it leads.
            base: The page that holds the places, where it is another than the one rendered for.
            marks: From the name of a ``[^name]`` mark to an address about it; None leaves them out.
        """
        self.targets, self._base, self._marks = targets, base, marks
        self._options = _OPTIONS
        if spec.metadata.language.partition("-")[0] in ("", "en"):
            self._options |= pyromark.Options.ENABLE_SMART_PUNCTUATION
        self._definitions = _definitions(spec)

    def block(self, text: str) -> Markup:
        """Return a block, or several, as HTML."""
        return self._linked(self._clean(f"{self._definitions}{text}"))

    def inline(self, text: str) -> Markup:
        """Return one line of Markdown, such as a title, without a paragraph around it."""
        made = self.block(text).strip()
        if made.startswith("<p>") and made.endswith("</p>") and made.count("<p>") == 1:
            made = made[3:-4]
        return Markup(made)  # noqa: S704  (cleaned above)

    def plain(self, text: str) -> str:
        """Return one line of Markdown as plain text."""
        return html.unescape(nh3.clean(self.inline(text), tags=set()))

    def pieces(self, text: str, fences: int) -> list[Markup]:
        """Return a block cut at its fences of examples and settings, which are left out.

        Where there are not as many as ``fences`` (a fence of backticks looks the same), the block
        comes whole.
        """
        cleaned = self._clean(f"{self._definitions}{text}")
        parts = _FENCE.split(cleaned)
        if len(parts) != 3 * fences + 1:
            parts = [cleaned]
        return [self._linked(part) for part in parts[::3]]

    def _clean(self, text: str) -> str:
        made = pyromark.html(text, options=self._options)
        made = _HEADING.sub(lambda tag: f"<{tag[1]}p>", made)
        made = _ALIGN.sub(r'<\1 align="\2">', made)
        made = _IMAGE.sub(r'<a href="\1">Image: \2</a>', made)
        cleaned = nh3.clean(
            made,
            tags=set(_TAGS),
            attributes=_ATTRIBUTES,
            allowed_classes=_CLASSES,
            url_schemes=set(_SCHEMES),
            link_rel=None,
        )
        return _EMPTY_CLASS.sub("", cleaned)

    def _linked(self, cleaned: str) -> Markup:
        marked = _MARK.sub(self._mark, cleaned)
        return Markup(_LINK.sub(self._link, marked))  # noqa: S704  (cleaned, and our own elements)

    def _mark(self, found: re.Match[str]) -> str:
        if self._marks is None:
            return ""
        name = unquote(html.unescape(found[1]))
        address = escape(self._marks(name))
        return f'<sup><a class="mark" href="{address}">{escape(name)}</a></sup>'

    def _link(self, found: re.Match[str]) -> str:
        name, words = unquote(html.unescape(found[1])), found[2]
        target = self.targets.get(name)
        if target is None:
            return found[0] if words != "?" else f'<span class="broken">{escape(name)}</span>'
        if words == "?":
            words = str(escape(target.title))
        return f'<a href="{escape(self._base)}#{fragment(target.anchor)}">{words}</a>'


def fragment(anchor: str) -> str:
    """Return the name of a place as it is written in an address.

    >>> fragment('be kind/"x"')
    'be%20kind/%22x%22'
    """
    return quote(anchor, safe="/:~,;!@")


def _definitions(spec: Spec) -> str:
    """Return the document's link definitions, which a block needs wherever they stand."""
    lines: list[str] = []
    for section in spec.walk():
        for block in section.blocks:
            if block.kind == "paragraph" and "]: " in block.text:
                for label, found in pyromark.reference_definitions(block.text).items():
                    if not set("<>\n[]") & set(f"{label}{found['dest']}"):
                        lines.append(f"[{label}]: <{found['dest']}>\n")
    return "".join(lines[:_MOST_DEFINITIONS]) + "\n" if lines else ""
