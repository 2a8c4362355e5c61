"""Events arrive signed and in the form of CloudEvents; an outage costs attempts, and no exchange waits for one."""

import asyncio
import base64
from collections.abc import Mapping

import msgspec
import pytest

from guard.core.approval import ApprovalEvent, ApprovalQuestion, ApprovalState, ArgumentShape
from guard.core.budget import BudgetAlarm
from guard.core.facts import Identity
from guard.upstream.client import open_transport
from guard.upstream.webhook import Webhook, WebhookAddress
from guard.upstream.webhook_message import signed_headers, signing_key
from tests.upstream.receiver import SECRET, Receiver

pytestmark = pytest.mark.asyncio
WAIT_S = 15

QUESTION = ApprovalQuestion(
    id="01JAPPROVAL",
    exchange="01JEXCHANGE",
    identity=Identity("acme", "app1", "mid", {"sub": "jane"}),
    point="tool",
    reason="it sends mail",
    model="small",
    tool="send_mail",
    arguments=(ArgumentShape("$.to", "string"),),
)
EVENT = ApprovalEvent(
    "01JEVENT", ApprovalState.WAITING, QUESTION, 1_700_000_000_000, 1_700_000_300_000, 1_700_000_000_000
)
DENIED = msgspec.structs.replace(
    EVENT, id="01JOTHER", state=ApprovalState.DENIED, at_ms=1_700_000_001_500, by="alice", reason="not today"
)


def hook(url: str, timeout_s: float = 5, queue: int = 10, pauses_s: tuple[float, ...] = (0, 0, 0)) -> Webhook:
    address = WebhookAddress(url, signing_key(SECRET), "//guard-1/guard", timeout_s, queue, pauses_s)
    return Webhook(address, open_transport(None))


def counted(webhook: Webhook) -> Mapping[str, int]:
    return {name: count for name, count in webhook.figures().items() if count}


async def told(webhook: Webhook, *events: ApprovalEvent) -> Mapping[str, int]:
    """Tells of events and waits until nothing more is done about them; gives what was counted."""
    async with asyncio.timeout(WAIT_S), webhook.running():
        for event in events:
            webhook.tell(event)
    return counted(webhook)


async def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example that the libraries of Standard Webhooks test themselves with.
    body = b'{"test": 2432232314}'
    headers = signed_headers(signing_key(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_an_event_is_a_signed_cloud_event() -> None:
    async with Receiver() as receiver:
        assert await told(hook(f"{receiver.url}?token=1"), DENIED) == {"delivered": 1}
        posted = receiver.posted.get_nowait()
    assert posted.target == "/hook?token=1"
    assert posted.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert posted.headers["webhook-id"] == "01JOTHER"
    assert posted.is_signed_with(SECRET)
    assert not posted.is_signed_with("whsec_" + base64.b64encode(b"another" * 4).decode())
    data = posted.event.pop("data")
    assert posted.event | {"data": None} == {
        "specversion": "1.0",
        "id": "01JOTHER",
        "source": "//guard-1/guard",
        "type": "guard.approval.denied",
        "subject": "01JAPPROVAL",
        "time": "2023-11-14T22:13:21.500+00:00",
        "datacontenttype": "application/json",
        "data": None,
    }
    assert (data["tool"], data["arguments"]) == ("send_mail", [{"path": "$.to", "type": "string"}])
    assert (data["tenant"], data["key"], data["reason"]) == ("acme", "app1", "it sends mail")
    assert (data["decided_by"], data["decision_reason"], data["decided_ms"]) == (
        "alice",
        "not today",
        1_700_000_001_500,
    )
    assert b"jane" not in posted.body


@pytest.mark.parametrize(
    ("statuses", "attempts", "counts"),
    [
        ((204,), 1, {"delivered": 1}),
        ((503, 429, 200), 3, {"delivered": 1, "failures": 2}),
        ((500,), 4, {"failures": 4, "given_up": 1}),
        ((400,), 1, {"failures": 1, "given_up": 1}),
        ((410,), 1, {"failures": 1, "given_up": 1}),
    ],
)
async def test_what_may_pass_is_tried_again_a_bounded_number_of_times(
    statuses: tuple[int, ...], attempts: int, counts: Mapping[str, int]
) -> None:
    async with Receiver(*statuses) as receiver:
        assert await told(hook(receiver.url), EVENT) == counts
        posted = [receiver.posted.get_nowait() for _ in range(receiver.posted.qsize())]
    assert [one.headers["webhook-id"] for one in posted] == ["01JEVENT"] * attempts
    assert all(one.is_signed_with(SECRET) for one in posted)


@pytest.mark.parametrize("status", [301, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with Receiver() as elsewhere, Receiver(status, location=elsewhere.url) as receiver:
        assert await told(hook(receiver.url), EVENT) == {"failures": 1, "given_up": 1}
        assert elsewhere.posted.empty()


async def test_a_receiver_that_falls_silent_is_given_up() -> None:
    async with Receiver(0) as silent:
        assert await told(hook(silent.url, timeout_s=0.05, pauses_s=()), EVENT) == {"failures": 1, "given_up": 1}


async def test_nobody_there_is_given_up() -> None:
    async with Receiver() as closed:
        url = closed.url
    assert await told(hook(url, pauses_s=(0,)), EVENT) == {"failures": 2, "given_up": 1}


async def test_an_outage_fills_a_bounded_queue_and_never_blocks_who_tells() -> None:
    async with Receiver(0) as receiver:
        webhook = hook(receiver.url, timeout_s=0.05, queue=3)
        for _ in range(5):
            webhook.tell(EVENT)
        assert counted(webhook) == {"queued": 3, "dropped": 2}


async def test_no_address_and_no_key_show_in_a_repr() -> None:
    shown = repr(WebhookAddress("http://a/path-is-secret", b"key-is-secret", "//a/guard"))
    assert "is-secret" not in shown


async def test_a_budget_that_runs_low_is_told_as_an_event_of_its_own() -> None:
    alarm = BudgetAlarm("abc", "monthly", "tenant=acme", "tokens", 820, 1000, "2026-11", 0.8, True, 1_700_000_000_000)
    async with Receiver() as receiver:
        webhook = hook(receiver.url)
        async with asyncio.timeout(WAIT_S), webhook.running():
            webhook.tell(alarm)
            webhook.tell(msgspec.structs.replace(alarm, id="abd", threshold=None))
    events = [receiver.posted.get_nowait().event for _ in range(2)]
    assert sorted((event["type"], event["subject"]) for event in events) == [
        ("guard.budget.exhausted", "monthly/tenant=acme"),
        ("guard.budget.threshold", "monthly/tenant=acme"),
    ]
    first = next(event for event in events if event["id"] == "abc")
    assert (first["data"]["spent"], first["data"]["limit"], first["data"]["threshold"]) == (820, 1000, 0.8)
