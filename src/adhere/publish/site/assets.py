"""Style sheets and scripts of a site, named by a digest so that they can be kept for ever."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from typing import Final

CSS: Final = "text/css; charset=utf-8"
JAVASCRIPT: Final = "text/javascript; charset=utf-8"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
"""The content security policy of every page: nothing inline, nothing from another host."""

_STYLES: Final = (
    "base.css", "charts.css", "site/site.css", "site/read.css", "site/change.css",
    "site/feedback.css",
)  # fmt: skip
_DARK = re.compile(
    r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(?P<tokens>[^}]*)\}\s*\}", re.S
)


class Assets:
    """The files of ``assets/``, by address: content and type."""

    def __init__(self, live: bool) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self.css = self._add("site", "css", stylesheet().encode(), CSS)
        self.script = self._add("site", "js", _file("site.js"), JAVASCRIPT)
        self.theme = self._add("theme", "js", _file("theme.js"), JAVASCRIPT)
        self.icon = self._add("icon", "svg", _file("icon.svg"), "image/svg+xml")
        # The live site searches on the server; the static one in the browser, when asked to.
        engine, name = ("htmx", "htmx.min.js") if live else ("minisearch", "minisearch.js")
        self.engine = self._add(engine, "js", _file(name), JAVASCRIPT)

    def _add(self, name: str, ending: str, data: bytes, kind: str) -> str:
        address = f"assets/{name}.{hashlib.sha256(data).hexdigest()[:10]}.{ending}"
        self.files[address] = (data, kind)
        return address


def stylesheet() -> str:
    """Return the one style sheet of a site.

    The dark colours of its sources follow the system; here a reader's choice (``data-theme``)
    comes before it, without a second list of colours. On paper neither counts.
    """
    templates = files("adhere.publish").joinpath("templates")
    text = "".join(templates.joinpath(name).read_text(encoding="utf-8") for name in _STYLES)
    chosen = (
        "@media screen and (prefers-color-scheme: dark) "
        '{ :root:not([data-theme="light"]) {\\g<tokens>} }\n'
        '@media screen { :root[data-theme="dark"] {\\g<tokens>} }'
    )
    schemes = ':root[data-theme="dark"] { color-scheme: dark; } '
    schemes += ':root[data-theme="light"] { color-scheme: light; }\n'
    return _DARK.sub(chosen, text) + schemes


def _file(name: str) -> bytes:
    return files("adhere.publish").joinpath("assets", name).read_bytes()
