"""Feeds damaged and hostile files to everything that reads frames.

`make fuzz` runs it for as long as FUZZ_SECONDS says, the tests for a fixed number of inputs.
Every input must be decoded or end in one of neurocomp's errors, never in another exception, a
crash or a hang.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import zlib

from neurocomp.errors import NeurocompError
from neurocomp.frame.limits import MAGIC
from neurocomp.pipeline.inspect import inspect_frames
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.recover import recover_stream
from neurocomp.pipeline.seekable import SeekableContent
from neurocomp.pipeline.streams import decompress_stream
from tests.golden import cases

MODEL_PATH = (cases.BYTE_MODEL.parent,)


def seeds() -> list[bytes]:
    """Return the frames that inputs are made from."""
    return [path.read_bytes() for path in sorted(cases.VALID.glob("*.ncmp"))]


def make_input(rng: random.Random, frames: list[bytes]) -> bytes:
    """Return one hostile input."""
    frame = rng.choice(frames)
    match rng.randrange(6):
        case 0:
            return MAGIC + bytes([0]) + rng.randbytes(rng.randrange(200))
        case 1:
            return frame[: rng.randrange(len(frame) + 1)]
        case 2:
            return mutate(rng, frame)
        case 3:
            return with_sound_checksum(mutate(rng, frame))
        case 4:
            head, body = frame[: rng.choice((8, 9))], rng.randbytes(rng.randrange(1, 60))
            return with_sound_checksum(head + b"\x05" + body + bytes(4))
        case _:
            other = rng.choice(frames)
            return frame[: rng.randrange(len(frame))] + other[rng.randrange(len(other)) :]


def mutate(rng: random.Random, frame: bytes) -> bytes:
    """Overwrite, insert or remove a few bytes, mostly near the start, where the fields are."""
    out = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(min(len(out), 32) if rng.random() < 0.7 else len(out))
        match rng.randrange(4):
            case 0:
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                out[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                out[at:at] = rng.randbytes(rng.randint(1, 3))
            case _:
                del out[at]
        out = out or bytearray(1)
    return bytes(out)


def with_sound_checksum(frame: bytes) -> bytes:
    """Return a one-block frame whose stored checksum fits its bytes."""
    return frame[:-4] + zlib.crc32(frame[:-4]).to_bytes(4, "little")


def decode(data: bytes) -> bytes | None:
    """Read ``data`` in every way there is: its content, or None where it was refused."""
    options = DecompressOptions(threads=1, model_path=MODEL_PATH)
    content: bytes | None = None
    try:
        sink = io.BytesIO()
        decompress_stream(io.BytesIO(data), sink, options)
        content = sink.getvalue()
    except NeurocompError:
        pass
    for read in (
        lambda: inspect_frames(io.BytesIO(data), MODEL_PATH),
        lambda: recover_stream(io.BytesIO(data), io.BytesIO(), options),
        lambda: SeekableContent(io.BytesIO(data), MODEL_PATH).read_from(0, 1 << 20),
    ):
        try:
            read()
        except NeurocompError:
            continue
    return content


def run(rng: random.Random, num_inputs: int | None, seconds: float) -> tuple[int, int]:
    """Run inputs until either limit: how many there were, and how many were decoded."""
    frames = seeds()
    deadline = time.monotonic() + seconds
    done = decoded = 0
    while (num_inputs is None or done < num_inputs) and time.monotonic() < deadline:
        data = make_input(rng, frames)
        try:
            decoded += decode(data) is not None
        except BaseException:
            print(f"input {done}: {data.hex()}", file=sys.stderr)
            raise
        done += 1
    return done, decoded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    done, decoded = run(random.Random(arguments.seed), None, arguments.seconds)
    print(f"seed {arguments.seed}: {done} inputs, {decoded} of them decoded, no failure")


if __name__ == "__main__":
    main()
