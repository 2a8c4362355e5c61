"""A configuration is sound or refused, with file, line, key and cure; a secret in it never shows."""

import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from msgspec import inspect

from guard.config import Secret, Settings, demo_settings, load, parse_address, schema, starter_policies, with_listen
from guard.errors import ConfigError

ROOT = Path(__file__).parent.parent
DIGEST = "0123456789abcdef" * 4
MINIMAL = "backends: [{name: local, base_url: 'http://127.0.0.1:9001/v1'}]\n"


def written(directory: Path, text: str) -> Path:
    (directory / "policies").mkdir(exist_ok=True)
    path = directory / "guard.yaml"
    path.write_text(text)
    return path


def refusal(directory: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(directory, text), environ or {})
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(f"{directory}/")


def test_one_backend_is_enough(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL), {})
    assert settings.listen == "127.0.0.1:8080"
    assert settings.backends[0].models == ("*",)
    assert settings.backends[0].timeouts.idle_s == 120
    assert settings.policies == str(tmp_path / "policies")
    assert settings.ledger == f"sqlite:///{tmp_path}/guard.db"


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "rules").mkdir()
    text = f"""
listen: 0.0.0.0:9000
backends:
  - name: local
    base_url: https://models.example/v1
    kind: vllm
    api_key: not-a-real-key
    models: [llama-*, qwen]
    timeouts: {{connect_s: 1.5, first_byte_s: 2, whole_s: 4, idle_s: 3}}
    ca_file: ca.pem
keys:
  - {{name: app1, sha256: "{DIGEST}", tenant: acme, tier: mid}}
open: false
policies: rules
ledger: sqlite:////var/lib/guard.db
ledger_flush_ms: 7
limits: {{body_bytes: 2000, json_depth: 5, event_bytes: 3_000, answer_bytes: 4000, exchanges: 6}}
stream: {{lull_ms: 8}}
log: {{level: debug, format: text}}
shutdown_s: 0
"""
    settings = load(written(tmp_path, text), {})
    (backend,) = settings.backends
    assert (settings.listen, backend.kind, backend.models) == ("0.0.0.0:9000", "vllm", ("llama-*", "qwen"))
    assert backend.api_key is not None
    assert backend.api_key.reveal() == "not-a-real-key"
    assert msgspec.structs.astuple(backend.timeouts) == (1.5, 2, 4, 3)
    assert backend.ca_file == str(tmp_path / "ca.pem")
    assert [(key.name, key.sha256, key.tenant, key.tier) for key in settings.keys] == [("app1", DIGEST, "acme", "mid")]
    assert settings.policies == str(tmp_path / "rules")
    assert (settings.ledger, settings.ledger_flush_ms) == ("sqlite:////var/lib/guard.db", 7)
    limits = settings.limits
    assert (limits.body_bytes, limits.json_depth, limits.event_bytes, limits.answer_bytes, limits.exchanges) == (
        2000, 5, 3000, 4000, 6,
    )  # fmt: skip
    assert (settings.stream.lull_ms, settings.log.level, settings.log.format, settings.shutdown_s) == (
        8, "debug", "text", 0,
    )  # fmt: skip


