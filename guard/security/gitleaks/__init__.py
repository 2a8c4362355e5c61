"""A user's rules for secrets in the format of gitleaks, run in the automaton."""
