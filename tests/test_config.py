"""A sound configuration is read whole, a secret in it never shows, and the page and the schema list every key."""

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
from tests.configuration import DIGEST, MINIMAL, SECRET, written

ROOT = Path(__file__).parent.parent


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


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("", "policies"),
        ("policies: rules.tar.gz", "rules.tar.gz"),
        ("policy: {source: rules.tar.gz, tests: false}", "rules.tar.gz"),
        ("policy: {verify: {key_file: public.pem}}", "policies"),
        ("policies: https://a/b.tar.gz", None),
        ("policy: {source: https://a/b.tar.gz, persist: kept, token: x, poll_s: 5}", None),
    ],
)
def test_policies_come_from_one_place(tmp_path: Path, text: str, source: str | None) -> None:
    for name in ("rules.tar.gz", "public.pem"):
        (tmp_path / name).touch()

    settings = load(written(tmp_path, MINIMAL + text), {})

    assert settings.policy_source == (str(tmp_path / source) if source is not None else "https://a/b.tar.gz")
    assert settings.policy.persist in (None, str(tmp_path / "kept"))
    if settings.policy.verify is not None:
        assert settings.policy.verify.key_file == str(tmp_path / "public.pem")


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


def test_with_an_opa_server_no_policies_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    settings = load(written(tmp_path, MINIMAL + "opa: {url: 'https://opa.example.com', ca_file: ca.pem}"), {})
    assert settings.policies == ""
    assert settings.opa is not None
    assert (settings.opa.path, settings.opa.ca_file) == ("guard", str(tmp_path / "ca.pem"))


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
        case inspect.UnionType():
            for one in kind.types:
                yield from keys_of(one, path)
        case inspect.DictType():
            yield from keys_of(kind.value_type, f"{path}.*")
        case inspect.VarTupleType():
            yield from keys_of(kind.item_type, f"{path}[]")
        case inspect.StructType():
            for field in kind.fields:
                below = f"{path}.{field.encode_name}" if path else field.encode_name
                yield below
                yield from keys_of(field.type, below)


def test_the_docs_list_every_key_and_no_other() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    table = page.partition("## Keys")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    assert sorted(listed) == sorted(keys_of(inspect.type_info(Settings)))
