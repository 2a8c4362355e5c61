"""The embedded policy engine: a directory of Rego, compiled at boot, asked in this process.

It calls nobody and keeps no request. A policy that can't answer an example request does not boot.
"""

from pathlib import Path
from typing import Final

import msgspec

from guard.core.decision import Decision, Denial
from guard.core.facts import Identity, MessageFacts, RequestFacts
from guard.errors import ConfigError, PolicyError
from guard.policy.decision import parse_decision
from guard.policy.document import input_document
from guard.policy.program import Program
from guard.policy.source import read

_ENTRYPOINT: Final = "guard/request"
_UNDEFINED: Final = Denial(
    "policy_undefined",
    "the policy has no decision for this request: ask the operator to define data.guard.request for it",
)
_TOO_LARGE: Final = Denial(
    "policy_input_too_large",
    "the request has too many messages, tools or findings to be judged: send fewer at once",
)
_EXAMPLE: Final = RequestFacts(
    identity=Identity(tenant="example", key="example", tier="example"),
    model="example",
    backend="example",
    dialect="openai.chat",
    stream=True,
    choices=1,
    max_tokens=None,
    messages=(MessageFacts(role="user", chars=1),),
    message_count=1,
    tools=(),
    members=(),
    findings=(),
    engines=(),
    prompt_chars=1,
    now="2000-01-01T00:00:00Z",
)


class EmbeddedPolicy:
    """Answers `data.guard.request` from a directory of `.rego` files and an optional `data.json`."""

    def __init__(self, directory: Path) -> None:
        """Reads and compiles the directory, tests aside. Raises ConfigError that names file, line and cure."""
        source = read(directory)
        self._generation = source.generation
        try:
            self._program = Program(source, (_ENTRYPOINT,))
            self.request(_EXAMPLE)
        except ConfigError as error:
            raise ConfigError(f"{directory}: {error.message}") from None
        except PolicyError as error:
            raise ConfigError(f"{directory}: no usable decision on an example request: {error.message}") from None

    @property
    def generation(self) -> str:
        """The first digits of the SHA-256 over file names and contents."""
        return self._generation

    def request(self, facts: RequestFacts) -> Decision:
        """The decision on a request. Raises PolicyError when the engine or its answer is no use.

        Undefined denies with `policy_undefined`, too large a request with `policy_input_too_large`.
        """
        document = input_document(facts)
        if document is None:
            return self._deny(_TOO_LARGE)
        answer = self._program.evaluate(_ENTRYPOINT, document)
        return self._deny(_UNDEFINED) if answer is msgspec.UNSET else parse_decision(answer, self._generation)

    def _deny(self, denial: Denial) -> Decision:
        return Decision(deny=(denial,), generation=self._generation)
