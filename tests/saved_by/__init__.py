"""Returns as the programs people fill them in with would have saved them, made by script from one of this program's.

What each manner does was taken from workbooks anybody can look at, and of LibreOffice from what it writes itself: a
test compares the two. It is equipment of the tests and of the benchmarks; nothing here reads a return.
"""
