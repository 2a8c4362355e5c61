"""Whole texts: each is paid for once, an attack counts wherever it stands and however it is written, and no verdict is
said to be one."""

import base64
import math

import msgspec
import pytest

from guard.core.assessment import Assessment, Passage
from guard.core.event import EngineStatus
from guard.inference.token import MOST_CHARS
from guard.security.text_classifier import TextClassifier
from tests.security.window_model import LOGITS, Lexicon, calm_is_clear, text_classifier

CALM = "calm " * 300


def score_of(word: str) -> float:
    return 1 / (1 + math.exp(-LOGITS[word]))


async def assessed(classifier: TextClassifier, text: str, role: str = "user") -> Assessment:
    (found,) = await classifier.assess([Passage(text, role)])
    return found


def only(found: Assessment) -> tuple[str, int, int, float]:
    (finding,) = found.findings
    return finding.type, finding.start, finding.end, finding.score


async def test_a_score_is_calibrated_and_told_whatever_the_threshold_is() -> None:
    async with text_classifier(Lexicon()) as classifier:
        odd, calm = await classifier.assess([Passage("odd", "user"), Passage("calm", "user")])
    assert odd.scores == {"injection": pytest.approx(score_of("odd"))}
    assert calm.scores == {"injection": pytest.approx(score_of("calm"))}
    assert (odd.status, calm.status) == ({"injection": EngineStatus.OK},) * 2


async def test_a_finding_names_type_place_engine_and_threshold_and_a_doubtful_score_is_one_as_well() -> None:
    async with text_classifier(Lexicon()) as classifier:
        (attack,) = (await assessed(classifier, "calm attack")).findings
        (odd,) = (await assessed(classifier, "odd")).findings
        calm = await assessed(classifier, "calm")
    assert (attack.type, attack.start, attack.end) == ("INJECTION_OVERRIDE", 0, 11)
    assert (attack.engine, attack.rule, attack.threshold) == ("injection", "lexicon-3", 0.7)
    assert odd.score < odd.threshold
    assert calm.findings == ()


async def test_the_kind_with_the_largest_logit_names_the_type_and_kinds_share_the_score() -> None:
    async with text_classifier(Lexicon()) as classifier:
        found = await assessed(classifier, "persona")
    assert only(found)[0] == "INJECTION_PERSONA"
    assert sum(found.types.values()) == pytest.approx(found.scores["injection"])
    assert found.types["INJECTION_PERSONA"] > found.types["INJECTION_OVERRIDE"]


async def test_the_linear_stage_settles_clear_windows_and_the_transformer_reads_the_rest() -> None:
    runner = Lexicon()
    async with text_classifier(runner, linear=calm_is_clear()) as classifier:
        assert (await assessed(classifier, CALM)).scores["injection"] <= 0.01
        assert runner.windows == []
        found = await assessed(classifier, CALM + "kind")
        assert found.tokens == sum(2 + len(window) for window in runner.windows)
    assert found.scores["injection"] == pytest.approx(score_of("kind"))
    assert [window[-1] for window in runner.windows] == ["kind"]


async def test_the_linear_stage_never_says_that_a_text_is_an_attack() -> None:
    runner = Lexicon()
    async with text_classifier(runner, linear=calm_is_clear()) as classifier:
        found = await assessed(classifier, "odd odd")
    assert found.scores["injection"] == pytest.approx(score_of("odd"))
    assert runner.windows == [["odd", "odd"]]


@pytest.mark.parametrize("linear", [False, True], ids=["transformer alone", "cascade"])
@pytest.mark.parametrize("words_before", [0, 7, 8, 9, 150, 290])
async def test_an_attack_in_a_long_document_scores_as_it_does_alone(words_before: int, linear: bool) -> None:
    text = "calm " * words_before + "attack " + "calm " * (300 - words_before)
    async with text_classifier(Lexicon(), linear=calm_is_clear() if linear else None) as classifier:
        buried, alone = await assessed(classifier, text), await assessed(classifier, "attack")
    assert buried.scores == alone.scores
    _, start, end, _ = only(buried)
    assert "attack" in text[start:end]
    assert end - start < 100


async def test_what_was_assessed_before_is_not_run_again() -> None:
    runner = Lexicon()
    async with text_classifier(runner, names=("injection", "unsafe")) as classifier:
        first = await assessed(classifier, "calm attack")
        ran = len(runner.windows)
        assert first.tokens == sum(2 + len(window) for window in runner.windows)
        assert (await assessed(classifier, "calm attack")) == msgspec.structs.replace(first, tokens=0)
        assert (await classifier.judge("unsafe", "calm attack")).score == first.scores["unsafe"]
        assert len(runner.windows) == ran
        await assessed(classifier, "calm attack ")
        assert len(runner.windows) == 2 * ran


async def test_what_is_remembered_is_neither_text_nor_a_hash_that_others_could_make() -> None:
    async with text_classifier(Lexicon()) as one, text_classifier(Lexicon()) as other:
        await assessed(one, "calm attack")
        await assessed(other, "calm attack")
        mine, theirs = list(one._remembered._known), list(other._remembered._known)
    assert len(mine) == len(theirs) == 1
    assert mine != theirs
    assert len(mine[0]) == 16


async def test_trusted_roles_are_not_scored() -> None:
    runner = Lexicon()
    async with text_classifier(runner) as classifier:
        found = await assessed(classifier, "attack", "system")
    assert found == Assessment(status={"injection": EngineStatus.SKIPPED})
    assert runner.windows == []


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
async def test_a_blank_text_is_clean_and_costs_nothing(text: str) -> None:
    runner = Lexicon()
    async with text_classifier(runner) as classifier:
        found = await assessed(classifier, text)
    assert found == Assessment(scores={"injection": 0.0}, status={"injection": EngineStatus.OK})
    assert runner.windows == []


