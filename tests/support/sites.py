"""Sites to test with: small ones, hostile ones, and a server for them."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest

from adhere.assemble.feedback import FeedbackOptions
from adhere.assemble.serving_site import SiteServer
from adhere.compiler import compile_spec
from adhere.publish.site import Edition, Pages, Site
from adhere.spec import Spec

BAD = "</title></style><script>window.hit=1</script><img src=x onerror='window.hit=2'>"

HOSTILE = f"""+++
title = "{BAD}"
version = "9"
+++

# Honest {{#honest authority=root}}

{BAD}

<script>window.hit=3</script>

<svg onload="window.hit=4"><a xlink:href="javascript:window.hit=5">x</a></svg>

[click](javascript:window.hit=6) [data](data:text/html,<script>window.hit=7</script>)
<javascript:alert(1)>
[odd]( java\tscript:window.hit=8) ![shot](http://evil.example/x.png "t")

<div style="position:fixed;inset:0;background:red" id="main" class="top">over it all</div>

<form action="http://evil.example/"><input name=q autofocus onfocus="window.hit=9"></form>
<iframe src="http://evil.example/"></iframe><base href="http://evil.example/">
<meta http-equiv="refresh" content="0;url=http://evil.example/">
<link rel=stylesheet href=//evil.example/x.css>

</section></main></body></html> unclosed <b><i><table><tr><td>

!!! meta "{BAD.replace('"', "'")}"
    {BAD}

**Example**: {BAD}

~~~xml
<user comment="&lt;script&gt;window.hit=10&lt;/script&gt;">
&lt;script&gt;window.hit=11&lt;/script&gt; {{{{ 7 * 7 }}}}
</user>
<comparison>
<assistant> <!-- GOOD: [x](javascript:window.hit=12) <script>window.hit=13</script> -->
&lt;/div&gt;&lt;/figure&gt;&lt;/section&gt;
</assistant>
<assistant recipient="&quot;&gt;&lt;script&gt;window.hit=14&lt;/script&gt;"> <!-- BAD -->
x
</assistant>
</comparison>
~~~

# {BAD} {{#"><script>window.hit=15</script> authority=user tags=<b> oldids=main,"><i>}}

Words.

# Main {{#main authority=user}}

A section may be called what a page calls a place of its own[^"><script>].

# Main {{#Main authority=user}}

Another, but for letter case. See [?](#main), [?](#nowhere) and [?](#honest).
"""


OLD = """# Kind {#kind authority=user}

The assistant is kind.

**Example**: a greeting

~~~xml
<user>
Hello
</user>
<comparison>
<assistant> <!-- GOOD -->
Hello!
</assistant>
</comparison>
~~~

# Gone {#gone authority=user}

This section is taken out in the next version.
"""
NEW = """+++
language = "en"
+++

# Kind always {#always_kind authority=developer oldids=kind owner=care}

!!! summary "In plain words"
    Kindness first.

The assistant is always kind[^abcd]. See [?](#brief) and [its end](#brief).

**Example**: a greeting

~~~xml
<user>
Hello
</user>
<comparison>
<assistant> <!-- GOOD: warm, as [?](#brief) -->
Hello!
</assistant>
<assistant> <!-- BAD[#brief], however short -->
Go <untrusted>away</untrusted>.
</assistant>
</comparison>
~~~

~~~setting
id = "warmth"
type = "integer"
default = 3
allowed = { min = 1, max = 5 }
changeable_by = ["developer", "user"]
bounds.user = { min = 2, max = 4 }
summary = "How warm."
~~~

# Brief {#brief authority=guideline}

The assistant is brief.
"""
GERMAN = """+++
language = "de"
+++

# Immer freundlich {#always_kind authority=guideline}

Der Assistent ist immer freundlich.
"""


def compiled(text: str, name: str = "spec.md") -> Spec:
    """Compile a document, whatever is found in it."""
    return compile_spec(text.encode(), name=name).require()


def edition(text: str, label: str, *translations: str) -> Edition:
    """Return a version made of a document."""
    slug = label.lower().replace(".", "-")
    return Edition(slug, label, compiled(text), tuple(compiled(one) for one in translations))


def pages_of(*editions: Edition, **more: object) -> Pages:
    """Return the pages of a site of these versions, the newest first."""
    return Pages(Site("Test", editions, **more))  # type: ignore[arg-type]


@contextmanager
def served(site: Site, feedback: FeedbackOptions | None = None) -> Iterator[str]:
    """Serve a site; yields the address of its root, which ends with a slash."""
    server = SiteServer(site, feedback=feedback)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a Chromium, driven by Playwright; the test is skipped where one of them is missing.

    While it runs no other event loop starts in this thread.
    """
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = os.environ.get("ADHERE_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("there is no Chromium (name one in ADHERE_CHROMIUM)")
    with driver.sync_playwright() as started:
        # A test runs where the kernel's sandbox may not; nothing but our own pages is opened.
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def axe_violations(page: Any) -> list[str]:
    """Return what axe-core finds wrong with a page, all its rules asked."""
    base = pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
    script = base.AXE_FILE_PATH.read_text(encoding="utf-8")
    results = page.evaluate(f"{script}; axe.run(document, {{resultTypes: ['violations']}})")
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for one in results["violations"]
        for node in one["nodes"]
    ]


class Seen(HTMLParser):
    """What is in a page: elements, attributes, places, links and text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._words: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(tag)
        self._words.append(" ")
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self._words.append(data)

    @property
    def text(self) -> str:
        """All text, elements apart by a space."""
        return "".join(self._words)

    def values(self, name: str) -> list[str]:
        """Return the values of an attribute."""
        return [value for _, found, value in self.attributes if found == name]


def tokens(style: str) -> list[dict[str, str]]:
    """Return the colours of each ``:root`` of a style sheet, by name, as hexadecimal digits."""
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    return [
        dict(re.findall(r"--([a-z0-9-]+): #([0-9a-f]{6}|[0-9a-f]{3})\b", block)) for block in blocks
    ]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    digits = colour * 2 if len(colour) == 3 else colour
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
