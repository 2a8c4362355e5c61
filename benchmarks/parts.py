"""Guard's inner parts, put together for measurements without sockets, as the proxy itself puts them together."""

from functools import cache

from guard.app import build_engine
from guard.config import RecognizerSettings
from guard.core.action import Action
from guard.core.plan import Plan
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.ports import Dialect, Engine

PLAN = Plan(actions={"*": Action.REDACT})
"""Redacts whatever is found, so that no answer ends before its end."""


@cache
def engine() -> Engine:
    """Every detector there is. Compiling takes seconds, so it is done once."""
    return build_engine(RecognizerSettings())


def dialect() -> Dialect:
    """OpenAI's chat completions."""
    return openai.chat(Limits())
