"""python -m smebatch."""

from smebatch.cli import main

main()
