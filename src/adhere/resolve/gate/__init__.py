"""The tool gate: untrusted data has no authority over what an agent does."""
