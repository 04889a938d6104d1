"""Every page of a site, by its address.

The static site writes them all; the live one renders what is asked for. Both are the same, but for
what only a server can do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote

import msgspec

from adhere import __version__
from adhere.evolve import SpecDiff, diff_specs
from adhere.publish.report_page import interval, percent
from adhere.publish.site import changing, figures
from adhere.publish.site.assets import POLICY, Assets
from adhere.publish.site.evidence import Evidence, csv_of, weakest
from adhere.publish.site.history import History, history
from adhere.publish.site.model import Edition, Site, unique_slugs
from adhere.publish.site.policy import answered, instruments
from adhere.publish.site.prose import Prose, Target, fragment
from adhere.publish.site.reading import Reader, ShownSection, targets_of
from adhere.publish.site.searching import Entry, entries, index_script
from adhere.publish.site.translating import translated
from adhere.publish.templating import environment
from adhere.spec import Authority

HTML: Final = "text/html; charset=utf-8"

LEVELS: Final[dict[Authority, str]] = {
    Authority.ROOT: "Nobody in a conversation can change this: no platform, developer or user.",
    Authority.PLATFORM: "Only the maker of the model can change this. Later versions call it root "
    "or system.",
    Authority.SYSTEM: "The platform that runs the assistant can change this; developers and users "
    "cannot.",
    Authority.DEVELOPER: "A developer who builds a product with the assistant can change this; "
    "users cannot, unless the developer lets them.",
    Authority.USER: "A default for users: the person who uses the assistant can change it, unless "
    "a developer has.",
    Authority.GUIDELINE: "A default that yields even to a hint in the context.",
    Authority.NONE: "Information only; it instructs nobody.",
}
"""What each level means, in words for everyone."""

_ENTRIES: Final = "assets/entries.js"
_NAV: Final = (
    ("read", "read/index.html", "Read"),
    ("results", "results/index.html", "How well is it kept"),
    ("changes", "changes/index.html", "What changed"),
    ("why", "why/index.html", "Why"),
    ("policy", "policy/index.html", "For policymakers"),
)

_DISCUSS: Final = ("feedback", "feedback/latest", "Feedback")


class Page(msgspec.Struct, frozen=True):
    """What an address holds."""

    body: bytes
    type: str = HTML


class Pages:
    """The pages of a site.

    Attributes:
        site: What they show.
        redirects: Addresses that lead to others.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.assets = Assets(site.live)
        self._diffs: dict[tuple[str, str], SpecDiff] = {}
        self._sections: dict[tuple[str, int], tuple[ShownSection, ...]] = {}
        spec = site.current.spec
        listed = list({section.id: section for section in spec.walk()}.values())
        names = unique_slugs([section.id for section in listed])
        self.files = {s.id: f"section/{name}.html" for s, name in zip(listed, names, strict=True)}
        self.redirects = {"read/latest.html": "read/index.html"}
        taken = set(self.files.values())
        for section in listed:
            for old, name in zip(section.old_ids, unique_slugs(list(section.old_ids)), strict=True):
                if old not in self.files and (path := f"section/{name}.html") not in taken:
                    self.redirects[path] = self.files[section.id]
        self._routes = dict(self._all())
        self._nav = (*_NAV, *((_DISCUSS,) if site.feedback else ()))

    # -- what there is ------------------------------------------------------------------------

    def addresses(self) -> list[str]:
        """Return every address, assets and redirects included."""
        return [*self._routes, *self.redirects, *self.assets.files]

    def page(self, address: str) -> Page:
        """Return what an address holds.

        Raises:
            KeyError: There is no such address.
        """
        if address in self.assets.files:
            return Page(*self.assets.files[address])
        if address in self.redirects:
            return self._redirect(address)
        return self._routes[address]()

    def _all(self) -> Mapping[str, Callable[[], Page]]:
        site = self.site
        routes: dict[str, Callable[[], Page]] = {
            "index.html": lambda: self.render("index.html", "overview", "", self._overview()),
            "read/index.html": lambda: self._read("read/index.html", site.current, 0),
            "search.html": lambda: self.search("", ()),
            "404.html": lambda: self.missing(0),
            "results/index.html": self._results,
            "changes/index.html": self._changes,
            "why/index.html": lambda: self.why(""),
            "policy/index.html": self._policy,
            _ENTRIES: lambda: Page(
                index_script(self.entries).encode(), "text/javascript; charset=utf-8"
            ),
        }
        for edition in site.editions:
            for number in range(len(edition.translations) + 1):
                path = self.read_path(edition, number)
                routes[path] = lambda p=path, e=edition, n=number: self._read(p, e, n)  # type: ignore[misc]
        for name, path in self.files.items():
            routes[path] = lambda p=path, n=name: self._section(p, n)  # type: ignore[misc]
        for run in site.runs:
            path = f"results/{run.slug}.html"
            routes[path] = lambda p=path, r=run: self.render(  # type: ignore[misc]
                p, "run", "results", figures.run_page(r)
            )
            csv = f"data/{run.slug}/sections.csv"
            routes[csv] = lambda r=run: Page(csv_of(r.report).encode(), "text/csv; charset=utf-8")  # type: ignore[misc]
        for old, new in changing.pairs(site.editions):
            path = changing.pair_path(old, new)
            routes[path] = lambda p=path, o=old, n=new: self._change(p, o, n)  # type: ignore[misc]
        for name in site.decisions:
            path = why_path(name)
            routes[path] = lambda n=name: self.why(n)  # type: ignore[misc]
        return routes

    def read_path(self, edition: Edition, language: int = 0) -> str:
        """Return the address of a version, in the ``language``-th of its languages."""
        if language:
            code = edition.translations[language - 1].metadata.language
            return f"read/{edition.slug}.{unique_slugs([code])[0]}.html"
        return f"read/{edition.slug}.html"

    # -- rendering ----------------------------------------------------------------------------

    def render(self, path: str, template: str, active: str, values: Mapping[str, Any]) -> Page:
        """Return a page made of a template of ``templates/site``."""
        root = "../" * path.count("/")
        page = environment().get_template(f"site/{template}.html.j2")
        body = page.render(
            site=self.site, root=root, path=path, active=active, nav=self._nav, levels=LEVELS,
            csp=POLICY, css=root + self.assets.css, script=root + self.assets.script,
            theme=root + self.assets.theme, icon=root + self.assets.icon,
            engine=root + self.assets.engine, index=root + _ENTRIES, live=self.site.live,
            version=__version__, percent=percent, interval=interval, fragment=fragment,
            section_path=self.section_path, title_of=self.title_of, why_path=why_path, **values,
        )  # fmt: skip
        return Page(body.encode("utf-8", "replace"))

    def section_path(self, name: str) -> str:
        """Return the address of a section's own page, of whatever id it is known by."""
        path = self.files.get(name)
        if path is None:
            try:
                path = self.files[self.site.current.spec.section(name).id]
            except KeyError:
                return ""
        return path

    def title_of(self, name: str) -> str:
        """Return a section's title; its id where the newest version lacks it."""
        target = self.targets.get(name)
        return target.title if target else name

    def _redirect(self, path: str) -> Page:
        goal = "../" * path.count("/") + self.redirects[path]
        return self.render(path, "moved", "", {"goal": quote(goal)})

    # -- pages --------------------------------------------------------------------------------

    @cached_property
    def targets(self) -> dict[str, Target]:
        """Where ids of the newest version lead."""
        return targets_of(self.site.current.spec)

    @cached_property
    def evidence(self) -> Evidence:
        """What runs say of the newest version."""
        return Evidence(self.site.current.spec, self.site.runs, self.site.scores)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """What can be found by searching."""
        return entries(self._shown(self.site.current, 0), self._prose("", self.site.current))

    @cached_property
    def history(self) -> History:
        """What happened to the sections of the newest version."""
        oldest_first = self.site.editions[::-1]
        diffs = [self.diff(a, b) for a, b in pairwise(oldest_first)]
        return history([(edition.slug, edition.spec) for edition in oldest_first], diffs)

    def diff(self, old: Edition, new: Edition) -> SpecDiff:
        """Return what changed between two versions."""
        key = (old.slug, new.slug)
        if key not in self._diffs:
            self._diffs[key] = diff_specs(old.spec, new.spec)
        return self._diffs[key]

    def _prose(self, path: str, edition: Edition) -> Prose:
        root = "../" * path.count("/")
        base = "" if path.startswith("read/") else f"{root}read/index.html"
        owner = {m.name: s.id for s in edition.spec.walk() for m in s.markers}
        newest = edition is self.site.current

        def about(name: str) -> str:
            page = self.files.get(owner.get(name, ""), "") if newest else ""
            return f"{root}{page}#m-{fragment(name)}" if page else f"#{fragment(name)}"

        marks = about if newest else None
        return Prose(edition.spec, targets_of(edition.spec), base=base, marks=marks)

    def _shown(self, edition: Edition, language: int) -> tuple[ShownSection, ...]:
        key = (edition.slug, language)
        if key not in self._sections:
            prose = self._prose("read/x", edition)
            shown = Reader(edition.spec, prose).sections()
            if language:
                shown = translated(shown, edition, language, prose)
            self._sections[key] = shown
        return self._sections[key]

    def _read(self, path: str, edition: Edition, language: int) -> Page:
        prose = self._prose(path, edition)
        newest = edition is self.site.current
        shown = self._shown(edition, language)
        spec = edition.translations[language - 1] if language else edition.spec
        values = {
            "edition": edition,
            "sections": shown,
            "preamble": Reader(edition.spec, prose).preamble(),
            "language": spec.metadata.language or "en",
            "base_language": edition.spec.metadata.language or "en",
            "languages": [
                (self.read_path(edition, n), text.metadata.language or "en")
                for n, text in enumerate((edition.spec, *edition.translations))
            ],
            "newest": newest,
            "used": _levels(shown),
            "evidence": self.evidence if newest else None,
            "history": self.history if newest else None,
            "labels": self._labels,
        }
        return self.render(path, "read", "read", values)

    @cached_property
    def _by_id(self) -> dict[str, ShownSection]:
        found: dict[str, ShownSection] = {}
        for top in self._shown(self.site.current, 0):
            for shown in top.walk():
                found.setdefault(shown.section.id, shown)
        return found

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {edition.slug: edition.label for edition in self.site.editions}

    def _section(self, path: str, name: str) -> Page:
        values = figures.section_page(self._by_id[name], self.evidence)
        values |= {"events": self.history.events.get(name, ()), "labels": self._labels}
        return self.render(path, "section", "read", values)

    def _overview(self) -> dict[str, Any]:
        spec = self.site.current.spec
        return {
            "sections": sum(section.authority is not None for section in spec.walk()),
            "examples": sum(1 for _ in spec.examples()),
            "settings": sum(1 for _ in spec.settings()),
            "shown": self._shown(self.site.current, 0),
            "weak": weakest(self.site.runs, 3),
            "gaps": [gap for gap in self.evidence.gaps() if not gap.reason],
        }

    def _results(self) -> Page:
        values = figures.results_page(self.site.runs, self.evidence)
        values |= {
            "published": [
                figures.published_page(*one, self.title_of) for one in enumerate(self.site.scores)
            ]
        }
        return self.render("results/index.html", "results", "results", values)

    def _changes(self) -> Page:
        values = {"rows": changing.matrix(self.site.editions, self.diff), "labels": self._labels}
        return self.render("changes/index.html", "changes", "changes", values)

    def _change(self, path: str, old: Edition, new: Edition) -> Page:
        values = changing.change_page(self.diff(old, new), old, new, self.site.editions)
        notes = [
            (edition.label, self._prose(path, edition).block(edition.note))
            for edition in changing.between(self.site.editions, old, new)
            if edition.note
        ]
        return self.render(path, "change", "changes", {**values, "notes": notes})

    def why(self, name: str) -> Page:
        """Return the page of a decision; where it is not known, the one that asks for its id."""
        shown = self.site.decisions.get(name)
        path = why_path(name) if shown else "why/index.html"
        return self.render(path, "why", "why", {"asked": name, "shown": shown})

    def missing(self, depth: int) -> Page:
        """Return the page of an address that holds nothing, ``depth`` folders down."""
        return self.render(f"{'x/' * depth}404.html", "missing", "", {})

    def _policy(self) -> Page:
        spec = self.site.current.spec
        found = answered(spec)
        settings = list(spec.settings())
        values = {
            "topics": found,
            "instruments": instruments(found),
            "by_level": [
                (level, [s for s in spec.walk() if s.authority is level])
                for level in Authority
                if any(s.authority is level for s in spec.walk())
            ],
            "settings": settings,
            "titles": {**dict(_PAGE_TITLES)},
        }
        return self.render("policy/index.html", "policy", "policy", values)

    def search(self, query: str, hits: Any, *, part: bool = False) -> Page:
        """Return the search page; only its results where ``part``."""
        template = "hits" if part else "search"
        return self.render("search.html", template, "", {"query": query, "hits": hits})


_PAGE_TITLES: Final = tuple((key, (address, words)) for key, address, words in _NAV)


def _levels(shown: tuple[ShownSection, ...]) -> set[Authority]:
    """Return the levels that badges name."""
    found = {section.effective for top in shown for section in top.walk()} - {Authority.NONE}
    own = {section.section.authority for top in shown for section in top.walk()}
    return found | {level for level in own if level is not None}


def why_path(name: str) -> str:
    """Return the address of a decision's page."""
    return f"why/{name.removeprefix('sha256:')[:64]}.html"
