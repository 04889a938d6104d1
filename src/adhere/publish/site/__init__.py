"""The site people read a spec on, with its results beside it: static, or live."""

from adhere.publish.site.evidence import RunEvidence, Transcript, draw, seed_of
from adhere.publish.site.model import (
    Edition,
    ShownDecision,
    Site,
    notes_by_version,
    slug,
    unique_slugs,
)
from adhere.publish.site.pages import Page, Pages
from adhere.publish.site.static import Written, write_site

__all__ = [
    "Edition", "Page", "Pages", "RunEvidence", "ShownDecision", "Site", "Transcript", "Written",
    "draw", "notes_by_version", "seed_of", "slug", "unique_slugs", "write_site",
]  # fmt: skip
