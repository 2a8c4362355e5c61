"""Many streams at once: each client gets its own answer, all of it, and nothing of another's."""

import asyncio

import openai

from guard.demo import script

from .client import WAIT_S
from .process import Guard
from .test_client import MASKED_CONTACT

CROWD = 60
ASKS = {"customer": MASKED_CONTACT, "hello": script.PLAIN.content}


async def test_streams_side_by_side_are_not_mixed_up(guard: Guard, demo_model: str) -> None:
    async with openai.AsyncOpenAI(base_url=guard.base_url, api_key="none", max_retries=0, timeout=WAIT_S) as client:

        async def one(ask: str) -> str:
            stream = await client.chat.completions.create(
                model=demo_model, messages=[{"role": "user", "content": ask}], stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

        asks = list(ASKS) * (CROWD // len(ASKS))
        assert await asyncio.gather(*map(one, asks)) == [ASKS[ask] for ask in asks]
