"""The facts of tool calls: what `data.guard.tool` sees of one exchange's calls. Costly ones are gathered once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec

from guard.core.facts import CallFacts, FindingFacts, RequestFacts
from guard.core.finding import Finding
from guard.core.prompt import Prompt
from guard.core.taxonomy import CLASSIFIERS, group_of, severity_of
from guard.core.tool_call import CallKey, ToolCall
from guard.core.tool_facts import OneCall, ToolFacts
from guard.runtime.facts import now
from guard.runtime.prompt_check import PromptCheck
from guard.runtime.tool.argument import Arguments
from guard.runtime.tool.gate import Found
from guard.runtime.tool.history import told, told_of
from guard.runtime.tool.schema import fits
from guard.runtime.tool.source import Sources

_MOST_SCHEMA: Final = 65_536
"""Bytes of a tool's schema; a larger one is fitted by nothing."""


class ToolScene:
    """One exchange, as far as its calls are concerned. `request` is what the policy saw of the request, and where it
    went."""

    def __init__(self, request: RequestFacts, prompt: Prompt, check: PromptCheck) -> None:
        self.request = request
        self._prompt = prompt
        self._check = check

    def offers(self, name: str) -> bool:
        """Whether the request offers a tool of this name."""
        return name in self._schemas

    async def facts(self, call: ToolCall, arguments: Arguments, found: Found, made: Sequence[CallFacts]) -> ToolFacts:
        """What the policy sees of a call. `made` are the answer's calls before it."""
        request, findings = self.request, _findings(call.key, found)
        return ToolFacts(
            identity=request.identity,
            model=request.model,
            backend=request.backend,
            dialect=request.dialect,
            stream=request.stream,
            now=now(),
            tool=self._one(call, arguments),
            client=request.client,
            calls=told_of((*request.calls, *made)),
            sources=await self._sources.of(arguments),
            findings=_summed(findings),
            scores=_scores(findings),
            conversation=request.conversation,
        )

    def _one(self, call: ToolCall, arguments: Arguments) -> OneCall:
        schema = self._schemas.get(call.name)
        read = schema is not msgspec.UNSET
        return OneCall(
            name=call.name,
            offered=self.offers(call.name),
            valid=arguments.readable and read and (schema is None or fits(arguments.value, schema)),
            arguments=arguments.value,
            schema=schema if read else None,
            index=call.key.index or 0,
            choice=call.key.choice,
        )

    @cached_property
    def _schemas(self) -> Mapping[str, object]:
        """The tools that are offered, each with its schema: None without one, UNSET if it can't be read."""
        return {tool.name: _read(tool.schema) for tool in self._prompt.offered}

    @cached_property
    def _sources(self) -> Sources:
        return Sources(tuple(told(self._prompt, self._check)))


def _read(schema: bytes) -> object:
    if not schema:
        return None
    if len(schema) > _MOST_SCHEMA:
        return msgspec.UNSET
    try:
        return msgspec.json.decode(schema)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return msgspec.UNSET


def _findings(key: CallKey, found: Found) -> list[tuple[str, Finding]]:
    """What was found in a call's texts, with the field of each."""
    return [
        (channel.field, finding)
        for channel, findings in found.items()
        if channel.tool == key.index
        for finding in findings
        if not finding.continues and finding.score >= finding.threshold
    ]


def _summed(findings: Sequence[tuple[str, Finding]]) -> tuple[FindingFacts, ...]:
    counts = Counter((finding.type, finding.engine, field) for field, finding in findings)
    scores: dict[tuple[str, str, str], float] = {}
    for field, finding in findings:
        key = finding.type, finding.engine, field
        scores[key] = max(scores.get(key, 0.0), finding.score)
    return tuple(
        FindingFacts(type_, group_of(type_), severity_of(type_), count, scores[type_, engine, field], engine, field)
        for (type_, engine, field), count in counts.items()
    )


def _scores(findings: Sequence[tuple[str, Finding]]) -> Mapping[str, float]:
    """The highest score that each classifier gave a part of the call."""
    scores: dict[str, float] = {}
    for _, finding in findings:
        if finding.engine in CLASSIFIERS:
            scores[finding.engine] = max(scores.get(finding.engine, 0.0), finding.score)
    return scores