REFUSED = [
    # what is wrong, text, what the message says after the file's name
    ("nothing", "", ": must be a mapping"),
    ("a list", "- backends", ": must be a mapping"),
    ("no backends", "listen: 127.0.0.1:1", ":1: backends: is missing"),
    ("an empty list", "backends: []", ":1: backends: is empty"),
    ("an unknown key", MINIMAL + "lisen: 127.0.0.1:1", ":2: lisen: is an unknown key, did you mean listen?"),
    (
        "an unknown key below",
        MINIMAL + "limits:\n  body_byte: 3000",
        ":3: limits.body_byte: is an unknown key, did you mean body_bytes?",
    ),
    ("a merge key", MINIMAL + "<<: {}", ":2: …: is an unknown key"),
    ("a key twice", MINIMAL + "open: true\nopen: false", ":3: open: stands here a second time"),
    ("a second document", MINIMAL + "---\nopen: true", "holds a second document"),
    ("an alias", MINIMAL + "log: &a {level: info}\nstream: *a", ":3: aliases are not taken"),
    ("an alias to itself", "backends: &a [*a]", ":1: aliases are not taken"),
    ("deep nesting", "backends: " + "[" * 5000 + "]" * 5000, ":1: nested deeper than 32"),
    ("broken YAML", MINIMAL + "log: {", ":2: "),
    ("an object tag", MINIMAL + "ledger: !!python/object:os.system ls", ":2: ledger: must be text"),
    ("a control character", MINIMAL + "ledger: '\x00'", "control characters"),
    ("a number for text", MINIMAL + "policies: 7", ":2: policies: must be text; put it in quotes"),
    ("a word that YAML takes for true", MINIMAL + "policies: on", ":2: policies: must be text; put it in quotes"),
    ("no value", MINIMAL + "policies:", ":2: policies: has no value"),
    ("an empty value", MINIMAL + "policies: ''", ":2: policies: is empty"),
    ("text for a number", MINIMAL + "shutdown_s: '3'", ":2: shutdown_s: must be a whole number, without quotes"),
    ("a fraction for a whole number", MINIMAL + "shutdown_s: 1.5", ":2: shutdown_s: must be a whole number"),
    ("an octal number", MINIMAL + "shutdown_s: 010", ":2: shutdown_s: must be a plain decimal number"),
    ("a number too small", MINIMAL + "limits: {json_depth: 1}", ":2: limits.json_depth: must be at least 4"),
    ("a number too large", MINIMAL + "shutdown_s: 99999", ":2: shutdown_s: must be at most 3600"),
    ("text for a flag", MINIMAL + "open: 'true'", ":2: open: must be true or false"),
    ("text for a mapping", MINIMAL + "limits: 3", ":2: limits: must be a mapping"),
    ("text for a list", MINIMAL + "keys: app1", ":2: keys: must be a list"),
    (
        "an unknown kind",
        "backends: [{name: a, base_url: 'http://a', kind: vlm}]",
        ":1: backends[0].kind: is not known, did you mean vllm?",
    ),
    ("no models", "backends: [{name: a, base_url: 'http://a', models: []}]", ":1: backends[0].models: is empty"),
    (
        "no time at all",
        "backends:\n- name: a\n  base_url: http://a\n  timeouts: {idle_s: 0}",
        ":4: backends[0].timeouts.idle_s: must be more than 0",
    ),
    (
        "endless time",
        "backends: [{name: a, base_url: 'http://a', timeouts: {idle_s: .inf}}]",
        ":1: backends[0].timeouts.idle_s: must be a number like 2.5",
    ),
    (
        "two backends of one name",
        "backends:\n- {name: a, base_url: 'http://a'}\n- {name: a, base_url: 'http://b'}",
        ":3: backends[1].name: names a backend that stands above",
    ),
    ("an odd name", "backends: [{name: 'a b', base_url: 'http://a'}]", ":1: backends[0].name: must be 1 to 64"),
    ("no URL", "backends: [{name: a, base_url: localhost}]", ":1: backends[0].base_url: must be an http or https URL"),
    ("another scheme", "backends: [{name: a, base_url: 'file:///etc'}]", ":1: backends[0].base_url: must be an http"),
    ("a bad port", "backends: [{name: a, base_url: 'http://a:99999'}]", ":1: backends[0].base_url: is not a URL"),
    ("a query", "backends: [{name: a, base_url: 'http://a/?b=c'}]", ":1: backends[0].base_url: must end with its path"),
    ("no authority file", MINIMAL[:-3] + ", ca_file: no.pem}]", ":1: backends[0].ca_file: is not a file"),
    ("no policies", MINIMAL + "policies: nowhere", ":2: policies: must be a directory"),
    ("another database", MINIMAL + "ledger: postgres://a/b", ":2: ledger: must be an sqlite URL"),
    ("two slashes", MINIMAL + "ledger: sqlite://guard.db", ":2: ledger: must be sqlite:///relative.db"),
    ("a key without digest", MINIMAL + "keys: [{name: a}]", ":2: keys[0].sha256: is missing"),
    ("a short digest", MINIMAL + "keys: [{name: a, sha256: abc}]", ":2: keys[0].sha256: must be 64 lower-case hex"),
    (
        "an upper-case digest",
        MINIMAL + f"keys: [{{name: a, sha256: {DIGEST.upper()}}}]",
        ":2: keys[0].sha256: must be 64 lower-case hex",
    ),
    (
        "two keys of one name",
        MINIMAL + f"keys:\n- {{name: a, sha256: {DIGEST}}}\n- {{name: a, sha256: {DIGEST[::-1]}}}",
        ":4: keys[1].name: names a key that stands above",
    ),
    (
        "one key twice",
        MINIMAL + f"keys:\n- {{name: a, sha256: {DIGEST}}}\n- {{name: b, sha256: {DIGEST}}}",
        ":4: keys[1].sha256: is the digest of a key that stands above",
    ),
    ("everyone without a key", MINIMAL + "listen: 0.0.0.0:80", ":2: listen: is reachable from other machines"),
    ("everyone over IPv6", MINIMAL + "listen: '[::]:80'", ":2: listen: is reachable from other machines"),
    ("mapped loopback", MINIMAL + "listen: '[::ffff:10.0.0.1]:80'", ":2: listen: is reachable from other machines"),
    (
        "keys that nobody needs",
        MINIMAL + f"open: true\nkeys: [{{name: a, sha256: {DIGEST}}}]",
        ":2: open: contradicts keys",
    ),
    ("a host name", MINIMAL + "listen: guard.example:80", ":2: listen: must begin with an IP address or localhost"),
    ("no port", MINIMAL + "listen: 127.0.0.1", ":2: listen: must be ADDRESS:PORT"),
    ("port 0", MINIMAL + "listen: 127.0.0.1:0", ":2: listen: must be ADDRESS:PORT"),
    ("bare IPv6", MINIMAL + "listen: '::1:80'", ":2: listen: must have its IPv6 address in brackets"),
    (
        "a variable that is not set",
        MINIMAL + "ledger: ${NOWHERE}",
        ":2: ledger: needs the environment variable NOWHERE",
    ),
    ("a file that is not there", MINIMAL + "ledger: '${file:/no/such}'", ":2: ledger: needs the file /no/such"),
    ("an open reference", MINIMAL + "ledger: '${NOWHERE'", ":2: ledger: has '${' without '}'"),
    ("an odd reference", MINIMAL + "ledger: '${A-B}'", ":2: ledger: has a '${…}' that is neither"),
]


