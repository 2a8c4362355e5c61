"""Says in one line why the application can't start, or did not stop in good order. It must not touch requests.

The server logs such errors without their message, for it can't know that ours are safe to show.
"""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import click

from guard.errors import GuardError

Application = Callable[[Any, Any, Any], Awaitable[None]]


def outspoken(app: Application) -> Application:
    """The same application; a GuardError that ends its lifespan is told on standard error as well."""

    async def call(scope: MutableMapping[str, Any], receive: object, send: object) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        try:
            await app(scope, receive, send)
        except* GuardError as group:
            for error in _leaves(group):
                click.echo(f"guard: {error.message}", err=True)
            raise

    return call


def _leaves(group: BaseExceptionGroup[GuardError]) -> Iterator[GuardError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
