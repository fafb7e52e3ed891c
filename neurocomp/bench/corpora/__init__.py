"""The files that compression is measured on: what they are, where they come from, where they lie."""
