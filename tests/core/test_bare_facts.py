"""Facts for logs and records hold nothing that somebody wrote."""

import msgspec
import pytest

from guard.core.bare_facts import bare, bare_path
from guard.core.facts import CallFacts, Identity, MessageFacts, RequestFacts
from guard.core.tool_facts import OneCall, SourceFacts, ToolFacts

WHO = Identity("acme", "web", "free")
PLANTED = "Ada Lovelace, 4111 1111 1111 1111"


def request(*texts: str) -> RequestFacts:
    messages = tuple(MessageFacts("user", len(text), text=text) for text in texts)
    return RequestFacts(
        WHO,
        "m",
        "local",
        "openai.chat",
        True,
        1,
        None,
        messages,
        len(texts),
        (),
        (),
        (),
        (),
        {},
        1,
        "2026-01-01T00:00:00Z",
    )


def test_texts_of_messages_are_taken_out_and_said_to_be() -> None:
    told, erased = bare(request("", PLANTED))
    assert PLANTED.encode() not in msgspec.json.encode(told)
    assert erased == ("/messages/1/text",)


def test_facts_without_texts_stay_as_they_are() -> None:
    facts = request("", "")
    assert bare(facts) == (facts, ())


def test_a_tools_arguments_schema_and_odd_keys_are_taken_out() -> None:
    call = OneCall("mail", True, True, {"to": PLANTED}, {"description": PLANTED})
    sources = (SourceFacts("$.to", "user"), SourceFacts(f"$.{PLANTED}[0]", "tool"))
    told, erased = bare(ToolFacts(WHO, "m", "local", "openai.chat", True, "now", call, sources=sources))
    assert PLANTED.encode() not in msgspec.json.encode(told)
    assert erased == ("/tool/arguments", "/tool/schema")
    assert isinstance(told, ToolFacts)
    assert [source.path for source in told.sources] == ["$.to", "$.*[0]"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("read_web", "read_web"),
        ("mcp.files:read-2", "mcp.files:read-2"),
        ("a2024_08_06", "*"),
        ("write to ada@example.org", "*"),
        ("ada@example.org", "*"),
        ("t4111111111111111", "*"),
        ("t415-555-0132", "*"),
        ("", ""),
    ],
)
def test_a_called_tool_is_named_if_it_has_a_name(name: str, told: str) -> None:
    facts = ToolFacts(
        WHO, "m", "local", "openai.chat", True, "now", OneCall(name, False, False), calls=(CallFacts(name),)
    )
    seen, _ = bare(facts)
    assert isinstance(seen, ToolFacts)
    assert (seen.tool.name, seen.calls[0].name) == (told, told)
    asked = msgspec.structs.replace(request(""), calls=(CallFacts(name),))
    assert bare(asked)[0] == msgspec.structs.replace(request(""), calls=(CallFacts(told),))


def test_a_paths_keys_stay_where_they_are_names() -> None:
    assert bare_path("$.a_b[3].{0}.c-d") == "$.a_b[3].{0}.c-d"
    assert bare_path("$.123-45-6789.x") == "$.*.x"
