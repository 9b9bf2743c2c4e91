"""Asks a vulnerability service about every pinned package; says so when none can be reached.

usage: python bench/audit.py   (from the checkout; `make audit`)
exit:  0 nothing known, 1 something is known, 2 not checked: nobody could be asked (or not about every package)

Where no service answers, the package index alone is asked: which pinned versions their makers have withdrawn, and why.
That is no vulnerability check, and never ends with 0.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
SERVICES = ("pypi", "osv")
"""Asked in this order: the first one that answers is believed."""
UNREACHABLE = (
    "NOT CHECKED: neither the package index's advisories nor OSV answered.\n"
    "This says nothing about the packages. Ask again from a machine that reaches one of them; the bill of materials\n"
    "of `viaduc sbom` can be given to any scanner instead."
)
NO_TOOL = "NOT CHECKED: pip-audit, which asks, could not be fetched from the package index."


def main() -> int:
    """Ask, tell, and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        # An older pip would fetch what it is only to look at.
        fetch = [str(python), "-m", "pip", "install", "--quiet", "--quiet", "--upgrade", "pip", "pip-audit"]
        if subprocess.run(fetch, check=False).returncode:
            print(NO_TOOL, file=sys.stderr)
            return 2
        for service in SERVICES:
            answer = ask(python, service)
            if answer is not None:
                return tell(service, answer)
        print(UNREACHABLE, file=sys.stderr)
        return tell_withdrawn(ask_index(python))


def ask(python: Path, service: str) -> list[dict[str, Any]] | None:
    """What a service knows of each package; None when it does not answer."""
    command = [str(python), "-m", "pip_audit", "--no-deps", "--disable-pip", "-s", service, "-f", "json"]
    done = subprocess.run([*command, "-r", str(LOCK)], capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(
            f"{service} does not answer: {(done.stderr.strip().splitlines() or ['no word'])[-1][:200]}", file=sys.stderr
        )
        return None
    if packages and all("skip_reason" in p for p in packages):
        print(f"{service} knows none of the packages: {packages[0]['skip_reason'][:120]}", file=sys.stderr)
        return None
    return packages


def ask_index(python: Path) -> list[dict[str, Any]] | None:
    """What the index says of each pinned version, as pip reports it; None when it does not answer. Installs nothing."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        look = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", str(report)]
        subprocess.run([str(python), "-m", "pip", *look, "-r", str(LOCK)], capture_output=True, check=False)
        if not report.is_file():
            print("the package index does not answer either, or one of the versions is gone from it", file=sys.stderr)
            return None
        packages: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
        return packages


def tell_withdrawn(packages: list[dict[str, Any]] | None) -> int:
    """Print which versions were withdrawn; 2 when none was, since nobody was asked about holes."""
    if packages is None:
        return 2
    gone = [p["metadata"] for p in packages if p.get("is_yanked")]
    for package in gone:
        print(f"{package['name']} {package['version']}: withdrawn by its makers; the index says why")
    print(f"index: {len(packages)} versions looked up, {len(gone)} withdrawn")
    return 1 if gone else 2


def tell(service: str, packages: list[dict[str, Any]]) -> int:
    """Print what is known, and which packages the service does not know."""
    found = [(p, v) for p in packages for v in p.get("vulns", [])]
    for package, known in found:
        fixed = ", ".join(known.get("fix_versions", [])) or "no version yet"
        print(f"{package['name']} {package.get('version')}: {known['id']} (mended in {fixed})")
    skipped = [p["name"] for p in packages if "skip_reason" in p]
    print(f"{service}: {len(packages) - len(skipped)} packages asked about, {len(found)} advisories")
    if skipped:
        print(f"nothing was learned about: {', '.join(skipped)}")
    return 1 if found else 2 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
