"""Writes requirements.lock and requirements-dev.lock: every package the project needs, each with its one version.

usage: python bench/lock.py   (from the checkout; `make lock`)
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from pyproject.toml. Versions only: any package index will do.\n"


def main() -> None:
    """Resolve run-time and development requirements in an empty environment and pin both."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        run(sys.executable, "-m", "venv", folder)
        install(python, runtime)
        pins = frozen(python)
        (ROOT / "requirements.lock").write_text(HEADER + "".join(f"{p}\n" for p in pins), encoding="utf-8")
        install(python, project["dependency-groups"]["dev"])
        extra = [p for p in frozen(python) if p not in pins]
        (ROOT / "requirements-dev.lock").write_text(HEADER + "".join(f"{p}\n" for p in extra), encoding="utf-8")
    print(f"{len(pins)} packages to run, {len(extra)} more to develop")


def install(python: Path, requirements: list[str]) -> None:
    """Install what is asked for, torch first: asked for later, another build may come with it."""
    ordered = sorted(requirements, key=lambda r: not r.startswith("torch=="))
    run(str(python), "-m", "pip", "install", "--quiet", *ordered)


def frozen(python: Path) -> list[str]:
    """name==version of everything installed, without local build tags such as +cpu."""
    command = [str(python), "-m", "pip", "freeze", "--all", "--exclude", "pip"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [re.sub(r"\+[a-z0-9.]+$", "", line) for line in lines if "==" in line]


def run(*command: str) -> None:
    """Run, and stop at the first failure."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