@pytest.mark.parametrize(("text", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_mistake_is_refused_with_its_line_key_and_cure(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


def test_a_file_beyond_all_reason_is_refused(tmp_path: Path) -> None:
    assert "larger than 1048576 bytes" in refusal(tmp_path, MINIMAL + "# " + "x" * (1 << 20))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "guard.yaml", {})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "guard.yaml"
    path.write_bytes(b"backends: \xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(path, {})


@pytest.mark.parametrize(
    ("written_value", "becomes"),
    [
        ("${KEY}", "fake-key"),
        ("Bearer-${KEY}-${KEY}", "Bearer-fake-key-fake-key"),
        ("${file:key.txt}", "key-in-file"),
        ("$${KEY}", "${KEY}"),
        ("$KEY", "$KEY"),
        ("${NESTED}", "${KEY}"),
    ],
)
def test_values_come_from_the_environment_and_from_files(tmp_path: Path, written_value: str, becomes: str) -> None:
    (tmp_path / "key.txt").write_text("key-in-file\n")
    text = f"backends: [{{name: a, base_url: 'http://a', api_key: '{written_value}'}}]"
    settings = load(written(tmp_path, text), {"KEY": "fake-key", "NESTED": "${KEY}"})
    key = settings.backends[0].api_key
    assert key is not None
    assert key.reveal() == becomes


SECRET = "hush-hush-4711"
MISPLACED = [
    # a secret where a mistake may put it
    ("with a space", "backends: [{name: a, base_url: 'http://a', api_key: '${KEY} '}]"),
    ("in the URL", "backends: [{name: a, base_url: 'http://u:${KEY}@a'}]"),
    ("as the kind", "backends: [{name: a, base_url: 'http://a', kind: '${KEY}'}]"),
    ("as a name", "backends: [{name: ' ${KEY}', base_url: 'http://a'}]"),
    ("as the digest", MINIMAL + "keys: [{name: a, sha256: '${KEY}'}]"),
    ("as the address", MINIMAL + "listen: '${KEY}'"),
    ("as the ledger", MINIMAL + "ledger: '${KEY}'"),
    ("written out as a key", MINIMAL + f"{SECRET}: 1"),
    ("written out on a line of its own", MINIMAL + SECRET),
    ("written out as an anchor", MINIMAL + f"ledger: *{SECRET}"),
]


@pytest.mark.parametrize("text", [case[1] for case in MISPLACED], ids=[case[0] for case in MISPLACED])
def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path, text: str) -> None:
    assert SECRET not in refusal(tmp_path, text, {"KEY": SECRET})


def test_a_secret_does_not_show_itself(tmp_path: Path) -> None:
    text = "backends: [{name: a, base_url: 'http://a', api_key: '${KEY}'}]"
    settings = load(written(tmp_path, text), {"KEY": SECRET})
    secret = settings.backends[0].api_key
    assert SECRET not in f"{settings!r} {settings} {secret!r} {secret}"
    with pytest.raises(TypeError):
        msgspec.json.encode(settings)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_are_compared_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:80", True),
        ("127.9.9.9:80", True),
        ("localhost:80", True),
        ("[::1]:80", True),
        ("0.0.0.0:80", False),
        ("10.0.0.1:80", False),
        ("[::]:80", False),
    ],
)
def test_loopback_is_told_from_other_addresses(text: str, loopback: bool) -> None:
    assert parse_address(text).is_loopback is loopback


