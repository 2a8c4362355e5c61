"""What the demo backend says: which answer a request gets, as texts without any wire form.

It must not hold a value that belongs to anyone: domains are RFC 2606's, telephone numbers 555-01xx, the card is the
industry's test number, the AWS key is the one in Amazon's documentation, and the GitHub token's checksum is wrong.
"""

from typing import Final

import msgspec


class ToolCall(msgspec.Struct, frozen=True):
    """One function call. `arguments` is a JSON object as text."""

    name: str
    arguments: str


class Answer(msgspec.Struct, frozen=True):
    """One choice of an answer: what is thought, what is said, and the tool called instead of saying it."""

    content: str = ""
    reasoning: str = ""
    tool: ToolCall | None = None


PLAIN: Final = Answer(
    content=(
        "Happy to help. Ask for a customer, a key, the weather or for why the sky is blue, and watch what reaches you. "
        "This answer has nothing to hide, so every word of it flows on as soon as it is written."
    )
)

CONTACT: Final = Answer(
    content=(
        "The customer is Jane Roe. Write to jane.roe@example.com or call 415-555-0132. "
        "Her card on file is 4111 1111 1111 1111, and the account is in good standing."
    )
)

SECRET: Final = Answer(
    content=(
        "These are the deployment keys. AWS: AKIAIOSFODNN7EXAMPLE. "
        "GitHub: ghp_EXAMPLEexampleEXAMPLEexampleEXAMPLE0. Keep them out of the repository."
    )
)

THOUGHT: Final = Answer(
    reasoning=(
        "The user wants a reason. The ticket came from john.doe@example.org, telephone 212-555-0187, "
        "but that is not needed to explain it."
    ),
    content=(
        "Short waves scatter more than long ones, so the sky is blue by day and red at dusk. "
        "The colleague who asked first, john.doe@example.org, got the same answer."
    ),
)

DONE: Final = Answer(content="Done. The tool has answered and there is nothing left to do.")

_TOOL_ARGUMENTS: Final = (
    '{"to": "jane.roe@example.com", "subject": "Weather in Springfield", "body": "Sunny, 21 degrees."}'
)
_TOOL_WORDS: Final = ("weather", "mail", "tool")
_ANSWERS: Final = (
    (("customer", "contact"), CONTACT),
    (("key", "secret"), SECRET),
    (("think", "why"), THOUGHT),
)


def answer(ask: str, tools: tuple[str, ...], *, may_call: bool = True, after_tool: bool = False) -> Answer:
    """The answer to the last user message.

    `tools` are the functions on offer; without any, a call goes to `send_mail`. `may_call` is False for
    `tool_choice: "none"`, `after_tool` is True when a tool has just answered.
    """
    if after_tool:
        return DONE
    words = ask.lower()
    if may_call and any(word in words for word in _TOOL_WORDS):
        return Answer(tool=ToolCall(tools[0] if tools else "send_mail", _TOOL_ARGUMENTS))
    return next((found for keys, found in _ANSWERS if any(key in words for key in keys)), PLAIN)
