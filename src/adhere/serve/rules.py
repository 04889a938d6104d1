"""What one spec and one configuration come to, worked out before the first request.

A `Rules` never changes. A new spec or configuration is a new one, put in its place whole, so that
a request is decided under one and the same from beginning to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from adhere.resolve import (
    Profile,
    ScopeOfAutonomy,
    SettingsResult,
    ToolSpecs,
    effective_settings,
    unlimited_scope,
)
from adhere.resolve.settings.effective import Step
from adhere.serve.checks import CheckTable
from adhere.serve.config import CheckChoice, Config, DeveloperChoice
from adhere.serve.guarding import Guards, guard_checks
from adhere.serve.keys import Principal
from adhere.serve.prompt import Rendered, render_prompt
from adhere.serve.recent import Recent
from adhere.spec import Authority, Spec, digest_json

_CACHED: Final = 4096


class Agent(msgspec.Struct, frozen=True):
    """What a developer's agents may do."""

    tools: ToolSpecs
    scope: ScopeOfAutonomy
    scoped: bool
    """Whether a scope was given; without one, tools that the service runs itself are not let in."""

    def may_offer(self, name: str, hosted: bool) -> bool:
        """Whether a tool may be offered to the model at all."""
        if not self.scoped:
            return not hosted
        return any(fnmatchcase(name, pattern) for pattern in self.scope.allowed_tools)


class InForce(msgspec.Struct, frozen=True):
    """What holds for a request: settings, facts and the prompt they lead to.

    Attributes:
        settings: Every setting, with its origin.
        refused: What was asked of them and refused.
        digest: Digest of the settings' values.
        facts: What the platform knows.
        prompt: What is put before the conversation.
        message: The same as a message's bytes, for each role a service knows; empty: none.
        most_characters: Most characters of an answer; 0 for as many as come.
    """

    settings: SettingsResult
    refused: tuple[Step, ...]
    digest: str
    facts: Mapping[str, bool | int | str]
    prompt: Rendered
    message: bytes
    most_characters: int


class Rules:
    """The rules in force.

    Args:
        spec: The spec that decides.
        config: The configuration.
        agents: By developer; for the platform under the empty name.
    """

    def __init__(self, spec: Spec, config: Config, agents: Mapping[str, Agent]) -> None:
        self.spec = spec
        self.config = config
        self.agents = agents
        choices = {
            **config.checks,
            **{
                name: CheckChoice(mode=one.mode, on_error=one.on_error, section=one.section)
                for name, one in config.guards.items()
            },
        }
        self.table = CheckTable(spec, choices, guard_checks(config.guards))
        self.guards = Guards(config.guards, spec)
        self._in_force: Recent[bytes, InForce] = Recent(_CACHED)

    def in_force(
        self,
        who: Principal,
        end_user: str,
        asked: Mapping[str, Mapping[str, Any]],
        facts: Mapping[str, bool | int | str],
    ) -> InForce:
        """Return what holds for a request.

        Args:
            who: Whose key it was sent with.
            end_user: The end user's id; empty where it has none.
            asked: Settings that came with the request.
            facts: Facts that came with it, and count.
        """
        known = self.config.developers.get(who.developer, _NOBODY)
        by_id = end_user if end_user in known.users else ""
        key = msgspec.json.encode((who.developer, by_id, asked, facts))
        found = self._in_force.get(key)
        if found is None:
            profile = _merged(known.users.get(by_id, {}), asked)
            found = self._in_force.put(key, self._resolve(known, profile, facts))
        return found

    def _resolve(
        self,
        developer: DeveloperChoice,
        user: Mapping[str, Any],
        given: Mapping[str, bool | int | str],
    ) -> InForce:
        facts = {**self.config.facts, **given}
        named: dict[str, dict[str, Any]] = {}
        for setting in self.spec.settings():
            if setting.id in facts and Authority.SYSTEM in setting.changeable_by:
                named.setdefault(setting.section, {})[setting.id] = facts[setting.id]
        settings = effective_settings(
            self.spec,
            {
                Authority.SYSTEM: Profile("platform", _merged(self.config.platform, named)),
                Authority.DEVELOPER: Profile("developer", developer.settings),
                Authority.USER: Profile("user", user),
            },
        )
        prompt = render_prompt(self.spec, settings, facts, self.config.prompt.tokens)
        message = (
            msgspec.json.encode({"role": "system", "content": prompt.text}) if prompt.text else b""
        )
        values = settings.values()
        limits = [
            most[str(values[address])]
            for address, most in self.config.lengths.items()
            if str(values.get(address)) in most
        ]
        return InForce(
            settings, settings.refused, digest_json(values), facts, prompt, message,
            min(limits, default=0),
        )  # fmt: skip


_NOBODY: Final = DeveloperChoice()


def unguarded_agent() -> Agent:
    """Return what holds for an agent that nobody described."""
    return Agent(ToolSpecs(schema="adhere/tool-specs/1"), unlimited_scope(), False)


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return two tables of settings as one; the second wins."""
    merged = {
        name: dict(table) if isinstance(table, Mapping) else table for name, table in first.items()
    }
    for name, table in second.items():
        if isinstance(table, Mapping) and isinstance(merged.get(name), dict):
            merged[name].update(table)
        else:
            merged[name] = table
    return merged
