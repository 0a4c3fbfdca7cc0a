"""What the inputs must look like, how they are read, and the ledger of what was lost."""