async def test_a_model_that_fails_is_a_status_and_is_asked_again() -> None:
    runner = Lexicon()
    async with text_classifier(runner) as classifier:
        runner.broken = True
        failed = await assessed(classifier, "attack")
        runner.broken = False
        again = await assessed(classifier, "attack")
    assert failed == Assessment(status={"injection": EngineStatus.ERROR})
    assert again.status == {"injection": EngineStatus.OK}


async def test_a_failure_touches_no_other_text() -> None:
    async with text_classifier(Lexicon()) as classifier:
        too_long, fine = await classifier.assess([Passage("x" * (MOST_CHARS + 1), "user"), Passage("attack", "user")])
    assert too_long == Assessment(status={"injection": EngineStatus.ERROR})
    assert fine.status == {"injection": EngineStatus.OK}


async def test_a_model_that_is_too_slow_is_a_timeout() -> None:
    runner = Lexicon()
    async with text_classifier(runner, patience_s=0.05) as classifier:
        runner.gate.clear()
        found = await assessed(classifier, "attack")
        runner.gate.set()
    assert found == Assessment(status={"injection": EngineStatus.TIMEOUT})


ENCODED = base64.b64encode(b"calm attack calm attack").decode()


async def test_an_encoded_attack_is_obfuscated_and_stands_where_its_code_stood() -> None:
    text = f"calm: {ENCODED} calm"
    async with text_classifier(Lexicon()) as classifier:
        found = await assessed(classifier, text)
    type_, start, end, score = only(found)
    assert (type_, text[start:end], score) == ("INJECTION_OBFUSCATED", ENCODED, pytest.approx(score_of("attack")))


async def test_a_long_text_is_read_whole_and_its_codes_as_well() -> None:
    before = "calm " * 4_000
    async with text_classifier(Lexicon(), linear=calm_is_clear()) as classifier:
        plain = await assessed(classifier, f"{before}attack")
        coded = await assessed(classifier, f"{before}\u200b{ENCODED} calm")
    assert only(plain)[0] == "INJECTION_OVERRIDE"
    assert only(coded)[:3] == ("INJECTION_OBFUSCATED", len(before) + 1, len(before) + 1 + len(ENCODED))


async def test_what_is_encoded_and_harmless_is_no_finding() -> None:
    async with text_classifier(Lexicon()) as classifier:
        found = await assessed(classifier, base64.b64encode(b"calm calm calm calm calm").decode())
    assert found.findings == ()


async def test_obfuscation_is_a_kind_of_injection_alone() -> None:
    async with text_classifier(Lexicon(), names=("unsafe",)) as classifier:
        assert only(await assessed(classifier, ENCODED))[0] == "UNSAFE_VIOLENCE"


@pytest.mark.parametrize(
    "written",
    ["at\u200btack", "ａｔｔａｃｋ", "аttасk", "\x1b[31mat\x1b[0mtack", "A\u0301ttack", "at\u3164tack"],
    ids=["zero width", "wide", "look-alikes", "terminal colours", "accents", "filler"],
)
async def test_a_disguised_attack_is_read_as_it_looks(written: str) -> None:
    text = f"calm {written} calm"
    async with text_classifier(Lexicon()) as classifier:
        found = await assessed(classifier, text)
    type_, start, end, score = only(found)
    assert (type_, start, end, score) == ("INJECTION_OVERRIDE", 0, len(text), pytest.approx(score_of("attack")))


@pytest.mark.parametrize("cut", ["\u200b", "\u00ad", "\u2060"])
async def test_a_code_with_unseen_characters_in_it_is_decoded_all_the_same(cut: str) -> None:
    text = f"calm {ENCODED[:9]}{cut}{ENCODED[9:]} calm"
    async with text_classifier(Lexicon()) as classifier:
        type_, start, end, _ = only(await assessed(classifier, text))
    assert type_ == "INJECTION_OBFUSCATED"
    assert text[start:end].replace(cut, "") == ENCODED


@pytest.mark.parametrize(
    ("role", "type_"),
    [
        ("user", "INJECTION_OVERRIDE"),
        ("assistant", "INJECTION_OVERRIDE"),
        ("tool", "INJECTION_INDIRECT"),
        ("function", "INJECTION_INDIRECT"),
    ],
)
async def test_an_attack_in_what_a_tool_gave_is_indirect(role: str, type_: str) -> None:
    async with text_classifier(Lexicon(), names=("injection", "unsafe")) as classifier:
        types = [one.type for one in (await assessed(classifier, "attack", role)).findings]
    assert types == [type_, "UNSAFE_VIOLENCE"]


async def test_passages_are_answered_in_their_order() -> None:
    words = ["calm", "attack", "odd", "persona"] * 50
    async with text_classifier(Lexicon()) as classifier:
        found = await classifier.assess([Passage(word, "user") for word in words])
    assert [one.scores["injection"] for one in found] == [pytest.approx(score_of(word)) for word in words]


async def test_an_unknown_classifier_is_a_bug_of_the_callers() -> None:
    async with text_classifier(Lexicon()) as classifier:
        with pytest.raises(KeyError):
            await classifier.judge("nonsense", "calm")


async def test_no_text_shows_in_what_it_says() -> None:
    async with text_classifier(Lexicon()) as classifier:
        assert "attack" not in repr(await assessed(classifier, "calm attack"))
        assert "attack" not in repr(await classifier._stretches("calm attack"))
