"""Sets a template: the data as JSON on stdin, PDF or the first page as PNG on stdout. Run by press.py, alone."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(template: str, kind: str, ppi: str) -> None:
    """Compile with our fonts and no others."""
    import typst  # noqa: PLC0415 - slow import

    compiler = typst.Compiler(
        str(FOLDER / "templates" / f"{template}.typ"),
        root=str(FOLDER / "templates"),
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER / "fonts")]
        ),
        ignore_system_fonts=True,
        sys_inputs={"data": sys.stdin.buffer.read().decode()},
    )
    made = compiler.compile(format="png" if kind == "png" else "pdf", ppi=float(ppi))
    first = made[0] if isinstance(made, list) else made
    sys.stdout.buffer.write(first or b"")


if __name__ == "__main__":
    main(*sys.argv[1:])
