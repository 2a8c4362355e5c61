"""Service times that come with Guard, and how far the simulation was off from a real server with them.

Both are figures of `python -m benchmarks.twin` on the machine that `origin` names (benchmarks/results/twin.json); a
test compares them. On another machine take ratios, or measure: `guard replay calibrate`.
"""

from typing import Final

from guard.replay.result import TwinError
from guard.replay.service import ServiceTimes, StepService, WindowService

REFERENCE: Final = ServiceTimes(
    origin="python -m benchmarks.twin, 2026-11-25, 2 cores of AMD EPYC, Guard 0.1.0",
    exchange_s=0.003741,
    prompt_char_s=4.894e-06,
    policy_s=0.0,
    token_s=1.204e-05,
    hop_s=0.0005153,
    look_ahead=1,
    windows=(
        WindowService(
            model="injection",
            run_s=0.001078,
            token_s=6.893e-05,
            asked=0.5775,
            max_tokens=128,
            stride_tokens=32,
            stage=0,
        ),
        WindowService(
            model="unsafe",
            run_s=0.0,
            token_s=8.443e-05,
            asked=0.8944,
            max_tokens=128,
            stride_tokens=32,
            stage=0,
        ),
        WindowService(
            model="pii-ner",
            run_s=0.0004533,
            token_s=6.15e-05,
            asked=1.0,
            max_tokens=128,
            stride_tokens=32,
            stage=1,
        ),
    ),
    step=StepService(model="stream", step_s=0.000142, token_s=4.002e-06, turn_s=0.0007237, row_s=0.0),
)
TWIN: Final = "benchmarks/results/twin.md"
TWIN_ERRORS: Final[tuple[TwinError, ...]] = (
    TwinError("first token p50", -0.118, 0.086),
    TwinError("first token p95", -0.38, -0.055),
    TwinError("first token p99", -0.762, -0.238),
    TwinError("whole answer p50", -0.023, -0.011),
    TwinError("whole answer p95", -0.051, -0.014),
    TwinError("whole answer p99", -0.179, -0.022),
    TwinError("event loop", 0.03, 0.785),
)
"""The least and the most over the loads that were measured, up to the one that filled the machine."""
