"""What comes from outside: published specs, and recordings of other tools. The parsers are pure.

Import the modules by name: each brings only the libraries that it needs itself.
"""
