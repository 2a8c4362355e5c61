"""Roots of bundles: what a manifest does not claim is refused, as the real OPA refuses it."""

import json
from pathlib import Path

import pytest

from guard.errors import BundleError
from guard.policy.bundle.root import package_of
from guard.policy.source import assemble
from tests.opa import run_opa
from tests.policy.bundle_world import packed, write

RULE = "\n\nrequest := {}\n"
OWN = {"a.rego": "package guard" + RULE}

SOUND = [
    ([""], OWN),
    (["guard"], OWN),
    (["/guard/"], OWN),
    (["guard", "limits"], {**OWN, "data.json": '{"limits": {"a": 1}}'}),
    (["guard", "limits/a"], {**OWN, "limits/a/data.json": "{}"}),
    (["guard", "limits/a"], {**OWN, "data.json": '{"limits": {"a": [1]}}'}),
    (["guard", "lib/x-y"], {**OWN, "b.rego": '# a\n\npackage lib["x-y"].z\n\nr := 1\n'}),
    (["guard", "guard_test"], {**OWN, "a_test.rego": "package guard_test\n\ntest_a if true\n"}),
]
WRONG = [
    (["other"], OWN, "do not hold guard"),
    ([], OWN, "do not hold guard"),
    (["guard/sub"], OWN, "a.rego: package guard is outside"),
    (["guard"], {**OWN, "b.rego": "package lib\n\nr := 1\n"}, "b.rego: package lib is outside"),
    (["guard"], {**OWN, "a_test.rego": "package guard_test\n\ntest_a if true\n"}, "package guard_test is outside"),
    (["guard"], {**OWN, "data.json": '{"limits": 1}'}, "data: limits is outside"),
    (["guard", "limits/a"], {**OWN, "data.json": '{"limits": {"b": 1}}'}, "data: limits.b is outside"),
    (["guard", "limits/a"], {**OWN, "data.json": '{"limits": 1}'}, "data: limits is outside"),
    (["guard", "guard/sub"], OWN, "overlap at guard"),
    (["", "guard"], OWN, "overlap"),
    (["guard", "guard"], OWN, "overlap at guard"),
]


def bundled(roots: list[str], files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in {**files, ".manifest": json.dumps({"roots": roots})}.items()}


def taken_by_opa(folder: Path, files: dict[str, bytes]) -> bool:
    archive = write(folder, {"b.tar.gz": packed(files)}) / "b.tar.gz"
    return run_opa("eval", "--bundle", archive, "data").returncode == 0


@pytest.mark.parametrize(("roots", "files"), SOUND)
def test_what_the_roots_hold_is_taken(tmp_path: Path, roots: list[str], files: dict[str, str]) -> None:
    bundle = bundled(roots, files)

    assert assemble(bundle).modules
    assert taken_by_opa(tmp_path, bundle)


@pytest.mark.parametrize(("roots", "files", "says"), WRONG)
def test_what_the_roots_do_not_hold_is_refused(
    tmp_path: Path, roots: list[str], files: dict[str, str], says: str
) -> None:
    bundle = bundled(roots, files)

    with pytest.raises(BundleError) as caught:
        assemble(bundle)

    assert (caught.value.code, says in caught.value.message) == ("bundle_roots", True), caught.value.message
    assert not taken_by_opa(tmp_path, bundle)


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("package guard\n", ("guard",)),
        ("# package a\n\n  # b\npackage  guard.x_1 # c\n", ("guard", "x_1")),
        ('package guard["a b"].c["d.e"]\n', ("guard", "a b", "c", "d.e")),
        ("#\r\npackage\tguard\r\n", ("guard",)),
        ("import data.a\npackage guard\n", None),
        ("packages := 1\n", None),
        ("", None),
    ],
)
def test_a_package_is_read_as_it_is_written(text: str, package: tuple[str, ...] | None) -> None:
    assert package_of(text) == package


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("policy.wasm", "is not Rego"),
        ("x/plan.json", "is not Rego"),
        ("patch.json", "is not Rego"),
        (".manifest", "names WebAssembly"),
    ],
)
def test_what_guard_can_not_honour_is_refused(name: str, says: str) -> None:
    bundle = {"a.rego": OWN["a.rego"].encode(), name: b'{"wasm": [{"entrypoint": "guard/request"}]}'}

    with pytest.raises(BundleError, match=says):
        assemble(bundle)


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("[]", "is no manifest"),
        ('{"roots": "guard"}', "is no manifest"),
        ('{"revision": "a\\nb"}', "odd characters"),
        ('{"file_rego_versions": {"/a.rego": 0}}', "rego_version is not 1"),
        ("{", "not sound JSON"),
    ],
)
def test_a_manifest_that_says_nothing_sound_is_refused(manifest: str, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        assemble({"a.rego": OWN["a.rego"].encode(), ".manifest": manifest.encode()})


def test_the_revision_is_the_manifests() -> None:
    manifest = b'{"revision": "v7", "rego_version": 1, "metadata": {"x": 1}}'

    assert assemble({"a.rego": OWN["a.rego"].encode(), ".manifest": manifest}).revision == "v7"
