"""The benchmark's own measures and texts: spans stand where their values do, and a known case has known figures."""

from benchmarks.pii_score import scores, single
from benchmarks.pii_set import Example, Span, clean, examples

TEXT = "Ann Smith met Bob in Kraków"
TRUE = (Span(0, 9, "PERSON"), Span(14, 17, "PERSON"), Span(21, 27, "LOCATION"))


def test_where_findings_overlap_the_longest_is_meant_and_then_the_surest() -> None:
    email, address = Span(0, 9, "EMAIL_ADDRESS"), Span(0, 9, "URL")
    assert single([(0.9, Span(0, 3, "PERSON")), (0.5, email), (0.99, Span(4, 12, "X"))]) == (email,)
    assert single([(0.5, email), (0.9, address)]) == (address,)


def test_a_known_case_has_known_figures() -> None:
    found = [(Span(0, 9, "PERSON"), Span(14, 17, "LOCATION"), Span(21, 25, "LOCATION"))]
    over = [(Span(0, 5, "PERSON"), Span(6, 8, "LOCATION"))]
    result = scores([Example(TEXT, TRUE)], found, [Example("Some words of no one", ())], over, frozenset({"PERSON"}))
    by_name = {one.name: one for one in result.exact}
    assert (by_name["PERSON"].precision, by_name["PERSON"].recall) == (1.0, 0.5)
    assert (by_name["LOCATION"].f1, by_name["all"].precision) == (0.0, 0.3333)
    assert by_name["PERSON"].f2 == 0.5556
    assert (result.words.precision, result.words.recall) == (1.0, 1.0)
    assert result.let_through == round(2 / 17, 4)
    assert (result.over, result.over_redacted) == (400.0, 200.0)


def test_texts_are_the_same_each_time_and_spans_stand_where_values_do() -> None:
    made = examples(1)
    assert made == examples(1)
    assert len(made) >= 140
    for one in made:
        assert all(one.text[span.start : span.end].strip() for span in one.spans)
        assert "{person}" not in one.text
    assert all(not one.spans and "{n}" not in one.text for one in clean(1))
