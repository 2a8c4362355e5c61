"""Bundles from an HTTP server: polled with ETags, bounded, kept for a start without it, and verified each time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guard.errors import ConfigError
from guard.policy.bundle import server as bundle_server
from guard.policy.bundle.archive import MOST_PACKED
from guard.policy.bundle.keeping import Kept
from guard.policy.bundle.server import BundleAddress, ServerFeed
from guard.policy.generation import Rules
from guard.policy.live import LivePolicies
from tests.inference.tls import Authority
from tests.policy.bundle_server import BundleServer
from tests.policy.bundle_world import packed
from tests.policy.test_policy_live import followed, policy, version


@pytest.fixture
def server() -> Iterator[BundleServer]:
    with BundleServer(packed(policy(1))) as running:
        yield running


def live(server: BundleServer, kept: Path | None = None, rules: Rules = Rules(), **address: str) -> LivePolicies:  # noqa: B008
    where = BundleAddress(url=server.url, poll_s=0.01, **address)  # type: ignore[arg-type]
    return LivePolicies(ServerFeed(where, Kept(kept) if kept is not None else None), rules)


async def test_it_is_asked_as_opa_asks_and_with_the_etag_of_the_last_bundle(server: BundleServer) -> None:
    policies = live(server)
    await policies.reload(anew=False)
    server.serve(packed(policy(2)), '"2"')
    await policies.reload(anew=False)

    assert [asked.get("if-none-match") for asked in server.asked] == [None, '"1"', '"1"']
    assert server.asked[0]["prefer"] == "modes=snapshot"
    assert "application/vnd.openpolicyagent.bundles" in server.asked[0]["accept"]
    assert (await version(policies), policies.status().reloads) == ("2", 1)


async def test_it_is_polled(server: BundleServer) -> None:
    policies = live(server)

    server.serve(packed(policy(2)), '"2"')
    await followed(policies, "2")


async def test_a_bad_bundle_is_refused_once_and_fetched_once(server: BundleServer) -> None:
    policies = live(server)
    server.serve(packed({"a.rego": "package"}), '"bad"')

    first = await policies.reload(anew=False)
    second = await policies.reload(anew=False)

    assert (first.refused, second.refused, second.error_code) == (1, 1, "config_error")
    assert server.asked[-1]["if-none-match"] == '"bad"'
    assert await version(policies) == "1"


async def test_a_bad_bundle_is_read_again_when_an_administrator_asks(server: BundleServer) -> None:
    policies = live(server)
    server.serve(packed({"a.rego": "package"}), '"bad"')
    await policies.reload(anew=False)

    await policies.reload()

    assert "if-none-match" not in server.asked[-1]


async def test_the_error_of_a_server_that_comes_back_goes(server: BundleServer) -> None:
    policies = live(server)
    server.status = 503
    away = await policies.reload(anew=False)
    server.status = 200
    back = await policies.reload(anew=False)

    assert (away.error_code, back.error_code, back.reloads) == ("bundle_unavailable", "", 0)


Set = Callable[[BundleServer], object]


def answers(status: int = 200, **head: str) -> Set:
    def change(server: BundleServer) -> None:
        server.status, server.etag = status, '"other"'
        server.head = {name.replace("_", "-"): value for name, value in head.items()}

    return change


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (answers(404), "bundle_unavailable", "answers 404: check policy.source"),
        (answers(401), "bundle_unavailable", "check policy.token"),
        (answers(302, location="http://127.0.0.1:1/"), "bundle_unavailable", "a redirect"),
        (answers(content_type="text/html; charset=utf-8"), "bundle_unavailable", "something else than"),
        (lambda server: server.serve(b"x" * (MOST_PACKED + 1), '"2"'), "bundle_too_large", "larger than 16 MiB"),
        (lambda server: server.serve(packed(policy(2))[:-9], '"2"'), "bundle_truncated", "ends before its end"),
        (lambda server: server.serve(packed({"../a": ""}), '"2"'), "bundle_error", "leads elsewhere"),
    ],
)
async def test_an_answer_that_is_no_bundle_is_refused(server: BundleServer, change: Set, code: str, says: str) -> None:
    policies = live(server)
    change(server)

    status = await policies.reload(anew=False)

    assert (status.error_code, says in status.error) == (code, True), status.error
    assert status.error.startswith(server.url)
    assert await version(policies) == "1"


async def test_a_body_that_takes_too_long_is_given_up(server: BundleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = live(server)
    monkeypatch.setattr(bundle_server, "_WHOLE_S", -1.0)
    server.etag = '"2"'

    assert "takes longer" in (await policies.reload(anew=False)).error


async def test_the_token_is_sent_and_never_shown(server: BundleServer) -> None:
    server.token = "a-token"
    with pytest.raises(ConfigError, match=r"policy\.token"):
        live(server)

    assert await version(live(server, token="a-token")) == "1"
    assert "a-token" not in repr(BundleAddress(url="u", poll_s=1, token="a-token"))


async def test_a_server_with_an_authority_of_its_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with BundleServer(packed(policy(1)), authority) as server:
        with pytest.raises(ConfigError, match="can't be reached"):
            live(server)

        assert await version(live(server, ca_file=str(authority.certificate))) == "1"


def test_an_authority_that_can_not_be_read_is_refused(server: BundleServer, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"policy\.ca_file"):
        live(server, ca_file=str(tmp_path / "none.pem"))


async def test_the_last_good_bundle_serves_at_a_start_without_the_server(server: BundleServer, tmp_path: Path) -> None:
    policies = live(server, tmp_path)
    server.serve(packed(policy(2)), '"2"')
    await policies.reload(anew=False)
    server.status = 503

    again = live(server, tmp_path)
    again.start()

    assert (await version(again), again.status().error_code) == ("2", "bundle_unavailable")
    server.status = 200
    assert ((await again.reload(anew=False)).error_code, again.status().reloads) == ("", 0)
    await again.stop()


async def test_the_last_good_bundle_serves_at_a_start_with_a_bad_one(server: BundleServer, tmp_path: Path) -> None:
    live(server, tmp_path)
    server.serve(packed({"a.rego": "package"}), '"bad"')

    again = live(server, tmp_path)

    assert await version(again) == "1"
    assert (await again.reload(anew=False)).error_code == "config_error"


def test_without_a_last_good_one_a_bad_bundle_does_not_boot(server: BundleServer, tmp_path: Path) -> None:
    server.serve(packed({"a.rego": "package"}), '"bad"')

    with pytest.raises(ConfigError, match="line 1"):
        live(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_is_verified_when_it_is_read(server: BundleServer, tmp_path: Path) -> None:
    live(server, tmp_path)
    (tmp_path / "bundle.tar.gz").write_bytes(packed({**policy(1), ".signatures.json": "{}"}))
    server.status = 503

    with pytest.raises(ConfigError, match="as it was kept: is signed") as caught:
        live(server, tmp_path)
    assert caught.value.code == "bundle_signature"


async def test_what_can_not_be_kept_serves_and_says_so(server: BundleServer, tmp_path: Path) -> None:
    policies = live(server, tmp_path / "kept")
    (tmp_path / "kept" / "bundle.tar.gz").unlink()
    (tmp_path / "kept").rmdir()
    (tmp_path / "kept").write_text("a file is in the way")
    server.serve(packed(policy(2)), '"2"')

    status = await policies.reload(anew=False)

    assert (await version(policies), "policy.persist" in status.error) == ("2", True)
