"""The ledger: every exchange is entered when it begins and once more when it is over, in a chain of hashes."""
