"""Settings: what holds once platform, developer and user have asked."""
