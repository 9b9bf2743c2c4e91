"""Pictures of every page, as people see them: 1440 and 390 px wide, light and dark.

    python bench/pictures.py OUT                      all of them, in English: some 400 pictures, about ten minutes
    python bench/pictures.py OUT --langs de,da,eu     in other languages
    python bench/pictures.py OUT --only agenda --widths 390 --schemes dark

It starts services of its own, on databases of its own: one with the demo border and an event in the middle of its day,
one that holds nothing yet. Pages come from the application itself (bench/every_page.py), their states from
bench/pictures_scenes.py. OUT gets `WIDTH-SCHEME[-LANG]/NAME.png`, `index.html` to leaf through, and `findings.json`:
what is wider than the window, what moved while it loaded (CLS), what the browser complained of. Needs Chromium.
"""

import argparse
import html
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import uvicorn
from pictures_scenes import Scene, Stage, bare_event, by_the_clock, errors, every_page, nothing_yet, opened
from playwright.sync_api import Browser, Error, sync_playwright

from app.db import session_scope
from app.main import create_app, open_database
from app.services import border
from app.services.maps import load
from app.services.meaning import Meaning, MeaningHolder, load_meaning
from app.settings import Settings
from app.worker import drain

ROOT = Path(__file__).resolve().parent.parent
TALLEST = 9000
"""Longer pages are cut."""
A4_WIDE = 1032
"""Pixels between the margins of a sheet that lies."""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WATCH = """window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
WIDE = """() => [...document.querySelectorAll("main *, header *")].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 1 && getComputedStyle(e).position !== "absolute"
    && !e.closest("[tabindex='0'], .scroll, pre, svg");
}).slice(0, 5).map((e) => e.tagName.toLowerCase() + "." + e.className)"""


@dataclass
class Camera:
    """Takes pictures into a folder and notes what is wrong with a page."""

    browser: Browser
    out: Path
    findings: dict[str, list[str]] = field(default_factory=dict)

    def take(self, scenes: Sequence[Scene], base: str, look: tuple[int, str, str]) -> None:
        """Every scene in one look: width, scheme and language."""
        width, scheme, lang = look
        folder = self.out / "-".join([str(width), scheme, *([] if lang == "en" else [lang])])
        folder.mkdir(parents=True, exist_ok=True)
        height = 900 if width > 600 else 844
        context = self.browser.new_context(
            base_url=base, viewport={"width": width, "height": height}, color_scheme=scheme, locale=lang,
            service_workers="block", reduced_motion="reduce",
        )  # fmt: skip
        context.add_init_script(WATCH)
        context.set_default_timeout(20_000)
        for scene in scenes:
            self._one(context, scene, folder)
        context.close()

    def _one(self, context: Any, scene: Scene, folder: Path) -> None:
        page, said = context.new_page(), []
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        refused = "Failed to load resource"  # said of the page itself, too, when its status is an error
        page.on("console", lambda m: said.append(m.text) if m.type == "error" and refused not in m.text else None)
        page.on("response", lambda r: said.append(f"{r.status} {r.url}") if r.status >= 400 and _is_part(r) else None)
        try:
            if scene.printed:
                page.set_viewport_size({"width": min(page.viewport_size["width"], A4_WIDE), "height": 900})
                page.emulate_media(media="print", color_scheme="light")
            page.goto(scene.address, wait_until="load")
            page.wait_for_timeout(150)
            shifted = page.evaluate("window.shifted")
            if scene.deed:
                scene.deed(page)
                page.wait_for_timeout(250)
            width = page.viewport_size["width"]
            if (broad := page.evaluate("document.documentElement.scrollWidth")) > width and not scene.printed:
                said.append(f"{broad} px wide: {page.evaluate(WIDE)}")
            if shifted > 0.001:
                said.append(f"shifted {shifted:.3f}")
            tall = min(TALLEST, max(page.evaluate("document.documentElement.scrollHeight"), 300))
            clip = {"x": 0, "y": 0, "width": width, "height": tall}
            page.screenshot(path=folder / f"{scene.name}.png", full_page=True, clip=clip, animations="disabled")
        except Error as error:
            if "Download is starting" not in str(error):
                said.append(f"no picture: {str(error).splitlines()[0]}")
        if said:
            self.findings[f"{folder.name}/{scene.name}"] = said
            print(f"{folder.name}/{scene.name}: {said}", flush=True)
        page.close()


def _is_part(answer: Any) -> bool:
    """Whether it was asked for by a page, and is not the page itself."""
    return str(answer.request.resource_type) != "document"


@contextmanager
def running(folder: Path, holder: MeaningHolder) -> Iterator[Stage]:
    """A service in this process, on a database of its own."""
    settings = Settings(data_dir=folder, local_admin=True, embed_in_service=False, rate_address=10**9)
    engine = open_database(settings)
    app = create_app(settings, engine=engine, holder=holder)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield Stage(app, engine, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    server.should_exit = server.force_exit = True
    thread.join(30)
    engine.dispose()


def load_border(stage: Stage, meaning: Meaning) -> None:
    """The demo border with its tandems."""
    with session_scope(stage.engine) as session:
        data = (border.FOLDER / "actors.jsonl").read_bytes()
        load(session, fields=border.MAP, filename="actors.jsonl", data=data)
        border.load_tandems(session)
    drain(stage.engine, meaning, 64)


def is_page(base: str, scene: Scene) -> bool:
    """Whether there is HTML at its address, and the address is its own."""
    with httpx.stream("GET", base + scene.address, headers={"accept": "text/html"}, timeout=60) as answer:
        return answer.status_code == 200 and answer.headers.get("content-type", "").startswith("text/html")


def photograph(camera: Camera, stage: Stage, args: argparse.Namespace) -> None:
    """Everything that the filled service shows: on the day, before it, and when it is over."""
    looks = [(w, s, lang) for lang in args.langs for w in args.widths for s in args.schemes]
    samples = stage.told.samples
    pages = [scene for scene in every_page(stage.app, samples) if is_page(stage.url, scene)]
    usual = [*pages, *bare_event(samples), *errors(samples), *opened(samples)]
    passes = (
        (lambda: None, usual),
        (stage.begin_tomorrow, by_the_clock(samples, "before")),
        (lambda: stage.turn_clock(stage.size.rounds + 4), by_the_clock(samples, "after")),
    )
    for turn, scenes in passes:
        turn()
        for look in looks:
            camera.take([s for s in scenes if args.only in s.name], stage.url, look)


def leaf(out: Path) -> None:
    """A page to leaf through."""
    folders = sorted(p for p in out.iterdir() if p.is_dir())
    names = sorted({p.stem for folder in folders for p in folder.glob("*.png")})
    rows = [
        f"<h2>{html.escape(name)}</h2>" + "".join(
            f'<a href="{folder.name}/{name}.png"><img loading="lazy" width="300" src="{folder.name}/{name}.png"></a>'
            for folder in folders if (folder / f"{name}.png").exists()
        )
        for name in names
    ]  # fmt: skip
    (out / "index.html").write_text("<!doctype html><meta charset=utf-8>" + "\n".join(rows), encoding="utf-8")


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--langs", type=lambda told: told.split(","), default=["en"])
    parser.add_argument("--widths", type=lambda told: [*map(int, told.split(","))], default=[1440, 390])
    parser.add_argument("--schemes", type=lambda told: told.split(","), default=["light", "dark"])
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--models", type=Path, default=ROOT / ".viaduc", help="folder that holds the language model")
    args = parser.parse_args()
    meaning = load_meaning(None, args.models, 2, print)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        camera = Camera(browser, args.out)
        with running(Path(folder) / "filled", MeaningHolder.ready(meaning)) as stage:
            load_border(stage, meaning)
            stage.furnish()
            photograph(camera, stage, args)
        with running(Path(folder) / "empty", MeaningHolder(lambda: meaning)) as stage:
            for look in [(w, s, lang) for lang in args.langs for w in args.widths for s in args.schemes]:
                camera.take([s for s in nothing_yet() if args.only in s.name], stage.url, look)
        browser.close()
    (args.out / "findings.json").write_text(json.dumps(camera.findings, indent=1) + "\n", encoding="utf-8")
    leaf(args.out)


if __name__ == "__main__":
    main()
