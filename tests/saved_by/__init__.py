"""Returns as other programs save them: imitated by scripts (manners), or saved by the programs themselves (clients).

The scripts change a return that this program has written. They imitate public workbooks; that of LibreOffice imitates
what LibreOffice writes, and a test compares the two. The tests and the benchmarks use this package.
"""
