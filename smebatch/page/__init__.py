"""The page: the jobs of smebatch in a browser, on the user's own machine."""
