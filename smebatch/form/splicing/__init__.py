"""Copies of a finished workbook with other contents in some of its cells, without writing the workbook anew.

The caller writes one workbook with XlsxWriter, in which each cell to replace holds a text of its own, its stand-in
(``pattern.stand_in``), and hands its bytes to ``verified.verified_pattern``. ``Pattern.filled`` then takes the contents
by the name of the cell and returns the bytes of a workbook.

What is promised:

- Every part of that workbook equals, byte for byte, what XlsxWriter would have written had the caller given it the
  contents in place of the stand-ins. Only the compression differs: it is faster, and the file about an eighth larger.
- The bytes depend on the pattern and the contents alone, not on what was filled before. (Where isal has no wheel zlib
  compresses, into other bytes.)
- A workbook that cannot be taken apart in this way raises PatternError when the pattern is made, never later: a cell
  without a format, a stand-in that is missing or stands twice, shared texts or cells written otherwise than XlsxWriter
  3.3 writes them.
- How XlsxWriter writes texts, numbers and blank cells is known from workbooks it has finished: before the first
  pattern is used, a filled one is compared with one that the installed release has written through its public methods.

- What else a pattern can exchange (``pattern.Exchange``) is up to its writer to compare with a workbook written anew
  (``verified.require_same``): the style of a cell, whose number is read from the pattern's workbook; a row that is
  repeated with other contents and heights; the ending of a sheet, where its links and conditional formats stand; whole
  parts, such as those of the notes (``notes``).

What is not: formulas keep the results the pattern holds, so its writer leaves them out.

The package knows nothing of forms: ``zip_parts`` handles the zip file and its compression, ``shared_texts`` the part
that holds the texts, ``cell_xml`` what a text and a cell look like, ``notes`` the two parts with the notes of a sheet,
``pattern`` puts them together.
"""
