"""A mistake in the configuration is refused with its file, line, key and cure, and a secret in it is not repeated."""

from pathlib import Path

import pytest

from guard.config import load
from guard.errors import ConfigError
from tests.configuration import DIGEST, MINIMAL, SECRET, written


def refusal(directory: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(directory, text), environ or {})
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(f"{directory}/")


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
        "a candidate that is nowhere",
        MINIMAL + "policy: {candidate: {source: next}}",
        ":2: policy.candidate.source: must be a directory of Rego files, a bundle or its address",
    ),
    (
        "a token for a candidate's directory",
        MINIMAL + f"policy: {{candidate: {{source: policies, token: {SECRET}}}}}",
        ":2: policy.candidate.token: is for a bundle server; take it out",
    ),
    (
        "more than all tenants",
        MINIMAL + "policy: {candidate: {source: policies, tenants_percent: 101}}",
        ":2: policy.candidate.tenants_percent: must be at most 100",
    ),
    ("a log of no kind", MINIMAL + "decisions: {log: [{path: a.log}]}", ":2: decisions.log[0].kind: is missing"),
    ("a log in no file", MINIMAL + "decisions: {log: [{kind: file}]}", "decisions.log[0].path: is missing; name the"),
    ("a log to no service", MINIMAL + "decisions: {log: [{kind: http}]}", "decisions.log[0].url: is missing; name the"),
    (
        "a log's key of another kind",
        MINIMAL + "decisions: {log: [{kind: stdout, path: a.log}]}",
        ":2: decisions.log[0].path: means nothing for kind stdout; remove it",
    ),
    (
        "a log in a directory that is not there",
        MINIMAL + "decisions: {log: [{kind: file, path: logs/a.log}]}",
        ":2: decisions.log[0].path: is in a directory that is not there; create",
    ),
    (
        "two logs to one place",
        MINIMAL + "decisions:\n  log:\n  - {kind: file, path: a.log}\n  - {kind: file, path: a.log}",
        "decisions.log[1]: names a place that stands above",
    ),
    (
        "credentials in a log's URL",
        MINIMAL + f"decisions: {{log: [{{kind: http, url: 'http://u:{SECRET}@a'}}]}}",
        ":2: decisions.log[0].url: must not hold credentials; put them into token",
    ),
    ("a mask elsewhere", MINIMAL + "decisions: {mask: [/labels/id]}", ":2: decisions.mask[0]: must be a JSON pointer"),
    (
        "texts without a key",
        MINIMAL + "decisions: {record: {text: true}}",
        "decisions.record.key: is missing, and texts are kept only sealed",
    ),
    (
        "a short key",
        MINIMAL + f"decisions: {{record: {{key: {SECRET}}}}}",
        ":2: decisions.record.key: is too short; give 16 bytes or more",
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
    ("policies that are no bundle", MINIMAL + "policies: guard.yaml", ":2: policies: is a file that does not end in"),
    ("policies twice", MINIMAL + "policies: policies\npolicy: {source: policies}", ":2: policies: says what"),
    (
        "credentials in a bundle's URL",
        MINIMAL + f"policies: 'https://u:{SECRET}@a/b.tar.gz'",
        ":2: policies: must not hold credentials; put them into policy.token",
    ),
    (
        "a token for a directory",
        MINIMAL + f"policy: {{token: {SECRET}}}",
        ":2: policy.token: is for a bundle server; take it out",
    ),
    (
        "no authority of a bundle server",
        MINIMAL + "policy: {source: 'https://a/b.tar.gz', ca_file: no.pem}",
        ":2: policy.ca_file: is not a file",
    ),
    ("no key to verify with", MINIMAL + "policy: {verify: {}}", ":2: policy.verify: needs key_file, or for an HS"),
    (
        "a secret for a public key's algorithm",
        MINIMAL + f"policy: {{verify: {{secret: {SECRET}}}}}",
        ":2: policy.verify: needs key_file, or for an HS",
    ),
    (
        "a key file that is not there",
        MINIMAL + "policy: {verify: {key_file: no.pem}}",
        ":2: policy.verify.key_file: is not a file",
    ),
    ("polling all the time", MINIMAL + "policy: {poll_s: 0}", ":2: policy.poll_s: must be at least 1"),
    (
        "tests of policies on a server",
        MINIMAL + "opa: {url: 'http://a'}\npolicy: {tests: false}",
        ":3: policy: contradicts opa",
    ),
    (
        "policies here and on a server",
        MINIMAL + "policies: policies\nopa: {url: 'http://127.0.0.1:8181'}",
        ":3: opa: contradicts policies",
    ),
    ("a policy server without a scheme", MINIMAL + "opa: {url: '127.0.0.1:8181'}", ":2: opa.url: must be an http"),
    ("a package with dots", MINIMAL + "opa: {url: 'http://a', path: a.b}", ":2: opa.path: must be a package's name"),
    ("a token in two words", MINIMAL + "opa: {url: 'http://a', token: a b}", ":2: opa.token: must be printable"),
    ("no policy server's authority", MINIMAL + "opa: {url: 'https://a', ca_file: no.pem}", ":2: opa.ca_file: is not"),
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
