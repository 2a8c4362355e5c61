"""The names engine of one configuration: the token model opened, its batches running, from start to stop."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from guard.errors import ConfigError
from guard.inference.batcher import Batcher, BatchReport
from guard.inference.device import Device
from guard.inference.manifest import NAME as MANIFEST
from guard.inference.manifest import ModelSpec, read_manifest
from guard.inference.opened import Opened
from guard.inference.remote_wire import Remote
from guard.inference.schedule import Limits
from guard.pii.names.gate import Lists
from guard.pii.names.label import Labeller
from guard.pii.names.span import Decoder
from guard.pii.names.stream import FlowingNames
from guard.pii.names.whole import WholeNames

NAME: Final = "names"
"""The engine's name in plans, findings and statuses."""
OFF: Final = "names: nothing; names and addresses are not looked for"


class NameOptions(msgspec.Struct, frozen=True):
    """What the operator chose.

    `directory` holds the manifest. `patience_s` bounds the wait for one verdict. `left_words` and `right_words` are
    what the model reads before and behind what could be a name in an answer. `remote` runs the model elsewhere.
    """

    directory: Path
    patience_s: float
    device: Device
    batch: Limits
    left_words: int = 12
    right_words: int = 4
    remote: Remote | None = None


class Names:
    """Opened at construction; raises ConfigError. `start` and `stop` it on the event loop."""

    def __init__(
        self, spec: ModelSpec, options: NameOptions, observe: Callable[[str, BatchReport], None], lists: Lists
    ) -> None:
        self._opened = Opened(options.directory, options.device, options.remote)
        runner = self._opened.window(spec)
        self._batcher = Batcher(runner, options.batch, lambda report: observe(spec.name, report))
        self.labeller = labeller = Labeller(spec, self._opened.tokens(spec), self._batcher)
        self.decoder = decoder = Decoder(spec, NAME)
        self.statements = self._opened.statements
        """What serves the model."""
        self.text = WholeNames(NAME, labeller, decoder, lists, options.patience_s)
        self.answers = FlowingNames(
            NAME, labeller, decoder, lists, options.patience_s, options.left_words, options.right_words
        )

    def start(self) -> None:
        """Starts the thread that runs the model. Raises ConfigError when an inference server is not ready."""
        self._opened.ready()
        self._batcher.start()

    async def stop(self) -> None:
        """Ends it. What waits fails."""
        await self._batcher.stop()
        self._opened.close()


def open_names(
    options: NameOptions, required: bool, observe: Callable[[str, BatchReport], None] = lambda _model, _report: None
) -> Names | None:
    """The names engine; None without a token model, unless it is required. Raises ConfigError."""
    there = required or (options.directory / MANIFEST).exists()
    specs = read_manifest(options.directory) if there else ()
    spec = next((spec for spec in specs if spec.kind == "token"), None)
    if spec is not None:
        return Names(spec, options, observe, Lists.bundled())
    if required:
        raise ConfigError(
            f"{options.directory}: no token model is there, so names would go unread; add one, or leave "
            "inference.names out"
        )
    return None
