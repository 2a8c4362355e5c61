"""OpenAI's chat, completions, embeddings and models APIs as dialects. They differ in little more than their names."""

from collections.abc import Sequence

import msgspec

from guard.core.frame import Frame
from guard.core.prompt import Prompt
from guard.core.rewrite import Rewrite
from guard.dialects import splice
from guard.dialects.mark import FORM_ALONE, Marks
from guard.dialects.openai_error import error_body
from guard.dialects.openai_reader import Limits, StreamReader, WholeReader
from guard.dialects.openai_request import RequestReader
from guard.dialects.rewriting import rewritten
from guard.errors import GuardError


class OpenAIDialect:
    """Implements `ports.Dialect` for one of the APIs."""

    def __init__(
        self, name: str, *, streams: bool, stream_object: str, whole_object: str, limits: Limits, marks: Marks
    ) -> None:
        self.name = name
        self._streams = streams
        self._stream_object = stream_object
        self._whole_object = whole_object
        self._limits = limits
        self._marks = marks

    def prompt(self, body: bytes) -> Prompt:
        """Reads a request. Raises MalformedRequest."""
        return RequestReader(body, self._limits.json_depth, self._marks).prompt(stream_allowed=self._streams)

    def rewritten(self, prompt: Prompt, changes: Rewrite) -> Prompt:
        """The request with members set or removed. Raises MalformedRequest."""
        return msgspec.structs.replace(prompt, frame=rewritten(prompt.frame, changes, self._limits.json_depth))

    def stream(self, prompt: Prompt) -> StreamReader:
        """A reader for a streamed answer. The client sees usage only if it asked for it."""
        return StreamReader(
            prompt.model,
            self._stream_object,
            self._limits,
            self._marks,
            usage_hidden=prompt.usage_hidden,
            usage_shown=prompt.stream and not prompt.usage_hidden,
        )

    def whole(self, prompt: Prompt) -> WholeReader:
        """A reader for an answer in one JSON body."""
        return WholeReader(prompt.model, self._whole_object, self._limits, self._marks)

    def is_mark(self, text: str) -> bool:
        """Whether a string in a mark's place is one, and no value."""
        return self._marks.is_mark(text)

    def render(self, frame: Frame, texts: Sequence[str] | None) -> bytes:
        """A frame's bytes, as they came or with its texts replaced."""
        return splice.render(frame, texts)

    def refusal(self, error: GuardError, exchange: str, types: Sequence[str] = ()) -> bytes:
        """The body of an error answer."""
        return error_body(error, exchange, types)


def chat(limits: Limits, marks: Marks = FORM_ALONE) -> OpenAIDialect:
    """`POST /v1/chat/completions`."""
    return OpenAIDialect(
        "openai.chat",
        streams=True,
        stream_object="chat.completion.chunk",
        whole_object="chat.completion",
        limits=limits,
        marks=marks,
    )


def completions(limits: Limits, marks: Marks = FORM_ALONE) -> OpenAIDialect:
    """`POST /v1/completions`."""
    return OpenAIDialect(
        "openai.completions",
        streams=True,
        stream_object="text_completion",
        whole_object="text_completion",
        limits=limits,
        marks=marks,
    )


def embeddings(limits: Limits, marks: Marks = FORM_ALONE) -> OpenAIDialect:
    """`POST /v1/embeddings`."""
    return OpenAIDialect(
        "openai.embeddings", streams=False, stream_object="list", whole_object="list", limits=limits, marks=marks
    )
