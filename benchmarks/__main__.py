"""`python -m benchmarks`: every benchmark with a short setting. For figures to quote, run each with its own default.

The short setting only prints, so that it never replaces recorded results.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import classify, compare, engine, hold, memory, policy, recognizers
from benchmarks.load import Shape


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--litellm", type=Path, help="the `litellm` command of an environment with litellm[proxy] in it"
    )
    args = parser.parse_args()
    held = hold.run()
    _print(hold.QUESTION, hold.show(held))
    cost = engine.run(answers=10)
    _print(engine.QUESTION, engine.show(cost))
    recognized = recognizers.run(rounds=3)
    _print(recognizers.QUESTION, recognizers.show(recognized))
    decided = policy.run(calls=200)
    _print(policy.QUESTION, policy.show(decided))
    classified = classify.run(seconds=3.0, rounds=1)
    _print(classify.QUESTION, classify.show(classified))
    compared = compare.run(Shape(100, 100, 0.02, 6.0), 1, args.litellm, 10)
    _print(compare.QUESTION, compare.show(compared))
    resident = memory.run(1000, 3.0)
    _print(memory.QUESTION, memory.show(resident))


def _print(question: str, body: str) -> None:
    sys.stdout.write(f"## {question}\n\n{body}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
