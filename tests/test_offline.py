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
settings = replace(standalone_settings(Path("policies")), recognizers=RecognizerSettings(presidio=("all",)))
report = asyncio.run(check_text(settings, "joe@example.com https://user:pass@host.example.com/x 4111 1111 1111 1111"))
types = {finding.type for finding in report.findings}
assert {"EMAIL_ADDRESS", "URL"} <= types, types
assert report.decision in ("redact", "flag", "block"), report
assert "injection" in report.scores, report
build_app(demo_settings("http://127.0.0.1:9/v1", Path("policies")))

from presidio_analyzer.predefined_recognizers import EmailRecognizer
assert EmailRecognizer().validate_result("joe@example.co.uk") is True
print("calls:", calls)
"""


def test_building_everything_and_checking_a_text_opens_no_connection() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout.strip() == "calls: []", done.stderr
