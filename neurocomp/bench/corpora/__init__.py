"""The files that compression is measured on: what they are, and where they come from."""
