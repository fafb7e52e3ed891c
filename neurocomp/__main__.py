"""``python -m neurocomp``: the command line without its script."""

from neurocomp.cli import main

if __name__ == "__main__":
    main()
