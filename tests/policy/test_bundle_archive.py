"""Archives of bundles: what OPA and tar make is read, what a stranger makes of it is refused within bounds."""

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.errors import BundleError
from guard.policy.bundle import archive
from guard.policy.bundle.archive import unpack
from tests.policy.bundle_world import FILES, built, packed, write

LONG = "/".join(["a-rather-long-name-of-a-folder"] * 6) + "/policy.rego"


def entry(name: str, kind: bytes, size: int = 0) -> bytes:
    """An archive with one entry of some kind, which Python's own writer would not make."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, "elsewhere"
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(-(-size // 512) * 512) + bytes(1024))


def test_what_opa_builds_is_read(tmp_path: Path) -> None:
    directory = write(tmp_path / "p", FILES)

    files = unpack(built(directory))

    assert set(files) == {"p/a.rego", "p/a_test.rego", "data.json", ".manifest"}
    assert files["p/a.rego"].decode() == FILES["a.rego"]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a.rego", "./b/c.rego", "/d.rego", LONG, "straße/größe.rego"])
def test_every_way_of_writing_a_name_is_read(name: str, form: int) -> None:
    assert unpack(packed({name: "x" * 700, "z": ""}, form)) == {
        name.removeprefix("./").lstrip("/"): b"x" * 700,
        "z": b"",
    }


def test_directories_and_a_comment_are_passed_over() -> None:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "abc"}) as made:
        folder = tarfile.TarInfo("p")
        folder.type = tarfile.DIRTYPE
        made.addfile(folder)
        made.addfile(tarfile.TarInfo("p/a"), io.BytesIO())

    assert unpack(gzip.compress(memory.getvalue())) == {"p/a": b""}


WHOLE = packed(FILES)
INSIDE = gzip.decompress(WHOLE)


@pytest.mark.parametrize(
    ("made", "code", "says"),
    [
        (b"", "bundle_truncated", "ends before its end"),
        (b"package guard", "bundle_error", "not a sound gzip"),
        (WHOLE[:-1], "bundle_truncated", "ends before its end"),
        (WHOLE[: len(WHOLE) // 2], "bundle_truncated", "ends before its end"),
        (WHOLE + b"x", "bundle_error", "more behind its end"),
        (WHOLE[:-8] + bytes(8), "bundle_error", "not a sound gzip"),
        (gzip.compress(INSIDE[:1024]), "bundle_truncated", "end mark"),
        (gzip.compress(INSIDE[:540]), "bundle_truncated", "inside a file"),
        (gzip.compress(INSIDE[:1024] + bytes(512)), "bundle_truncated", "end mark"),
        (gzip.compress(b"x" * 1024), "bundle_error", "not a sound tar"),
        (gzip.compress(INSIDE[:148] + b"0000000\0" + INSIDE[156:]), "bundle_error", "not a sound tar"),
        (entry("a", tarfile.SYMTYPE), "bundle_error", "link"),
        (entry("a", tarfile.LNKTYPE), "bundle_error", "link"),
        (entry("a", tarfile.CHRTYPE), "bundle_error", "device"),
        (entry("a", tarfile.GNUTYPE_SPARSE), "bundle_error", "sparse"),
        (entry("a", tarfile.CONTTYPE), "bundle_error", "plain files"),
        (packed({"../a": ""}), "bundle_error", "leads elsewhere"),
        (packed({"a/../../b": ""}), "bundle_error", "leads elsewhere"),
        (packed({"a//b": ""}), "bundle_error", "leads elsewhere"),
        (packed({"a\\b": ""}), "bundle_error", "odd characters"),
        (packed({"a\nb": ""}), "bundle_error", "odd characters"),
        (packed({"a": "", "./a": ""}), "bundle_error", "twice"),
        (packed({"a" * 600: ""}, tarfile.GNU_FORMAT), "bundle_too_large", "shorten it"),
        (packed({f"{n}": "" for n in range(archive.MOST_FILES + 1)}), "bundle_too_large", "4096 files"),
    ],
)
def test_what_is_no_sound_archive_is_refused(made: bytes, code: str, says: str) -> None:
    with pytest.raises(BundleError) as caught:
        unpack(made)

    assert (caught.value.code, says in caught.value.message) == (code, True), caught.value.message


def test_an_archive_that_unfolds_to_gigabytes_is_refused_within_its_bound() -> None:
    bomb = gzip.compress(bytes(archive.MOST_BYTES * 4), 9)
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match="unpacks to more"):
            unpack(bomb)
        assert tracemalloc.get_traced_memory()[1] < 3 * archive.MOST_BYTES
    finally:
        tracemalloc.stop()


def test_an_archive_that_is_too_large_is_not_unpacked() -> None:
    with pytest.raises(BundleError, match="is larger than"):
        unpack(bytes(archive.MOST_PACKED + 1))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_damage_reads_as_something_else_than_tar_reads(data: st.DataObject) -> None:
    damaged = bytearray(INSIDE)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    try:
        files = unpack(gzip.compress(bytes(damaged), 1))
    except BundleError:
        return

    try:
        theirs = read_by_tarfile(bytes(damaged))
    except tarfile.TarError:
        # It stops at damage in parts of a header that say nothing of names and contents.
        return
    assert files == theirs


def read_by_tarfile(raw: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive_:
        read = {member.name.removeprefix("./").lstrip("/"): archive_.extractfile(member) for member in archive_}
        return {name: file.read() for name, file in read.items() if file is not None}
