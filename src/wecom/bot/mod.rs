//! The bot's long connection (WebSocket).
