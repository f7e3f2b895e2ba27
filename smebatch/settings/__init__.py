"""Settings: what a round is, said once in smebatch.toml."""
