"""The stream machine as transcripts: what goes in, what comes out, in order."""

import msgspec
import pytest

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.event import ClientGone, DeadlinePassed, EngineStatus, Finished, FrameSeen, Judged, Lull, StageFailed
from guard.core.finding import Finding
from guard.core.frame import Frame, Slot
from guard.core.plan import FailureMode
from guard.core.stream import StreamGuard
from tests.core.playbook import (
    BLOCK_ALL,
    DONE,
    FLAG_ALL,
    REASONING,
    REDACT_ALL,
    SECOND,
    bare,
    finish,
    found,
    plan,
    said,
    text,
    texts,
    verdict,
)


def test_what_ends_a_channel_does_not_overtake_it() -> None:
    guard = StreamGuard(REDACT_ALL)
    name, arguments = Channel(0, "tool_calls.name", 0), Channel(0, "tool_calls.arguments", 0)
    guard.handle(FrameSeen(Frame(b"name", (Slot(name, "pay", 0, 0),))))
    guard.handle(FrameSeen(Frame(b"arguments", (Slot(arguments, "{}", 0, 0),), closes=(name,))))
    assert said(guard.handle(verdict(2, channel=arguments))) == []
    assert said(guard.handle(verdict(3, channel=name))) == ["release name", "release arguments"]


def test_nothing_leaves_before_its_verdict() -> None:
    guard = StreamGuard(REDACT_ALL)
    assert said(guard.handle(text("Hello "))) == ["inspect content@0 'Hello '"]
    assert said(guard.handle(verdict(6))) == ["release Hello "]


def test_a_frame_whose_text_is_safe_leaves_as_it_came() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("joe"))
    assert said(guard.handle(verdict(0))) == []
    guard.handle(text(" is"))
    assert said(guard.handle(verdict(4))) == ["release joe"]


def test_a_finding_over_three_frames_is_one_mask_in_the_first() -> None:
    guard = StreamGuard(REDACT_ALL)
    for piece in ("a 12", "3-45", "-6789 b"):
        guard.handle(text(piece))
    assert said(guard.handle(verdict(15, found("US_SSN", 2, 13)))) == [
        "release a 12 as ['a [US_SSN]']",
        "release 3-45 as ['']",
        "release -6789 b as [' b']",
    ]


def test_overlapping_findings_become_one_mask_named_after_the_longest() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("xx joe@example.com yy"))
    commands = guard.handle(verdict(21, found("URL", 7, 18), found("EMAIL_ADDRESS", 3, 18)))
    assert said(commands) == ["release xx joe@example.com yy as ['xx [EMAIL_ADDRESS] yy']"]


def test_of_findings_as_long_as_each_other_the_surest_names_the_mask() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("ssn 087-68-1962 ok"))
    both = (Finding("PHONE_NUMBER", 4, 15, 0.6), Finding("US_SSN", 4, 15, 0.85))
    assert said(guard.handle(verdict(18, *both))) == ["release ssn 087-68-1962 ok as ['ssn [US_SSN] ok']"]


def test_text_waits_for_a_finding_that_reaches_behind_the_verdict() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("ab 1234"))
    assert said(guard.handle(verdict(4, found("X", 3, 7)))) == []
    assert said(guard.handle(verdict(7))) == ["release ab 1234 as ['ab [X]']"]


def test_a_region_that_still_flows_extends_its_mask_without_a_second_one() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("k -----BEGIN"))
    assert said(guard.handle(verdict(12, found("SECRET_PRIVATE_KEY", 2, 12)))) == [
        "release k -----BEGIN as ['k [SECRET_PRIVATE_KEY]']"
    ]
    guard.handle(text("MIIE"))
    more = found("SECRET_PRIVATE_KEY", 12, 16, continues=True)
    assert said(guard.handle(verdict(16, more))) == ["release MIIE as ['']"]
    assert [finding.type for finding in guard.findings] == ["SECRET_PRIVATE_KEY"]


def test_a_flag_changes_nothing_and_is_remembered() -> None:
    guard = StreamGuard(FLAG_ALL)
    guard.handle(text("joe"))
    assert said(guard.handle(verdict(3, found("PERSON", 0, 3)))) == ["release joe"]
    assert guard.strongest is Action.FLAG


