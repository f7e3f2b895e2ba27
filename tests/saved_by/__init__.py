"""Returns as the programs that people use save them: made by script from one of this program's, and by themselves.

What each manner does by script was taken from workbooks anybody can look at, and of LibreOffice from what it writes
itself: a test compares the two. It is equipment of the tests and of the benchmarks; nothing here reads a return.
"""
