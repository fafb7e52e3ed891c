"""Feeds damaged and hostile files to everything that reads frames.

`make fuzz` runs it for as long as FUZZ_SECONDS says, the tests for a fixed number of inputs.
Every input must be decoded or end in one of neurocomp's errors, never in another exception, a
crash or a hang; and all ways of reading must agree about it.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import zlib

from neurocomp.frame.block import Method
from neurocomp.frame.constants import MAGIC
from neurocomp.frame.index import read_index
from neurocomp.frame.source import encode_varint
from neurocomp.frame.trailer import Trailer
from neurocomp.registry.packaged import EMBEDDED
from tests import forging, ways
from tests.golden import cases

MODEL_PATH = (cases.BYTE_MODEL.parent,)
MIX_HASH = EMBEDDED["mix"].sha256()[:3]


def seeds() -> list[bytes]:
    """Return the frames that inputs are made from: half of them have several blocks."""
    paths = sorted(cases.VALID.glob("*.ncmp"))
    golden = [path.read_bytes() for path in paths if path.stem not in cases.SLOW]
    return golden + [_small_frame(random.Random(seed)) for seed in range(len(golden))]


def _small_frame(rng: random.Random) -> bytes:
    """Return a frame of a few blocks: some are coded, some stored, some alike."""
    alike = rng.randbytes(20)
    contents = [
        rng.choice((rng.randbytes(rng.randint(1, 60)), alike, b"so on, and " * rng.randint(3, 12)))
        for _ in range(rng.randint(1, 5))
    ]
    return forging.frame_of(*contents, model=rng.choice(("adaptive", "adaptive", "mix")))


def make_input(rng: random.Random, frames: list[bytes]) -> bytes:
    """Return one hostile input."""
    frame = rng.choice(frames)
    match rng.randrange(10):
        case 0:
            return MAGIC + bytes([rng.choice((0x10, 0x11))]) + rng.randbytes(rng.randrange(200))
        case 1:
            return frame[: rng.randrange(len(frame) + 1)]
        case 2:
            return mutate(rng, frame)
        case 3:
            return with_sound_checksum(mutate(rng, frame))
        case 4:
            head, body = frame[: rng.choice((8, 9))], rng.randbytes(rng.randrange(1, 60))
            return with_sound_checksum(head + b"\x05" + body + bytes(4))
        case 5:
            other = rng.choice(frames)
            return frame[: rng.randrange(len(frame))] + other[rng.randrange(len(other)) :]
        case 6:
            return rearranged(rng, frame)
        case 7:
            return retold(rng, frame)
        case 8:
            return as_segments(rng, frame)
        case _:
            pieces = [frame, mutate(rng, rng.choice(frames)), rng.choice(frames)]
            rng.shuffle(pieces)
            return b"".join(pieces[: rng.randint(1, 3)])


def rearranged(rng: random.Random, frame: bytes) -> bytes:
    """Return a frame with blocks exchanged, doubled or left out, now and then under other tags."""
    parts = forging.take_apart(frame)
    numbers = list(range(len(parts.blocks)))
    blocks = []
    for number in rng.choices(numbers, k=rng.randint(1, 1 + len(numbers))):
        is_retagged = rng.random() < 0.2
        tag = rng.choice((0, 1, 3)) | parts.blocks[number][0] & 0xFC
        blocks.append(parts.retagged(number, tag) if is_retagged else parts.blocks[number])
    blocks.append(parts.blocks[-1])
    return parts.header + b"".join(blocks) + parts.trailer


def retold(rng: random.Random, frame: bytes) -> bytes:
    """Return a frame with a trailer that tells something else, its own checksum right."""
    (index,) = read_index(io.BytesIO(frame))
    parts = forging.take_apart(frame)
    sizes = [[place.stored_bytes, place.decoded_bytes] for place in index.places]
    checksum = index.trailer.content_checksum if index.trailer else index.heads[0].decoded_checksum
    chosen = rng.choice(sizes)
    chosen[rng.randrange(2)] += rng.choice((-1, 0, 1))
    header_bytes = len(parts.header) + rng.choice((0, 0, 0, -1, 1))
    told = tuple((max(stored, 1), max(decoded, 1)) for stored, decoded in sizes)
    last = len(parts.blocks) - 1
    blocks = (*parts.blocks[:-1], parts.retagged(last, parts.blocks[last][0] | 3))
    trailer = Trailer(header_bytes, told, checksum ^ rng.choice((0, 0, 1)))
    return parts.header + b"".join(blocks) + trailer.to_bytes()


def as_segments(rng: random.Random, frame: bytes) -> bytes:
    """Return a frame whose coded blocks are segments of any model, with any transforms."""
    (index,) = read_index(io.BytesIO(frame))
    parts = forging.take_apart(frame)
    header = index.header.to_bytes()
    if len(index.header.models) == 1 and rng.random() < 0.8:
        other = b"\x08\x01" + rng.choice((MIX_HASH, MIX_HASH, rng.randbytes(3)))
        header = header[:2] + b"\x11\x02" + rng.choice((header[3:] + other, other + header[3:]))
    data = header
    for head, block in zip(index.heads, parts.blocks, strict=True):
        if head.method is Method.STORED:
            body = block[:-4]
        else:
            transforms = rng.choice((b"\0", b"\0", b"\1\1\0", b"\2\1\0\1\0", b"\1\5\3abc"))
            numbers = (head.num_symbols + rng.choice((0, 0, 0, 0, 1)), head.payload_bytes)
            lanes = encode_varint(head.num_lanes) if head.num_lanes > 1 else b""
            body = bytes([block[0] & 0xB3 | 8]) + encode_varint(head.decoded_bytes)
            body += encode_varint(rng.choice((0, 1, 1, 1, 2))) + transforms
            body += encode_varint(numbers[0]) + lanes + encode_varint(numbers[1])
            body += head.decoded_checksum.to_bytes(4, "little")
            body += block[len(block) - 4 - head.payload_bytes : -4]
        data += body + zlib.crc32(header + body).to_bytes(4, "little")
    return data + parts.trailer


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
    """Read ``data`` in every way there is: its content, or None where it was refused.

    Raises:
        Disagreement: the ways disagree.
    """
    content = ways.read_all_ways(data, MODEL_PATH)
    return content if isinstance(content, bytes) else None


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
