"""Who may ask: keys, their store, and tokens of issuers that are trusted."""
