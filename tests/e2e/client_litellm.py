"""LiteLLM's SDK as a driver. Its environment must be set before it is imported, so that it calls nobody."""

import asyncio
import os
from types import ModuleType
from typing import Any

from .client import WAIT_S, Ask, Told, gather, gather_async, read


def _litellm() -> ModuleType:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def _members(ask: Ask) -> dict[str, Any]:
    client = {"api_base": ask.base_url, "api_key": ask.api_key, "num_retries": 0, "max_retries": 0, "timeout": WAIT_S}
    client |= {"extra_headers": ask.headers} if ask.billed else {}
    return {**ask.members, **client, "model": f"openai/{ask.model}"}


class LiteLLMSync:
    """`litellm.completion`."""

    name, reasons, streams_choices = "litellm", True, True

    def stream(self, ask: Ask) -> Told:
        return gather(_litellm().completion(**_members(ask), stream=True))

    def whole(self, ask: Ask) -> Told:
        return read(_litellm().completion(**_members(ask)))

    def leave(self, ask: Ask) -> None:
        stream = _litellm().completion(**_members(ask), stream=True)
        next(chunk for chunk in stream if chunk.choices[0].delta.content)
        stream.completion_stream.close()


class LiteLLMAsync:
    """`litellm.acompletion`."""

    name, reasons, streams_choices = "litellm-async", True, True

    def stream(self, ask: Ask) -> Told:
        async def run() -> Told:
            return await gather_async(await _litellm().acompletion(**_members(ask), stream=True))

        return asyncio.run(run())

    def whole(self, ask: Ask) -> Told:
        async def run() -> Told:
            return read(await _litellm().acompletion(**_members(ask)))

        return asyncio.run(run())

    def leave(self, ask: Ask) -> None:
        async def run() -> None:
            stream = await _litellm().acompletion(**_members(ask), stream=True)
            async for chunk in stream:
                if chunk.choices[0].delta.content:
                    break
            await stream.aclose()

        asyncio.run(run())
