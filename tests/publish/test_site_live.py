"""The live site over a real socket: search and decisions without a script, headers, limits."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
import pytest
from sites import HOSTILE, edition, served
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from adhere.assemble import load_spec
from adhere.assemble.publishing import find_decisions
from adhere.audit import (
    AuditLog,
    Completed,
    LogFolder,
    create_log,
    decision_entry,
    parse_verifier,
)
from adhere.audit.proof import check_inclusion
from adhere.errors import InputError
from adhere.publish.site import Edition, Pages, Site
from adhere.publish.site.live import HEADERS, MOST_URL, reading_app
from adhere.publish.site.searching import SearchIndex
from adhere.resolve import DecisionOutcome, decision
from adhere.spec import Authority

MADE = decision(
    kind="text",
    outcome=DecisionOutcome.BLOCK,
    check="secrets",
    reason_public="A key was about to be shown. <b>",
    reason_full="The key of the platform, sk-1234, was about to be shown.",
    section="secrets",
    authority=Authority.ROOT,
    spec_digest=load_spec("reference").spec_digest,
)


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("decisions") / "decisions.jsonl"
    path.write_bytes(msgspec.json.encode(MADE) + b"\n")
    return path


@pytest.fixture(scope="module")
def address(decisions: Path) -> Iterator[str]:
    versions = (Edition("1-0-0", "1.0.0", load_spec("reference")), edition(HOSTILE, "0.9"))
    site = Site("Test", versions, decisions=find_decisions(decisions), live=True)
    with served(site) as root:
        yield root


def get(
    root: str, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(root).netloc, timeout=20)
    connection.request(
        method, f"/{path}", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


@pytest.mark.parametrize(
    "path",
    ["", "index.html", "read/", "read/index.html", "results/index.html", "changes/index.html",
     "why/index.html", "policy/index.html", "search.html?q=privacy", "section/secrets.html",
     "read/0-9.html", "changes/0-9..1-0-0.html"],
)  # fmt: skip
def test_pages_come_with_every_header(address: str, path: str) -> None:
    response, body = get(address, path)
    assert response.status == 200
    assert b"</html>" in body
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert "unsafe" not in response.headers["content-security-policy"]


def test_every_refusal_has_the_headers_too(address: str) -> None:
    for path, method, status in (
        ("nowhere/at/all.html", "GET", 404),
        ("read/%2e%2e/%2e%2e/etc/passwd", "GET", 404),
        ("index.html", "POST", 405),
        (f"search.html?q={'a' * MOST_URL}", "GET", 414),
    ):
        response, _ = get(address, path, method)
        assert response.status == status, path
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "content-security-policy" in response.headers


def test_a_page_that_is_missing_deep_down_finds_its_style(address: str) -> None:
    _, body = get(address, "a/b/c.html")
    assert b'href="../../assets/site.' in body


def test_search_needs_no_script_and_finds_by_the_beginning_of_a_word(address: str) -> None:
    _, body = get(address, "search.html?q=confiden")
    assert b"Keep confidential text confidential" in body
    assert b"<mark>" in body
    _, part = get(address, "search.html?q=confiden", hx_request="true")
    assert b"<html" not in part
    assert b"Keep confidential text confidential" in part


@pytest.mark.parametrize(
    "query",
    ['"', "a AND", "NEAR(", "title:x", "*", "' OR 1=1 --", "\x00", "ß", "a" * 300, "^", "-"],
)
def test_nothing_of_a_query_is_syntax(address: str, query: str) -> None:
    response, body = get(address, f"search.html?q={quote(query)}")
    assert response.status == 200
    assert b"</html>" in body


def test_what_is_searched_for_stays_text(address: str) -> None:
    _, body = get(address, f"search.html?q={quote('<script>alert(1)</script>')}")
    assert b"<script>alert" not in body
    assert b"&lt;script&gt;alert(1)" in body


def test_an_extract_of_a_hostile_document_stays_text() -> None:
    pages = Pages(Site("T", (edition(HOSTILE, "9"),), live=True))
    index = SearchIndex(pages.entries)
    hits = index.find("window hit")
    assert hits
    assert not any("<script" in str(hit.extract) for hit in hits)


def test_a_decision_is_explained_by_its_id_and_nothing_privileged_is_shown(address: str) -> None:
    bare = MADE.id.removeprefix("sha256:")
    for asked in (MADE.id, bare, f" {bare} "):
        response, _ = get(address, f"why/index.html?id={quote(asked)}")
        assert (response.status, response.headers["location"]) == (303, f"{bare}.html")
    _, body = get(address, f"why/{bare}.html")
    assert b"A key was about to be shown. &lt;b&gt;" in body
    assert b"sk-1234" not in body
    assert b"It was stopped" in body
    for unknown in ("x" * 64, "0" * 64, "sha256:" + "0" * 64):
        response, body = get(address, f"why/index.html?id={unknown}")
        assert response.status == 404
        assert b"No decision with this id" in body


def test_old_names_lead_on_and_what_is_known_is_not_sent_again(address: str) -> None:
    response, _ = get(address, "read/latest.html")
    assert (response.status, response.headers["location"]) == (308, "../read/index.html")
    response, body = get(address, "read/index.html", accept_encoding="gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(body)
    again, nothing = get(address, "read/index.html", if_none_match=response.headers["etag"])
    assert (again.status, nothing) == (304, b"")
    head, nothing = get(address, "read/index.html", "HEAD")
    assert (head.status, nothing) == (200, b"")


def test_assets_may_be_kept_for_ever_and_pages_not(address: str) -> None:
    _, body = get(address, "index.html")
    style = body.split(b'rel="stylesheet" href="')[1].split(b'"')[0].decode()
    response, _ = get(address, style)
    assert "immutable" in response.headers["cache-control"]
    response, _ = get(address, "index.html")
    assert response.headers["cache-control"] == "no-cache"


def test_an_application_beside_it_gets_its_requests_and_the_headers() -> None:
    site = Site(
        "T", (edition("# A {#a authority=user}\n\nB.\n", "1"),), live=True, feedback="say/new"
    )
    said = Mount("/say", routes=[Route("/new", lambda _: PlainTextResponse("hello"))])
    app = reading_app(Pages(site), beside=[said])
    body = Pages(site).page("read/index.html").body.decode()
    assert 'href="../say/new?section=a&amp;version=1"' in body
    assert any(route is said for route in app.routes)


def test_the_static_and_the_live_site_differ_only_in_what_a_server_does() -> None:
    version = edition("# A {#a authority=user}\n\nB.\n", "1")
    static, live = Pages(Site("T", (version,))), Pages(Site("T", (version,), live=True))
    assert {a for a in static.addresses() if a.endswith(".html")} == {
        a for a in live.addresses() if a.endswith(".html")
    }
    text = [p.page("policy/index.html").body.decode().split("<main")[1] for p in (static, live)]
    assert text[0] == text[1]


def test_decisions_come_with_a_proof_of_the_log_that_recorded_them(
    tmp_path: Path, decisions: Path
) -> None:
    folder = tmp_path / "log"
    create_log(folder, tmp_path / "keys", "log.example/test")
    with AuditLog(folder, tmp_path / "keys") as log:
        log.append(
            Completed(
                schema="adhere/audit/1",
                time=datetime(2026, 1, 2, tzinfo=UTC),
                request="r1",
                outcome="blocked",
                decisions=(decision_entry(MADE),),
            )
        )
        log.publish()
    shown = find_decisions(decisions, folder)[MADE.id]
    assert shown.origin == "log.example/test"
    key = parse_verifier(LogFolder(folder).identity.key)
    proved = check_inclusion(shown.proof, key)
    assert proved.index == shown.number
    assert MADE.id in json.dumps(json.loads(proved.entry))
    pages = Pages(Site("T", (edition("# A {#a}\n", "1"),), decisions={MADE.id: shown}))
    page = pages.page(f"why/{MADE.id.removeprefix('sha256:')}.html").body.decode()
    assert "c2sp.org/tlog-proof@v1" in page


def test_what_is_no_decision_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    for line in ("{", "[]", '{"schema": "adhere/decision/1"}', "[" * 100000):
        path.write_text(line)
        with pytest.raises(InputError, match="jsonl:1"):
            find_decisions(path)
