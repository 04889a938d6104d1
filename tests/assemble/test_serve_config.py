"""adhere.toml: what is wrong is said with its place."""

from __future__ import annotations

import pytest

from adhere.assemble.serve_config import parse_config
from adhere.errors import InputError
from adhere.serve.keys import hash_key, new_key

GOOD = f"""
[upstreams.up]
url = "https://models.example/v1"

[models.small]
upstreams = ["up"]

[keys.shop]
hash = "{hash_key("x")}"
developer = "shop"

[developers.shop]
requests_per_minute = 60
"""


def test_a_whole_configuration_is_read():
    config = parse_config(GOOD.encode(), name="adhere.toml")
    assert config.developers["shop"].requests_per_minute == 60
    assert config.prompt.tokens == 2000


@pytest.mark.parametrize(
    ("more", "place", "says"),
    [
        ("[listen]\nport = 99999", "adhere.toml:15:1", "<= 65535"),
        ("[listen]\nprot = 1", "adhere.toml:15:1", "unknown field `prot`"),
        ("[upstreams.b]\nurl = 3", "adhere.toml:15:1", "expected `str`"),
        ('[upstreams.b]\nurl = "ftp://x"', "adhere.toml:15:1", "begins with https"),
        ('[models.b]\nupstreams = ["nobody"]', "adhere.toml:15:1", 'no upstream "nobody"'),
        ('[keys.b]\nhash = "plain"', "adhere.toml:15:1", "regex"),
        (f'[keys.b]\nhash = "{hash_key("y")}"', "adhere.toml:14:1", "a developer's, or the"),
        (f'[keys.b]\nhash = "{hash_key("x")}"\nplatform = true', "adhere.toml:15:1", "same key"),
        ('[checks.secrets]\non_error = "open"', "adhere.toml:15:1", "always closed"),
        ("[checks.nothing]", "adhere.toml:14:1", "no such check"),
        ("[next_spec]\nshare = 0.1", "adhere.toml:14:1", "pinned by its digest"),
        ("wrong = 1", "adhere.toml:14:1", "unknown field `wrong`"),
        ("a = = 1", "adhere.toml:14:5", "TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(more, place, says):
    with pytest.raises(InputError) as caught:
        parse_config((GOOD + more).encode(), name="adhere.toml")
    assert caught.value.place.startswith(place)
    assert says in caught.value.message


def test_keys_are_long_and_never_the_same():
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert min(map(len, keys)) >= 48
