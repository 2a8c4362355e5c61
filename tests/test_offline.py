"""Guard calls nobody that its configuration does not name: no telemetry, no download, no name to resolve."""

import subprocess
import sys

PROGRAM = """
import asyncio
import sys
calls = []
def hook(event, args):
    if event == "socket.connect" or event.startswith("socket.getaddrinfo") or event == "socket.gethostbyname":
        calls.append(event)
sys.addaudithook(hook)
from pathlib import Path
from guard.app import build_app, check_text
from guard.config import RecognizerSettings, standalone_settings, demo_settings
from msgspec.structs import replace
recognizers = RecognizerSettings(presidio=("default", "EmailRecognizer", "UrlRecognizer"))
settings = replace(standalone_settings(Path("policies")), recognizers=recognizers)
report = asyncio.run(check_text(settings, "joe@example.com https://user:pass@host.example.com/x 4111 1111 1111 1111"))
types = {finding.type for finding in report.findings}
assert {"EMAIL_ADDRESS", "URL"} <= types, types
assert report.decision in ("redact", "flag", "block"), report
assert "injection" in report.scores, report
build_app(demo_settings("http://127.0.0.1:9/v1", Path("policies")))

from guard.pii.presidio.source import classes
TEXT = "joe@example.co.uk https://example.com/x DE89370400440532013000 4111111111111111 123456782 192.0.2.1"
kinds = [kind() for kind in classes().values()]
found = {result.entity_type for kind in kinds for result in kind.analyze(TEXT, kind.supported_entities)}
assert {"EMAIL_ADDRESS", "URL", "IBAN_CODE"} <= found, found
print("calls:", calls)
"""


def test_building_everything_and_checking_a_text_opens_no_connection() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=110, check=False)
    assert done.stdout.strip() == "calls: []", done.stderr
