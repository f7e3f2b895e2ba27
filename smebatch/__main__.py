"""python -m smebatch."""

from smebatch.cli import main

if __name__ == "__main__":
    main()
