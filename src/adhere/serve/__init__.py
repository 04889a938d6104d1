"""The gateway: holds any OpenAI-compatible model to a spec, with a record of every decision."""

from adhere.serve.config import Config
from adhere.serve.gateway import Gateway, Release
from adhere.serve.rules import Rules

__all__ = ["Config", "Gateway", "Release", "Rules"]
