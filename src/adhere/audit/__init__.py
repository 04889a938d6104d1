"""The tamper-evident record of decisions: append, prove, verify, erase content."""
