"""Write the generated samples: ``python -m corpora.make_samples``."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).with_name("samples")

_START = datetime(2024, 3, 1, tzinfo=UTC)
_STATIONS = ("Aldbeck", "Brenholm", "Corvane", "Dunmere", "Eskwater", "Farrowgate")
_MASK = (1 << 64) - 1

_Item = TypeVar("_Item")


class Random:
    """SplitMix64 (Steele, Lea, Flood 2014): the same numbers under every version of Python."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, bound: int) -> int:
        """Return an integer in [0, bound)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % bound

    def choice(self, items: Sequence[_Item]) -> _Item:
        """Return one of ``items``."""
        return items[self.below(len(items))]


def server_log(random: Random) -> bytes:
    """Return a log of a server: requests, and now and then a warning."""
    paths = ("/", "/stations", "/stations/{}", "/readings?day={}", "/static/chart.js")
    time, lines = _START, []
    for number in range(160):
        time += timedelta(milliseconds=20 + random.below(4000))
        stamp = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if random.below(12) == 0:
            lines.append(f"{stamp} WARN  pool worker {random.below(8)} restarted: idle too long")
            continue
        path = random.choice(paths).format(random.below(40))
        status = 200 if random.below(10) else random.choice((304, 404, 503))
        client = f"10.0.{random.below(4)}.{random.below(256)}"
        lines.append(
            f"{stamp} INFO  request {number:05} {client} GET {path} {status} "
            f"{random.below(900) + 100}us"
        )
    return _text(lines)


def stations_json(random: Random) -> bytes:
    """Return a JSON list of weather stations with nested objects."""
    stations = [
        {
            "id": f"st-{number:03}",
            "name": f"{random.choice(_STATIONS)} {random.choice(('North', 'Hill', 'Quay'))}",
            "position": {
                "lat_microdegrees": 50_000_000 + random.below(5_000_000),
                "lon_microdegrees": random.below(9_000_000) - 4_000_000,
            },
            "height_m": random.below(900),
            "sensors": [
                name for name in ("temperature", "pressure", "wind", "rain") if random.below(4)
            ],
            "active": random.below(7) > 0,
            "successor": None if random.below(5) else f"st-{random.below(40):03}",
        }
        for number in range(40)
    ]
    return (json.dumps({"version": 2, "stations": stations}, indent=2) + "\n").encode()


def readings_csv(random: Random) -> bytes:
    """Return a CSV table of hourly readings that drift slowly."""
    lines = ["time,station,temperature_c,pressure_hpa,wind_ms,note"]
    temperature, pressure = 64, 10132
    for hour in range(280):
        temperature += random.below(13) - 6
        pressure += random.below(9) - 4
        time = (_START + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M")
        note = "" if random.below(15) else random.choice(("checked", '"gust, short"', "late"))
        lines.append(
            f"{time},{_STATIONS[hour % 3]},{_tenths(temperature)},{_tenths(pressure)},"
            f"{_tenths(random.below(140))},{note}"
        )
    return _text(lines)


def records_bin(random: Random) -> bytes:
    """Return a table of 24-byte little-endian records.

    A record has: time in seconds (u32), counter (u32), station (u16), flags (u16), three
    channels (i32 each) that follow random walks.
    """
    seconds, channels, records = 1_709_251_200, [20_000, -300, 1_000_000], []
    for counter in range(600):
        seconds += 60 + random.below(2)
        channels = [value + random.below(41) - 20 for value in channels]
        flags = 1 << random.below(4) if random.below(20) == 0 else 0
        records.append(struct.pack("<IIHH3i", seconds, counter, counter % 6, flags, *channels))
    return b"".join(records)


GENERATORS: Mapping[str, Callable[[Random], bytes]] = {
    "server.log": server_log,
    "stations.json": stations_json,
    "readings.csv": readings_csv,
    "records.bin": records_bin,
}
"""The generated samples; the others are written by hand."""


def make(name: str) -> bytes:
    """Return the content of the generated sample ``name``."""
    return GENERATORS[name](Random(seed=len(name)))


def main() -> None:
    """Write every generated sample."""
    for name in GENERATORS:
        (FOLDER / name).write_bytes(make(name))


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _tenths(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 10}.{abs(value) % 10}"


if __name__ == "__main__":
    main()
