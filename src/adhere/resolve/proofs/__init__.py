"""What no developer, user or message can bring about, shown by trying everything."""
