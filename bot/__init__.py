"""The Telegram bot. Not built yet; docs/architecture.md says what is planned."""
