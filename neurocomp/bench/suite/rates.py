"""Ratios and speeds from sizes and seconds, of one content or the sum of several."""

from __future__ import annotations


class Rates:
    """Figures of whatever has these members, whose units are bytes and CPU seconds."""

    content_bytes: int
    compressed_bytes: int
    model_bytes: int
    program_bytes: int | None
    num_units: int
    compress_cpu: float | None
    decompress_cpu: float | None

    @property
    def bits_per_byte(self) -> float:
        """Compressed bits for each byte of content."""
        return 8 * self.compressed_bytes / self.content_bytes if self.content_bytes else 0.0

    @property
    def bits_per_unit(self) -> float | None:
        """Compressed bits for each token, latent or sub-pixel; None where there are none."""
        return 8 * self.compressed_bytes / self.num_units if self.num_units else None

    @property
    def with_model_bytes(self) -> int:
        """Size of the output and of the weights that a reader needs."""
        return self.compressed_bytes + self.model_bytes

    @property
    def with_program_bytes(self) -> int | None:
        """The same with the program that reads it; None where its size is unknown."""
        return None if self.program_bytes is None else self.with_model_bytes + self.program_bytes

    @property
    def compress_speed(self) -> float | None:
        """Bytes of content for each second of CPU time."""
        return _speed(self.content_bytes, self.compress_cpu)

    @property
    def decompress_speed(self) -> float | None:
        """Bytes of content for each second of CPU time."""
        return _speed(self.content_bytes, self.decompress_cpu)


def _speed(num_bytes: int, seconds: float | None) -> float | None:
    return None if seconds is None else num_bytes / max(seconds, 1e-9)