def test_a_type_that_the_plan_does_not_name_is_allowed() -> None:
    guard = StreamGuard(plan({"secret": Action.BLOCK}))
    guard.handle(text("joe"))
    assert said(guard.handle(verdict(3, found("PERSON", 0, 3)))) == ["release joe"]
    assert not guard.findings


def test_a_block_lets_what_is_before_it_leave_and_nothing_after() -> None:
    guard = StreamGuard(BLOCK_ALL)
    guard.handle(text("ok so 4111"))
    assert said(guard.handle(verdict(10, found("CREDIT_CARD", 6, 10)))) == [
        "release ok so 4111 as ['ok so ']",
        "halt blocked",
        "settle",
    ]
    assert said(guard.handle(text("more"))) == []
    assert said(guard.handle(verdict(14))) == []
    assert said(guard.handle(DONE)) == []
    assert said(guard.handle(Finished(complete=True))) == []


def test_choices_do_not_wait_for_each_other() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("held"))
    guard.handle(text("free ", channel=SECOND))
    assert said(guard.handle(verdict(5, channel=SECOND))) == ["release free "]


def test_channels_of_one_choice_do_not_wait_for_each_other() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("held", channel=REASONING))
    guard.handle(text("free "))
    assert said(guard.handle(verdict(5))) == ["release free "]


def test_a_frame_of_two_choices_waits_for_both_and_is_not_overtaken() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(texts(c0="a ", c1="b"))
    guard.handle(verdict(2))
    guard.handle(text("c "))
    assert said(guard.handle(verdict(4))) == []
    assert said(guard.handle(verdict(1, channel=SECOND))) == ["release both", "release c "]


def test_an_end_mark_asks_for_the_last_verdict_and_waits_for_the_text_before_it() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("joe"))
    guard.handle(verdict(0))
    assert said(guard.handle(finish(0))) == ["inspect content@3 '' final"]
    assert said(guard.handle(verdict(3))) == ["release joe", "release finish"]


def test_an_end_mark_passes_at_once_when_nothing_waits() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("ok "))
    guard.handle(verdict(3))
    assert said(guard.handle(finish(0))) == ["release finish"]
    assert said(guard.handle(DONE)) == ["release [DONE]"]
    assert said(guard.handle(Finished(complete=True))) == ["settle"]


def test_text_after_a_choice_has_finished_halts() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("4111 "))
    guard.handle(verdict(5))
    guard.handle(finish(0))
    assert said(guard.handle(text("1111"))) == ["halt malformed", "settle"]


def test_a_frame_without_text_passes_at_once() -> None:
    assert said(StreamGuard(REDACT_ALL).handle(bare(b": keep-alive"))) == ["release : keep-alive"]


def test_a_lull_lets_the_safe_words_of_a_frame_leave() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("mail joe"))
    guard.handle(verdict(5))
    assert guard.straddling
    assert said(guard.handle(Lull())) == ["release mail joe as ['mail ']"]
    assert not guard.straddling
    guard.handle(text("@x "))
    assert said(guard.handle(verdict(11))) == ["release mail joe as ['joe']", "release @x "]


def test_a_lull_does_not_send_a_mere_space_ahead() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text(" joe"))
    guard.handle(verdict(1))
    assert not guard.straddling
    assert said(guard.handle(Lull())) == []


def test_a_lull_does_not_split_a_frame_that_says_more_than_text() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("mail joe", splittable=False))
    guard.handle(verdict(5))
    assert said(guard.handle(Lull())) == []


def test_a_full_hold_pauses_the_upstream_and_then_halts() -> None:
    guard = StreamGuard(plan({"*": Action.REDACT}, hold_chars=4))
    guard.handle(text("aaaaa"))
    assert said(guard.handle(verdict(0))) == ["pause"]
    assert said(guard.handle(DeadlinePassed())) == ["halt hold_exhausted", "settle"]


def test_a_hold_that_drains_in_time_resumes_the_upstream() -> None:
    guard = StreamGuard(plan({"*": Action.REDACT}, hold_chars=4))
    guard.handle(text("aaaaa"))
    guard.handle(verdict(0))
    assert said(guard.handle(verdict(5))) == ["release aaaaa", "resume"]
    assert said(guard.handle(DeadlinePassed())) == []


