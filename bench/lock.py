"""Writes the lock files: every package the project needs, each with its one version, and what its files hash to.

requirements.lock         to run: versions
requirements.hashes.lock  the same without torch: SHA-256 of every file published for that version, for all platforms
requirements-dev.lock     to develop, beside those

usage: python bench/lock.py   (from the checkout; `make lock`)
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_HASHED = "torch"
"""Its files differ from index to index: one has builds for processors alone, another for GPUs (docs/decisions/0017)."""
HEADER = "# Made by `make lock` from pyproject.toml. Versions only: any package index will do.\n"
HASHES_HEADER = (
    "# Made by `make lock` from requirements.lock, without torch. A hash names a file, wherever it was fetched.\n"
    "# pip install --no-deps --require-hashes -r requirements.hashes.lock && pip install -r requirements.lock\n"
)


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
        hashes = hashed(python, [p for p in pins if not p.startswith(f"{NOT_HASHED}==")])
        (ROOT / "requirements.hashes.lock").write_text(HASHES_HEADER + hashes, encoding="utf-8")
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


def key_of(pin: str) -> str:
    """The name in a pin as indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[=\[ ]", pin, maxsplit=1)[0]).lower()


def hashed(python: Path, pins: list[str]) -> str:
    """The pins with the hashes of their files, by pip-tools in an environment of its own; takes a few minutes."""
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        run(str(python), "-m", "venv", str(tools))
        run(str(tools / "bin" / "python"), "-m", "pip", "install", "--quiet", "pip-tools")
        asked, told = Path(folder) / "asked.txt", Path(folder) / "told.txt"
        asked.write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
        # Neither options nor notes: they would name this machine's index and folders.
        run(
            str(tools / "bin" / "pip-compile"), "--quiet", "--pip-args=--no-deps", "--generate-hashes",
            "--allow-unsafe", "--no-header", "--no-annotate", "--no-emit-options", "--no-strip-extras",
            "-o", str(told), str(asked),
        )  # fmt: skip
        return only(pins, told.read_text(encoding="utf-8"))


def only(pins: list[str], told: str) -> str:
    """The blocks of what was asked about: pip-compile adds what those need, torch among it and its builds for GPUs."""
    asked = {key_of(pin) for pin in pins}
    blocks = re.split(r"^(?=[A-Za-z0-9])", told, flags=re.MULTILINE)
    return "".join(block for block in blocks if key_of(block) in asked)


def run(*command: str) -> None:
    """Run, and stop at the first failure."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
