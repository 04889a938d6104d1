"""How the database is made, step by step."""