@pytest.mark.parametrize(
    ("status", "reason"), [(EngineStatus.ERROR, "engine_failed"), (EngineStatus.TIMEOUT, "engine_timeout")]
)
def test_a_failed_engine_halts_the_answer(status: EngineStatus, reason: str) -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("joe"))
    assert said(guard.handle(StageFailed("pattern", status))) == [f"halt {reason}", "settle"]


def test_a_failed_engine_is_forgone_where_the_policy_says_so() -> None:
    guard = StreamGuard(plan({"*": Action.REDACT}, on_failure=FailureMode.RELEASE))
    guard.handle(text("joe"))
    assert said(guard.handle(StageFailed("pattern", EngineStatus.ERROR))) == ["release joe"]
    assert said(guard.handle(text(" x"))) == ["release  x"]
    assert said(guard.handle(finish(0))) == ["release finish"]


def test_a_full_hold_gives_way_where_the_policy_says_so_and_inspection_goes_on() -> None:
    guard = StreamGuard(plan({"*": Action.REDACT}, hold_chars=4, on_failure=FailureMode.RELEASE))
    guard.handle(text("aaaaa"))
    guard.handle(verdict(0))
    assert said(guard.handle(DeadlinePassed())) == ["release aaaaa", "resume"]
    guard.handle(text("b 1"))
    assert said(guard.handle(verdict(8, found("X", 7, 8)))) == ["release b 1 as ['b [X]']"]


def test_a_client_that_leaves_settles_the_exchange_once() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("joe"))
    assert said(guard.handle(ClientGone())) == ["settle"]
    assert said(guard.handle(Finished(complete=False))) == []


def test_the_short_way_is_the_long_way() -> None:
    short, long = StreamGuard(REDACT_ALL), StreamGuard(REDACT_ALL)
    story = [
        (text("ok "), verdict(3)),
        (text("a 12"), verdict(5)),
        (text("3-45-6789 b "), verdict(19, found("US_SSN", 5, 16))),
        (text("c "), verdict(21)),
    ]
    for frame, judgement in story:
        told = [*said(long.handle(frame))[1:], *said(long.handle(judgement))]
        assert said(short.handle(Judged(frame.frame, judgement))) == told
    assert said(short.handle(finish(0))) == said(long.handle(finish(0)))
    assert short.withheld_chars == long.withheld_chars == 11


def test_the_short_way_halts_on_text_after_the_end_too() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(finish(0))
    assert said(guard.handle(Judged(text("more ").frame, verdict(5)))) == ["halt malformed", "settle"]


def test_the_short_way_stops_at_a_block() -> None:
    guard = StreamGuard(BLOCK_ALL)
    commands = guard.handle(Judged(text("ok 4111").frame, verdict(7, found("CREDIT_CARD", 3, 7))))
    assert said(commands) == ["release ok 4111 as ['ok ']", "halt blocked", "settle"]


def test_withheld_characters_are_those_that_did_not_reach_the_client() -> None:
    guard = StreamGuard(REDACT_ALL)
    guard.handle(text("a 123-45-6789 b"))
    guard.handle(verdict(15, found("US_SSN", 2, 13)))
    guard.handle(text("held"))
    assert guard.generated_chars == 19
    assert guard.withheld_chars == 11 + 4


def test_a_block_waits_for_what_stands_before_it_and_in_a_lull_asks_for_that_verdict_at_once() -> None:
    guard = StreamGuard(msgspec.structs.replace(BLOCK_ALL, engines=("pattern", "names")))

    guard.handle(text("ask Ada for AKIA now "))
    assert said(guard.handle(verdict(21, found("SECRET", 12, 16)))) == []
    assert guard.straddling
    assert said(guard.handle(Lull())) == ["inspect content@21 '' final"]
    assert not guard.straddling
    assert said(guard.handle(Lull())) == []
    assert said(guard.handle(text("and on"))) == []
    late = msgspec.structs.replace(verdict(21), engine="names")
    assert said(guard.handle(late)) == ["release ask Ada for AKIA now  as ['ask Ada for ']", "halt blocked", "settle"]
