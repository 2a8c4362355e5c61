"""Bundles made on the spot: by the real OPA, or by hand where OPA would not make them."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.opa import run_opa

SECRET = "a secret of thirty-two letters, at least"
POLICY = 'package guard\n\nrequest := {"labels": {"v": data.v}}\n'
TEST = 'package guard_test\n\nimport data.guard\n\ntest_label if guard.request.labels.v == "1"\n'
FILES = {"a.rego": POLICY, "a_test.rego": TEST, "data.json": '{"v": "1"}'}


def write(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Files below a directory, made where it is missing."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return directory


def built(directory: Path, *options: str | Path) -> bytes:
    """What `opa build -b` makes of a directory."""
    archive = directory.parent / "built.tar.gz"
    done = run_opa("build", "-b", directory.name, "-o", archive, *options, cwd=directory.parent)
    assert done.returncode == 0, done.stderr
    return archive.read_bytes()


def signed(directory: Path, *options: str | Path) -> Path:
    """The directory with what `opa sign` says of it, as an operator runs it inside."""
    done = run_opa("sign", "--bundle", ".", *options, "-o", directory.parent, cwd=directory)
    assert done.returncode == 0, done.stderr
    (directory.parent / ".signatures.json").rename(directory / ".signatures.json")
    return directory


def packed(files: Mapping[str, str | bytes], format: int = tarfile.USTAR_FORMAT) -> bytes:  # noqa: A002
    """An archive with these files, whatever is in them."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w", format=format) as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(memory.getvalue(), 1)


def key_pair(folder: Path, algorithm: str) -> tuple[Path, bytes]:
    """Where a new private key lies, and its public half in PEM."""
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    key = ec.generate_private_key(curves[algorithm]) if algorithm in curves else rsa.generate_private_key(65537, 2048)
    form = PrivateFormat.PKCS8
    private = folder / f"{algorithm}.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
