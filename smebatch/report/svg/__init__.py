"""The charts of the report as SVG, for the page."""
