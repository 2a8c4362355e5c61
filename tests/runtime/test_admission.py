"""Who may enter: a known key, and no more at once than can be served."""

import contextlib
import hashlib

import pytest

from guard.core.facts import Identity
from guard.errors import TooBusy, Unauthorized
from guard.runtime.admission import ANYBODY, Admission, Key

ACME = Identity("acme", "app1", "mid")
KEYS = (Key(hashlib.sha256(b"other").hexdigest(), ANYBODY), Key(hashlib.sha256(b"sesame").hexdigest(), ACME))


@pytest.mark.parametrize("header", ["Bearer sesame", "bearer sesame", "Bearer  sesame "])
def test_a_known_key_is_its_identity(header: str) -> None:
    assert Admission(KEYS, 1).identify(header) == ACME


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic sesame", "sesame", "Bearer \udcff"])
def test_anything_else_is_refused(header: str) -> None:
    with pytest.raises(Unauthorized):
        Admission(KEYS, 1).identify(header)


def test_without_keys_anybody_may_enter() -> None:
    assert Admission((), 1).identify("") == ANYBODY


def test_a_place_is_given_back_also_after_a_failure() -> None:
    admission = Admission((), 1)
    with contextlib.suppress(ValueError), admission.place():
        raise ValueError
    assert admission.inside == 0


def test_there_are_never_more_inside_than_may_be() -> None:
    admission = Admission((), 1)
    with admission.place(), pytest.raises(TooBusy):
        admission.place().__enter__()
    assert admission.inside == 0
