"""What of the ledger has been delivered to whom: final entries in their order, and how far each sink has come."""
