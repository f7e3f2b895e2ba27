"""Forms out, returns in, an exact district report out, for 《中小企业数字化水平评测指标》."""

__version__ = "0.1.0"
