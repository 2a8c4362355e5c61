"""Generations of policies: a good one replaces the last one whole, a bad one leaves it in its place and says why."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from guard.core.facts import Identity
from guard.policy import trying
from guard.policy.bundle.feed import LocalFeed
from guard.policy.bundle.key import VerificationKey
from guard.policy.bundle.signature import Verifier
from guard.policy.generation import Rules
from guard.policy.live import LivePolicies
from guard.policy.point import REQUEST
from tests.policy.bundle_world import FILES, SECRET, built, packed, signed, write

HMAC = ("--signing-key", SECRET, "--signing-alg", "HS256")
SIGNED = Rules(verifier=Verifier(VerificationKey(material=SECRET.encode(), algorithm="HS256")))
NOBODY = Identity(tenant="t", key="k", tier="f")


def policy(version: int) -> dict[str, str]:
    """Policies whose decision says which they are."""
    return {"a.rego": f'package guard\n\nrequest := {{"labels": {{"v": "{version}"}}}}\n'}


def live(path: Path, rules: Rules = Rules()) -> LivePolicies:  # noqa: B008
    return LivePolicies(LocalFeed(path, signed=rules.verifier is not None, look_s=0.2), rules)


async def version(policies: LivePolicies) -> str:
    decision = await policies.engine(NOBODY).request(REQUEST.example)
    return decision.labels["v"]


async def test_what_is_written_serves_at_the_next_reading(tmp_path: Path) -> None:
    policies = live(write(tmp_path, policy(1)))
    first = policies.status()

    write(tmp_path, policy(2))
    status = await policies.reload()

    assert await version(policies) == "2"
    assert (status.reloads, status.refused, status.error) == (1, 0, "")
    assert status.generation != first.generation
    assert status.generation == (await policies.engine(NOBODY).request(REQUEST.example)).generation


async def test_an_engine_that_is_held_answers_as_before(tmp_path: Path) -> None:
    policies = live(write(tmp_path, policy(1)))
    held = policies.engine(NOBODY)

    write(tmp_path, policy(2))
    await policies.reload()

    assert (await held.request(REQUEST.example)).labels == {"v": "1"}
    assert await version(policies) == "2"


FAILING = 'package guard_test\n\nimport data.guard\n\ntest_wrong if guard.request.labels.v == "other"\n'


@pytest.mark.parametrize(
    ("files", "code", "says"),
    [
        ({"a.rego": "package guard\n\nrequest := {\n"}, "config_error", "a.rego: line"),
        ({"a.rego": "package guard\n\nrequest := unknown\n"}, "config_error", "no value"),
        ({"a.rego": 'package guard\n\nrequest := {"actons": {}}\n'}, "config_error", "actions"),
        ({"b_test.rego": FAILING}, "policy_tests_failed", "b_test.rego guard_test.test_wrong"),
        ({"data.json": "{"}, "bundle_error", "data.json: line 1"),
        ({".manifest": '{"roots": ["other"]}'}, "bundle_roots", "do not hold guard"),
        ({".signatures.json": "{}"}, "bundle_signature", "no key is configured"),
    ],
)
async def test_a_bad_change_is_refused_and_the_last_good_one_stays(
    tmp_path: Path, files: Mapping[str, str], code: str, says: str
) -> None:
    policies = live(write(tmp_path, policy(1)))
    before = policies.status()

    write(tmp_path, files)
    status = await policies.reload()

    assert await version(policies) == "1"
    assert (status.error_code, says in status.error) == (code, True), status.error
    assert (status.generation, status.since, status.refused, status.reloads) == (before.generation, before.since, 1, 0)
    assert status.error.startswith(str(tmp_path))
    assert (await policies.reload()).refused == 1  # told once


async def test_what_was_refused_and_is_mended_serves(tmp_path: Path) -> None:
    policies = live(write(tmp_path, policy(1)))
    write(tmp_path, {"a.rego": "package"})
    await policies.reload()

    write(tmp_path, policy(2))

    assert ((await policies.reload()).error_code, await version(policies)) == ("", "2")


async def test_what_was_refused_and_is_taken_back_leaves_no_error_and_no_reload(tmp_path: Path) -> None:
    policies = live(write(tmp_path, policy(1)))
    write(tmp_path, {"a.rego": "package"})
    await policies.reload()

    write(tmp_path, policy(1))
    status = await policies.reload()

    assert (status.error_code, status.error_at, status.reloads, status.refused) == ("", "", 0, 1)


async def test_tests_that_fail_hold_up_no_start_and_no_change_where_they_are_off(tmp_path: Path) -> None:
    policies = live(write(tmp_path, {**policy(1), "a_test.rego": FAILING}), Rules(tests=False))

    write(tmp_path, policy(2))
    await policies.reload()

    assert await version(policies) == "2"


async def test_a_test_that_ends_its_process_ends_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = live(write(tmp_path, policy(1)))
    # The child alone: an engine that aborts can't be had to order.
    monkeypatch.setattr(trying, "__name__", "guard.no_such_module")

    write(tmp_path, {**policy(2), "a_test.rego": FAILING})
    status = await policies.reload()

    assert (status.error_code, await version(policies)) == ("policy_tests_failed", "1")
    assert "end the process" in status.error


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda path, good: path.write_bytes(packed(policy(2))), "bundle_unsigned"),
        (lambda path, good: path.write_bytes(good[: len(good) // 2]), "bundle_truncated"),
        (lambda path, good: path.write_bytes(b"no archive"), "bundle_error"),
        (lambda path, good: path.unlink(), "bundle_error"),
    ],
)
async def test_a_signed_bundle_stays_when_its_file_turns_bad(tmp_path: Path, change, code: str) -> None:  # type: ignore[no-untyped-def]
    good = built(write(tmp_path / "p", FILES), "--revision", "r1", *HMAC)
    path = write(tmp_path, {"served.tar.gz": good}) / "served.tar.gz"
    policies = live(path, SIGNED)

    change(path, good)
    status = await policies.reload()

    assert (status.error_code, status.revision, await version(policies)) == (code, "r1", "1")


async def test_a_directory_is_verified_too_with_every_file_in_it(tmp_path: Path) -> None:
    directory = signed(write(tmp_path / "p", {**FILES, "README.md": "read me"}), *HMAC)
    policies = live(directory, SIGNED)

    write(directory, {"README.md": "read something else"})
    tampered = await policies.reload()
    write(directory, {"README.md": "read me"})
    mended = await policies.reload()
    (directory / ".signatures.json").unlink()
    unsigned = await policies.reload()

    assert [status.error_code for status in (tampered, mended, unsigned)] == ["bundle_tampered", "", "bundle_unsigned"]


async def test_a_new_revision_of_the_same_policies_is_shown(tmp_path: Path) -> None:
    write(tmp_path, {**policy(1), ".manifest": '{"revision": "r1"}'})
    policies = live(tmp_path)
    generation = policies.status().generation

    write(tmp_path, {".manifest": '{"revision": "r2"}'})
    status = await policies.reload()

    assert (status.revision, status.generation) == ("r2", generation)


async def followed(policies: LivePolicies, wanted: str) -> None:
    """Follows the source as Guard does, until a version serves."""
    async with asyncio.timeout(20):
        async for _ in policies._feed.changes():
            await policies.reload(anew=False)
            if await version(policies) == wanted:
                return


async def test_a_directory_is_watched(tmp_path: Path) -> None:
    directory = write(tmp_path / "p", policy(1))
    policies = live(directory)

    write(directory, policy(2))
    await followed(policies, "2")


async def test_a_bundle_that_is_replaced_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path, {"b.tar.gz": packed(policy(1))}) / "b.tar.gz"
    policies = live(path)

    (write(tmp_path, {"next": packed(policy(2))}) / "next").rename(path)
    await followed(policies, "2")


def mounted(mount: Path, number: int) -> None:
    """What a kubelet does to a ConfigMap's mount: a new folder, and `..data` swapped to it."""
    folder = write(mount / f"..2026_{number}", policy(number))
    os.symlink(folder.name, mount / "..data_tmp")
    os.replace(mount / "..data_tmp", mount / "..data")
    for name in policy(number):
        if not (mount / name).exists():
            os.symlink(f"..data/{name}", mount / name)


