"""Descriptors of other compressors, and those that are installed, on real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp import extras
from neurocomp.bench.suite import ours
from neurocomp.bench.suite import peers as module
from neurocomp.bench.suite.commands import parse_command, parse_custom
from neurocomp.bench.suite.contenders import of_peer, resolve
from neurocomp.bench.suite.peers import Peer, peers, version_of
from neurocomp.bench.suite.rows import State
from neurocomp.bench.suite.trial import try_once
from neurocomp.errors import UsageError
from neurocomp.store.folder import HOME_VARIABLE, ModelStore
from tests.bench.suite.programs import content, png
from tests.conftest import make_text
from tests.golden.cases import PRIOR

EXPECTED = {
    *("gzip", "pigz", "bzip2", "xz", "zstd", "zstd-ultra", "brotli", "bzip3", "lz4"),
    *("7z-lzma2", "7z-ppmd"),
    *("lrzip", "zpaq", "kanzi", "openzl", "omni-compress", "cjxl", "cwebp", "flif", "lepton"),
    *("paq8px", "cmix", "llama-zip"),
}
ALL = peers()


def test_all_peers_have_a_descriptor() -> None:
    assert set(ALL) == EXPECTED


@pytest.mark.parametrize("peer", ALL.values(), ids=list(ALL))
def test_a_descriptor_is_whole(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert peer.title
    assert peer.documentation.startswith("https://")
    monkeypatch.setattr(module, "_first", lambda names: f"/bin/{names[0]}" if names else "")
    monkeypatch.setattr(Peer, "missing", lambda self: None)
    monkeypatch.setattr(Peer, "model_path", lambda self: Path("/m") if self.model else None)
    compress, decompress = peer.commands(peer.flags)
    assert compress.has_output
    assert compress.words[0] == f"/bin/{peer.programs[0]}"
    assert decompress.has_output or peer.folder
    assert not any(
        "{" in word.replace("{in}", "").replace("{out}", "").replace("{threads}", "")
        for word in (*compress.words, *decompress.words)
    )
    assert peer.has_threads or "{threads}" not in peer.decompress


@pytest.mark.parametrize("peer", ALL.values(), ids=list(ALL))
def test_an_installed_peer_gives_files_back(peer: Peer, tmp_path: Path) -> None:
    if peer.missing() is not None:
        pytest.skip(f"{peer.missing()} is not installed")
    if peer.pixels and not extras.has("PIL"):
        pytest.skip("needs pillow")
    if peer.name in ("cmix", "llama-zip", "paq8px", "omni-compress"):
        pytest.skip("takes minutes and gigabytes")
    if peer.formats:
        files = [content("p", png(), ".png")] if "png" in peer.formats else []
    else:
        files = [content("a", make_text(3000), ".txt"), content("b", b"x"), content("c", png())]
    for file in files:
        trial = try_once(of_peer(peer), file, 1, 60, tmp_path)
        assert trial.state is State.OK, trial.message
        assert trial.compressed_bytes > 0
        assert trial.compared == ("pixels" if peer.pixels else "bytes")
    assert version_of(peer)[0].isdigit()


def test_flags_take_the_place_of_the_usual_ones() -> None:
    found, left_out = resolve(["gzip", "gzip -1", "gzip -9"])
    if left_out:
        pytest.skip("gzip is not installed")
    assert [one.name for one in found] == ["gzip -9", "gzip -1"]
    assert "-1" in found[1].compress.words


def test_what_is_not_installed_is_left_out_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_first", lambda programs: None)
    found, left_out = resolve(["zpaq", "store", "@peers"])
    assert [one.name for one in found] == ["store"]
    assert [(one.name, one.reason) for one in left_out] == [("zpaq", "not installed: zpaq")]


def test_the_largest_window_of_zstd_has_a_name() -> None:
    peer = ALL["zstd-ultra"]
    if peer.missing() is not None:
        pytest.skip("zstd is not installed")
    [one], _ = resolve(["zstd-ultra"])
    assert {"--ultra", "-22", "--long=27"} <= set(one.compress.words)


def test_max_takes_part_where_a_language_model_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    for flags in ("--preset max", "--ultra"):
        found, left_out = resolve([f"neurocomp {flags}"])
        assert found == []
        assert [one.name for one in left_out] == [f"neurocomp {flags}"]
        assert "none is installed" in left_out[0].reason
    monkeypatch.setattr(ours, "largest_language_model", lambda store: "mine")
    found, left_out = resolve(["neurocomp --preset max"])
    assert ([one.name for one in found], left_out) == (["neurocomp --preset max"], [])


def test_all_models_take_part_with_the_coders_they_work_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    ModelStore().add(PRIOR, "mine")
    found, _ = resolve(["@models"])
    assert [one.name.removeprefix("neurocomp -m ") for one in found] == [
        *("mix", "adaptive", "adaptive --coder huffman", "text-s", "text-l"),
        *("dalle:rainbow", "dalle:rainbow --coder huffman", "mine", "mine --coder huffman"),
    ]
    [huffman] = [one for one in found if one.name.endswith("-m adaptive --coder huffman")]
    trial = try_once(huffman, content("a", make_text(300)), 1, 60, tmp_path)
    assert trial.state is State.OK, trial.message


def test_weights_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_first", lambda programs: "/bin/llama-zip" if programs else None)
    llama = ALL["llama-zip"]
    monkeypatch.delenv(llama.model, raising=False)
    assert llama.missing() == f"the weights that ${llama.model} should name"
    model = tmp_path / "m.gguf"
    model.write_bytes(b"1234")
    monkeypatch.setenv(llama.model, str(model))
    assert llama.missing() is None
    assert str(model) in llama.commands("")[0].words


@pytest.mark.parametrize("text", ["lha", "neurocomp --colour", "neurocomp -T 4", "@all"])
def test_unknown_contenders_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        resolve([text])


def test_commands_of_the_user() -> None:
    name, first, second = parse_custom("mine: my -c {in} {out} ; my -d < {in} > {out}")
    assert (name, first.words) == ("mine", ("my", "-c", "{in}", "{out}"))
    assert (second.words, second.stdin, second.stdout) == (("my", "-d"), "{in}", "{out}")
    assert str(second) == "my -d < {in} > {out}"
    filled = first.filled({"{in}": "a b", "{out}": "c;d"})
    assert filled == ("my", "-c", "a b", "c;d")  # no shell sees them
    assert parse_command("sh -c 'x y' {in}").words == ("sh", "-c", "x y", "{in}")


@pytest.mark.parametrize(
    "text",
    [
        "my {in} {out} ; my {in} {out}",
        "mine: my {in} {out}",
        "mine: my {in} ; my {in} {out}",
        "mine: my {out} ; my {in} {out}",
        "mine: my 'x {in} {out} ; my {in} {out}",
        "mine: my < {out} > {in} ; my {in} {out}",
        "mine: my {in} > ; my {in} {out}",
    ],
)
def test_wrong_commands_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_custom(text)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="there is no program 'no-such-program'"):
        resolve([], ["x: no-such-program {in} {out} ; cat {in} > {out}"])
