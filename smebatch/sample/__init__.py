"""Makes up returns, consistent or with the faults people make.

Every name is evidently invented (示例). The same seed makes the same bytes, because nothing reads the clock.
"""

from smebatch.sample.answers import make_answers
from smebatch.sample.faults import FAULTS
from smebatch.sample.write import write_sample

__all__ = ["FAULTS", "make_answers", "write_sample"]