async def test_a_config_map_that_is_swapped_is_seen(tmp_path: Path) -> None:
    mounted(tmp_path, 1)
    policies = live(tmp_path)

    mounted(tmp_path, 2)
    await followed(policies, "2")

    assert policies.status().reloads == 1


async def test_a_link_that_is_swapped_to_another_directory_is_seen(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / str(number), policy(number))
    os.symlink("1", tmp_path / "current")
    policies = live(tmp_path / "current")

    os.symlink("2", tmp_path / "next")
    os.replace(tmp_path / "next", tmp_path / "current")
    await followed(policies, "2")


async def test_a_directory_that_goes_and_comes_back_is_seen(tmp_path: Path) -> None:
    directory = write(tmp_path / "p", policy(1))
    policies = live(directory)
    directory.rename(tmp_path / "away")
    assert (await policies.reload(anew=False)).error_code == "bundle_error"

    write(directory, policy(2))
    await followed(policies, "2")

    assert policies.status().error_code == ""


async def test_it_follows_by_itself_from_start_to_stop(tmp_path: Path) -> None:
    policies = live(write(tmp_path, policy(1)))
    policies.start()
    write(tmp_path, policy(2))
    async with asyncio.timeout(20):
        while policies.status().reloads == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await policies.stop()

    assert await version(policies) == "2"
