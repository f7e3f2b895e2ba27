"""python -m smebatch."""

from smebatch.cli.program import main

if __name__ == "__main__":
    main()
