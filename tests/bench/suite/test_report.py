"""The report: one page that needs nothing else, hostile names and all."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from neurocomp.bench.suite import scales
from neurocomp.bench.suite.plots import draw
from neurocomp.bench.suite.report import render
from neurocomp.bench.suite.results import Results
from neurocomp.bench.suite.rows import State
from tests.bench.suite.programs import row
from tests.bench.suite.test_results import results

HOSTILE = "<script>alert('x')</script>&\"'"
VOID = {"meta", "input", "br", "link", "img"}

RESULTS = results(
    row("a", "xz -9", 400),
    row("a", "zstd -19", 450, compress_cpu=0.01),
    row("a", "neurocomp --preset best", 100, model_bytes=20_000_000, compress_cpu=9.0),
    row(HOSTILE, "xz -9", 300),
    row(HOSTILE, "zstd -19", 1000, unit="sub-pixel", num_units=500),
    row(HOSTILE, "neurocomp --preset best", 90, model_bytes=20_000_000),
    row("c", "mine", 0, state=State.FAILED, message=HOSTILE),
    title=f"Title {HOSTILE}",
    note=HOSTILE,
    left_out=((HOSTILE, HOSTILE),),
)
WHOLE = results(*RESULTS.rows[:6])


class Page(HTMLParser):
    """Collects tags, and checks that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and kind in [*(attributes.get("class") or "").split(), ""]
        ]


@pytest.fixture(scope="module")
def text() -> str:
    return render(RESULTS)


def test_it_fetches_nothing(text: str) -> None:
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "base"}
        for name in ("src", "href", "action", "srcset", "style"):
            value = attributes.get(name)
            assert value is None or value.startswith("#"), (tag, name, value)
    assert "url(" not in text
    assert "@import" not in text
    outside = set(re.findall(r"https?://[^\s\"'<]+", text)) - {"http://www.w3.org/2000/svg"}
    assert outside == set()
    [policy] = [a for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_names_are_text(text: str) -> None:
    assert text.count("<script>") == 1
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_tables_can_be_sorted_and_read_aloud(text: str) -> None:
    page = Page(text)
    tables = page.all("table")
    assert [table["id"] for table in tables] == ["totals", "rows", "left-out", "programs"]
    assert text.count("<caption>") == len(tables)
    assert len(page.all("button")) == text.count('<th scope="col"')
    cells = page.all("td") + [cell for cell in page.all("th") if cell.get("scope") == "row"]
    assert all("data-sort" in cell for cell in cells)
    [english] = page.all("html")
    assert english["lang"] == "en"


def test_points_say_what_they_are(text: str) -> None:
    page = Page(render(WHOLE))
    points = page.all("g", "point")
    assert len(page.all("figure")) == 4
    assert points
    for point in points:
        assert point["tabindex"] == "0"
        assert point["aria-label"]
    assert "neurocomp --preset best\n" in (page.all("g", "ours")[0]["aria-label"] or "")
    assert all(chart.get("aria-label") for chart in page.all("svg"))


def test_a_failed_row_is_shown_as_one(text: str) -> None:
    page = Page(text)
    assert len(page.all("tr", "bad")) == 1
    assert "failed: &lt;script&gt;" in text


@pytest.mark.parametrize(
    "rows",
    [(), (row(),), (row("a", "store", 1000),), (row(state=State.FAILED),)],
    ids=["none", "one", "floor", "failed"],
)
def test_few_rows_are_enough(rows: Sequence[object], tmp_path: Path) -> None:
    few = results(*rows)  # type: ignore[arg-type]
    Page(render(few))
    pytest.importorskip("matplotlib")
    draw(few, tmp_path)


def test_plots_are_pictures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    written = draw(WHOLE, tmp_path)
    stems = ("speed", "gain", "models")
    assert [path.name for path in written] == [f"{a}.{b}" for a in stems for b in ("png", "svg")]
    for path in written:
        start = b"\x89PNG" if path.suffix == ".png" else b"<?xml"
        assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("values", [(1.0, 9.0), (3.0, 3.0), (0.0, 0.0), (-2.0, 1e6)])
def test_a_scale_has_room_and_ticks(values: tuple[float, float]) -> None:
    scale = scales.fitting(values, 10, 90)
    assert 10 < scale.place(values[0]) <= scale.place(values[1]) < 90
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 12
    assert all(10 - 1e-6 <= scale.place(tick) <= 90 + 1e-6 for tick in ticks)


def test_a_logarithmic_scale() -> None:
    scale = scales.fitting([1e3, 1e6], 0, 100, is_log=True)
    assert scale.place(1e4) - scale.place(1e3) == pytest.approx(scale.place(1e6) - scale.place(1e5))
    assert [one for one in scale.ticks() if f"{one:.0e}"[0] == "1"] == [1e3, 1e4, 1e5, 1e6]


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_browser_sorts_and_tells(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    hovers = "document.querySelector('.point').dispatchEvent(new MouseEvent('mouseenter'))"
    text = render(WHOLE).replace("</body>", f"<script>{hovers}</script></body>")
    page.write_text(text)
    done = subprocess.run(
        [
            str(BROWSER),
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"{page.as_uri()}#totals:-2",
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    found = done.stdout.decode()
    body = re.search(r'<table id="totals">.*?<tbody>(.*?)</tbody>', found, re.DOTALL)
    assert body is not None
    order = re.findall(r'<th scope="row" data-sort="([^"]*)"', body[1])
    assert order == ["zstd -19", "xz -9", "neurocomp --preset best"]
    assert 'aria-sort="descending"' in found
    tip = re.search(r'<div id="tip"([^>]*)>(.*?)</div>', found, re.DOTALL)
    assert tip is not None
    assert "hidden" not in tip[1]
    assert tip[2].startswith("xz -9\n")
    assert "<title>xz" not in found, "points lose the browser's own tip"


def test_results_of_other_shapes_render() -> None:
    assert isinstance(WHOLE, Results)
    assert "Time limit" not in render(results(row(), timeout=None))