@pytest.mark.parametrize("more", ["open: true", f"keys: [{{name: a, sha256: {DIGEST}}}]"])
def test_other_machines_are_served_with_keys_or_when_said(tmp_path: Path, more: str) -> None:
    assert load(written(tmp_path, f"{MINIMAL}listen: 0.0.0.0:80\n{more}"), {}).listen == "0.0.0.0:80"


def test_another_address_is_under_the_same_rules(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL), {})
    assert with_listen(settings, "127.0.0.1:9").listen == "127.0.0.1:9"
    with pytest.raises(ConfigError, match=r"--listen: is reachable"):
        with_listen(settings, "0.0.0.0:9")


def test_the_demo_keeps_every_rule(tmp_path: Path) -> None:
    settings = demo_settings("http://127.0.0.1:1/v1", tmp_path)
    assert with_listen(settings, settings.listen) == settings


def test_policies_here_come_before_those_that_guard_brings(tmp_path: Path) -> None:
    brought = starter_policies(tmp_path)
    assert brought.is_dir()
    (tmp_path / "policies").mkdir()
    assert starter_policies(tmp_path) == tmp_path / "policies"


def test_the_example_is_sound_and_says_the_defaults(tmp_path: Path) -> None:
    text = (ROOT / "guard.example.yaml").read_text()
    settings = load(written(tmp_path, text), {"BACKEND_KEY": "fake"})
    plain = load(written(tmp_path, MINIMAL), {})
    assert msgspec.structs.replace(settings, backends=plain.backends) == plain


def test_the_schema_takes_the_example_and_refuses_unknown_keys() -> None:
    document = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(document)
    example = yaml.safe_load((ROOT / "guard.example.yaml").read_text())
    jsonschema.validate(example, document)
    for wrong in ({**example, "lisen": "x"}, {**example, "limits": {"body_byte": 1}}, {}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, document)


def test_every_key_has_a_description_in_the_schema() -> None:
    sections = json.loads(schema())["$defs"].values()
    assert [(s["title"], key) for s in sections for key, p in s["properties"].items() if "description" not in p] == []


def keys_of(kind: inspect.Type, path: str = "") -> Iterator[str]:
    """Every dotted key below a type, as the docs write it."""
    match kind:
        case inspect.Metadata():
            yield from keys_of(kind.type, path)
        case inspect.VarTupleType():
            yield from keys_of(kind.item_type, f"{path}[]")
        case inspect.StructType():
            for field in kind.fields:
                below = f"{path}.{field.name}" if path else field.name
                yield below
                yield from keys_of(field.type, below)


def test_the_docs_list_every_key_and_no_other() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    table = page.partition("## Keys")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    assert sorted(listed) == sorted(keys_of(inspect.type_info(Settings)))
