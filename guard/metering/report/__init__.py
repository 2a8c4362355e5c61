"""Reports of usage: what the ledger comes to by tenant, key, tier, model, label and time."""
