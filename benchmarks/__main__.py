"""`python -m benchmarks NAME [--rows N]` prints one JSON object a figure; `all` runs all of them, small."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path

#: modules that are no benchmarks
BESIDE = {"__init__", "__main__", "figure", "mailroom"}


def names() -> list[str]:
    """The benchmarks there are, by file name."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in BESIDE)


def figures(name: str, wanted: Mapping[str, int | None]) -> Iterable[dict[str, object]]:
    """Run one benchmark; what is not said, or means nothing to it, is its own small number."""
    run: Callable[..., Iterable[dict[str, object]]] = import_module(f"benchmarks.{name}").run
    known = signature(run).parameters
    return run(**{name: value for name, value in wanted.items() if value is not None and name in known})


def main(arguments: list[str]) -> int:
    """Print figures as they come; a target that does not hold is reported, not an error."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*names(), "all"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--crash-runs", type=int)
    asked = parser.parse_args(arguments)
    for name in names() if asked.name == "all" else [asked.name]:
        for each in figures(name, {"rows": asked.rows, "crash_runs": asked.crash_runs}):
            print(json.dumps(each, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
