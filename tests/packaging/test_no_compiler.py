"""Where no C++ compiler is found, zig's is used, which comes as a wheel."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.packaging.building import (
    ROOT,
    TOOLS,
    Installation,
    build_sdist,
    build_wheel,
    clean_environment,
    run,
    try_it,
)

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the system brings a compiler's path"
)

_HOOK = "import sys; sys.path.insert(0, 'core'); import build_backend as backend; "


@pytest.fixture
def hidden(tmp_path: Path) -> dict[str, str]:
    """An environment in which no program is found at all, so no compiler either."""
    env = clean_environment(PATH=str(tmp_path / "nothing"))
    for name in ("CC", "CXX", "CMAKE_TOOLCHAIN_FILE"):
        env.pop(name, None)
    return env


def ask(expression: str, env: dict[str, str]) -> str:
    pytest.importorskip("scikit_build_core")
    return run(sys.executable, "-c", _HOOK + expression, folder=ROOT, env=env)


def test_zig_is_asked_for_only_where_there_is_no_compiler(hidden: dict[str, str]) -> None:
    needed = "print('ziglang' in backend.get_requires_for_build_wheel())"
    assert ask(needed, hidden).strip() == "True"
    for named in (
        {"CXX": "some-compiler"},
        {"CMAKE_TOOLCHAIN_FILE": "some-file"},
        {"CMAKE_ARGS": "-DCMAKE_CXX_COMPILER=some-compiler"},
    ):
        assert ask(needed, hidden | named).strip() == "False"


def test_neither_compiler_nor_zig_is_said_in_words(hidden: dict[str, str]) -> None:
    without = "backend.find_spec = lambda name: None; "
    told = "\ntry: backend.build_wheel('nowhere')\nexcept SystemExit as error: print('told', error)"
    message = ask(without + told, hidden)
    assert message.startswith("told the core needs a C++ compiler")
    assert "pip install ziglang" in message


def test_arguments_for_cmake_are_kept(hidden: dict[str, str]) -> None:
    env = hidden | {"AR": "some-archiver", "RANLIB": "some-indexer"}
    for given in ("'-DA=1;-DB=2'", "['-DA=1', '-DB=2']"):
        joined = ask(f"print(backend._with_archiver({{'cmake.args': {given}}}))", env)
        assert "-DA=1;-DB=2;-DCMAKE_AR=some-archiver;-DCMAKE_RANLIB=some-indexer" in joined


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ziglang") is None, reason="needs: pip install ziglang")
def test_zig_compiles_the_wheel(hidden: dict[str, str], tmp_path: Path) -> None:
    for tool in TOOLS:
        pytest.importorskip(tool)
    folders = {name: tmp_path / name for name in ("nothing", "sdist", "wheel", "elsewhere")}
    for folder in folders.values():
        folder.mkdir()
    wheel = build_wheel(build_sdist(folders["sdist"]), folders["wheel"], env=hidden)
    try_it(Installation(tmp_path / "environment", wheel), folders["elsewhere"])
