"""The data of a bundle: each `data.json` and `data.yaml` at the place that its folder names, all in one document."""

from guard.errors import BundleError
from guard.policy.bundle.archive import Files
from guard.policy.bundle.document import DATA, Plain, decode, plain


def merged_data(files: Files) -> dict[str, Plain]:
    """`data` as policies see it. Raises BundleError that names the file, also if two say the same path."""
    merged: dict[str, Plain] = {}
    for name in sorted(files):
        *folders, base = name.split("/")
        if base not in DATA or any(folder.startswith(".") for folder in folders):
            continue
        try:
            value = plain(decode(name, files[name]))
        except BundleError as error:
            raise error if error.message.startswith(name) else BundleError(f"{name}: {error.message}") from None
        for folder in reversed(folders):
            value = {folder: value}
        if not isinstance(value, dict):
            raise BundleError(f"{name}: is not an object: write {{…}} with a name for each value")
        _merge(merged, value, name, "data")
    return merged


def _merge(into: dict[str, Plain], value: dict[str, Plain], name: str, path: str) -> None:
    for key, item in value.items():
        known = into.get(key)
        if isinstance(known, dict) and isinstance(item, dict):
            _merge(known, item, name, f"{path}.{key}")
        elif key in into:
            raise BundleError(f"{name}: {path}.{key} is defined in another file as well: keep one of them")
        else:
            into[key] = item
