"""What the bot does, one module a matter. A handler takes a `bot.desk.Case`, replies, and says how the case ends."""
