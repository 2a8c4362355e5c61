"""A bundle's roots: what its manifest claims is all that its policies and data may define.

As OPA has it, tests included: a bundle with the root `guard` and a test in `package guard_test` needs both roots.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from guard.errors import BundleRoots
from guard.policy.bundle.document import Plain

_PACKAGE: Final = re.compile(r"(?:\s|#[^\n]*(?:\n|$))*package\s+([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[\"[^\"\\\n]*\"\])*)")
_STEP: Final = re.compile(r"\.([A-Za-z_]\w*)|\[\"([^\"\\\n]*)\"\]")
_OWN: Final = ("guard",)

Path = tuple[str, ...]


class Named(Protocol):
    """A policy: its file and its text."""

    @property
    def name(self) -> str:
        """The path below the bundle's root."""
        ...

    @property
    def text(self) -> str:
        """The Rego."""
        ...


def package_of(text: str) -> Path | None:
    """The steps of a module's package below `data`; None if it does not begin with one."""
    found = _PACKAGE.match(text)
    if found is None:
        return None
    return (found[1], *(name or quoted for name, quoted in _STEP.findall(found[2])))


def check_roots(roots: Sequence[str], modules: Iterable[Named], data: Plain) -> None:
    """Refuses overlapping roots, and policies or data outside all of them. Raises BundleRoots."""
    owned = [tuple(root.split("/")) if root else () for root in roots]
    for index, root in enumerate(owned):
        if any(_within(root, other) or _within(other, root) for other in owned[index + 1 :]):
            raise BundleRoots(f".manifest: the roots overlap at {'/'.join(root) or '(all)'}: keep the wider one")
    if not any(_within(_OWN, root) or _within(root, _OWN) for root in owned):
        raise BundleRoots(".manifest: the roots do not hold guard, which every request asks for: add it to roots")
    if () in owned:
        return
    for module in modules:
        package = package_of(module.text)
        if package is None:
            raise BundleRoots(f"{module.name}: does not begin with a package: write `package guard` first")
        if not any(_within(package, root) for root in owned):
            raise BundleRoots(f"{module.name}: package {'.'.join(package)} is outside the manifest's roots: add a root")
    _check_data((), data, owned)


def _check_data(path: Path, value: Plain, owned: Sequence[Path]) -> None:
    """Data is allowed below a root; an object above one is looked into."""
    if any(_within(path, root) for root in owned):
        return
    if not isinstance(value, dict) or (path and not any(_within(root, path) for root in owned)):
        raise BundleRoots(f"data: {'.'.join(path)} is outside the manifest's roots: add a root, or take it out")
    for key, item in value.items():
        _check_data((*path, key), item, owned)


def _within(path: Path, root: Path) -> bool:
    return path[: len(root)] == root
