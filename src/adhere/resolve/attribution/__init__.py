"""Who said which stretch of a conversation, and with what authority."""
