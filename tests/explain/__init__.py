"""Where the bits of a file went."""
