"""The composition root: reads Settings, builds every part, wires them. The one room that knows them all."""

from guard.app.application import build_app
from guard.app.check import check_text
from guard.app.detection import build_engine, gitleaks_files, recognized
from guard.app.models import build_classifiers, build_names
from guard.runtime.trial import CheckedFinding, CheckReport

__all__ = [
    "CheckReport",
    "CheckedFinding",
    "build_app",
    "build_classifiers",
    "build_engine",
    "build_names",
    "check_text",
    "gitleaks_files",
    "recognized",
]
