"""python -m smebatch."""

from smebatch.cli.commands import main

if __name__ == "__main__":
    main()
