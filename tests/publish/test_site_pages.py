"""The pages of a site: every link leads somewhere, and nothing of a document is believed."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from sites import GERMAN, HOSTILE, NEW, OLD, Seen, edition, pages_of

from adhere.assemble import load_spec
from adhere.assemble.publishing import find_editions
from adhere.errors import InputError, UsageError
from adhere.publish.site import Edition, Pages, Site, write_site
from adhere.publish.site.evidence import draw
from adhere.publish.site.policy import policy_map


@pytest.fixture(scope="module")
def pages() -> Pages:
    return pages_of(edition(NEW, "2.0", GERMAN), edition(OLD, "1.0"))


def everything(pages: Pages) -> dict[str, Seen]:
    return {
        address: Seen(pages.page(address).body)
        for address in pages.addresses()
        if address.endswith(".html")
    }


def lost_links(pages: Pages) -> list[str]:
    """Return the links within the site that lead to no page, or to no place on it."""
    seen = everything(pages)
    places = {address: set(page.values("id")) for address, page in seen.items()}
    known = set(pages.addresses())
    lost = []
    for address, page in seen.items():
        for _, name, value in page.attributes:
            if name not in ("href", "src", "action", "data-search", "data-entries", "data-read"):
                continue
            parts = urlsplit(value)
            if parts.scheme or parts.netloc:
                continue
            here = posixpath.join(posixpath.dirname(address), unquote(parts.path))
            goal = posixpath.normpath(here) if parts.path else address
            fragment = unquote(parts.fragment)
            if goal not in known or (fragment and fragment not in places.get(goal, ())):
                lost.append(f"{address}: {value}")
    return lost


def test_every_link_leads_somewhere(pages: Pages) -> None:
    assert lost_links(pages) == []


def test_every_link_of_the_reference_site_leads_somewhere() -> None:
    spec = load_spec("reference")
    assert lost_links(pages_of(Edition("1-0-0", "1.0.0", spec))) == []


def test_a_link_that_leads_nowhere_is_found(pages: Pages) -> None:
    broken = pages_of(edition("# A {#a}\n\n[x](nowhere.html) [y](#no-such)\n", "1"))
    assert len(lost_links(broken)) >= 2


def test_every_link_of_the_real_spec_leads_somewhere(data_dir: Path) -> None:
    versions = data_dir / "openai_model_spec"
    names = [str(versions / name) for name in ("2025-12-18-rev2", "2025-10-27", "2025-02-12")]
    site = Pages(Site("Model Spec", find_editions(names[0], names[1:])))
    assert lost_links(site) == []


def test_no_page_has_anything_inline_or_from_elsewhere() -> None:
    spec = pages_of(edition(HOSTILE, "9"), edition(OLD, "1.0"))
    for address, page in everything(spec).items():
        assert "style" not in page.elements, address
        assert not {"iframe", "object", "base", "embed"} & set(page.elements), address
        for tag, name, value in page.attributes:
            assert not name.startswith("on"), (address, name)
            assert name != "style", address
            if name in ("src", "action") or (tag == "link" and name == "href"):
                assert "//" not in value, (address, value)
            if name == "href":
                assert urlsplit(value).scheme in ("", "http", "https", "mailto"), (address, value)
        scripts = [attrs for attrs in page.attributes if attrs[0] == "script"]
        assert page.elements.count("script") == sum(name == "src" for _, name, _ in scripts)


def test_places_of_a_hostile_document_do_not_take_those_of_the_page() -> None:
    page = Seen(pages_of(edition(HOSTILE, "9")).page("read/index.html").body)
    twice = [name for name, count in Counter(page.values("id")).items() if count > 1]
    assert twice == []
    assert page.elements.count("main") == 1
    assert "49" not in page.text


def test_names_of_files_differ_by_more_than_letter_case() -> None:
    addresses = pages_of(edition(HOSTILE, "9")).addresses()
    assert len({address.lower() for address in addresses}) == len(addresses)
    assert all(re.fullmatch(r"[\w./-]+", address) for address in addresses)
    assert not any(".." in address.replace("..", "/", 1).split("/") for address in addresses)


def test_an_old_id_leads_to_the_section_and_its_example(pages: Pages) -> None:
    read = Seen(pages.page("read/index.html").body)
    assert {"always_kind", "kind", "kind/a-greeting", "always_kind/a-greeting"} <= set(
        read.values("id")
    )
    moved = pages.page("section/kind.html").body.decode()
    assert "url=../section/always_kind.html" in moved


def test_what_was_taken_out_is_found_where_it_was_last(pages: Pages) -> None:
    read = pages.page("read/index.html").body.decode()
    assert '<li id="gone">' in read
    assert 'href="../read/1-0.html#gone"' in read


def test_a_section_shows_authority_summary_setting_and_history(pages: Pages) -> None:
    read = Seen(pages.page("read/index.html").body)
    assert "level-developer" in read.values("popovertarget")
    assert "Kindness first." in read.text
    row = re.sub(r"\s+", " ", read.text)
    assert "Unless somebody does 3" in row
    assert "System may not change it" in row
    assert "2 to 4" in row
    assert "Untrusted text: no authority" in row
    assert "Changed in 2.0" in row


def test_an_automatic_reference_has_the_title_of_its_section(pages: Pages) -> None:
    read = pages.page("read/index.html").body.decode()
    assert '<a href="#brief">Brief</a> and <a href="#brief">its end</a>' in read


def test_a_paragraph_keeps_its_permalink_when_others_change() -> None:
    def links(text: str) -> set[str]:
        page = pages_of(edition(text, "1")).page("read/index.html").body
        return {name for name in Seen(page).values("id") if ":" in name}

    more = NEW.replace("The assistant is brief.", "Another.\n\nThe assistant is brief.")
    assert links(NEW) < links(more)


def test_a_translation_shows_its_words_the_authority_of_the_original_and_what_it_lacks(
    pages: Pages,
) -> None:
    page = Seen(pages.page("read/2-0.de.html").body)
    assert "Der Assistent ist immer freundlich." in page.text
    assert "The assistant is brief." in page.text
    assert page.text.count("not translated") == 1
    assert ("section", "lang", "en") in page.attributes
    assert ("main", "lang", "de") in page.attributes
    assert "level-developer" in page.values("popovertarget")  # and not the translation's guideline


def test_what_changed_says_so_side_by_side(pages: Pages) -> None:
    page = pages.page("changes/1-0..2-0.html").body.decode()
    assert re.search(r"<ins>[^<]*always", page)
    assert "renamed from kind" in page
    assert page.count('class="was"') >= 1


def test_any_two_versions_have_a_page() -> None:
    texts = [NEW.replace("brief.", f"brief, {n} times.") for n in range(4)]
    many = pages_of(*(edition(text, str(n)) for n, text in reversed(list(enumerate(texts)))))
    found = [a for a in many.addresses() if ".." in a]
    assert len(found) == 6
    assert "changes/0..3.html" in found


def test_provisions_are_not_called_verified_when_nobody_has(pages: Pages) -> None:
    text = Seen(pages.page("policy/index.html").body).text
    unverified = [one for one in policy_map().provision if not one.verified_by]
    assert text.count("not verified") == len(unverified)
    topics = {topic.id for topic in policy_map().topic}
    assert all(set(one.topics) <= topics for one in policy_map().provision)


def test_a_site_is_replaced_as_a_whole_and_nothing_else_is(pages: Pages, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write_site(pages, folder)
    (folder / "stale.html").write_text("old")
    written = write_site(pages, folder)
    assert not (folder / "stale.html").exists()
    assert written.files == sum(path.is_file() for path in folder.rglob("*")) - 1
    other = tmp_path / "home"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(UsageError):
        write_site(pages, other)
    assert (other / "letter.txt").read_text() == "dear"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_version_named_twice_and_a_translation_without_language_are_refused(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.md").write_text('+++\nversion = "1"\n+++\n\n# A {#a}\n')
    with pytest.raises(UsageError, match='called "1"'):
        find_editions(str(tmp_path / "a"), [str(tmp_path / "b")])
    with pytest.raises(InputError, match="say its language"):
        find_editions(str(tmp_path / "a"), translations=[str(tmp_path / "b")])


def test_versions_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = []
    for version in ("1.10", "1.9", "2.0", "1.2"):
        path = tmp_path / f"{version}.md"
        path.write_text(f'+++\nversion = "{version}"\n+++\n\n# A {{#a}}\n')
        names.append(str(path))
    found = find_editions(names[2], [names[3], names[0], names[1]])
    assert [one.label for one in found] == ["2.0", "1.10", "1.9", "1.2"]


def test_transcripts_are_drawn_by_the_seed_alone() -> None:
    keys = [("m", f"case-{n}", 0) for n in range(100)]
    assert draw(keys, 7) == draw(reversed(keys), 7)
    assert draw(keys, 7) != draw(keys, 8)
    assert len(set(draw(keys, 7))) == 5
    assert len(draw(keys[:3], 7)) == 3
