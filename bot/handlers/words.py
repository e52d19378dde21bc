"""What the bot says about itself."""

from bot.desk import Case, Outcome

FROM_INLINE = "1"
"""What /start says when it comes from the button above inline results: no letters, which would pass for a language."""


async def start(case: Case) -> Outcome:
    """Who the bot is, or, to somebody whose text did not fit elsewhere, where to put it."""
    await case.say(case.texts.inline_whole if case.text == FROM_INLINE else case.texts.start)
    return Outcome()


async def show_help(case: Case) -> Outcome:
    """What the bot can do; inline only where Telegram said at the start that BotFather has switched it on."""
    texts = case.texts
    inline = f"{texts.help_inline}\n" if case.desk.bot.supports_inline_queries else ""
    await case.say(texts.help.format(inline=inline))
    return Outcome()


async def privacy(case: Case) -> Outcome:
    """What is stored, and for how long."""
    await case.say(case.texts.privacy.format(days=f"{case.desk.settings.retention_days:g}"))
    return Outcome()


async def unknown_command(case: Case) -> Outcome:
    """A command that there is not; in a group it may be meant for somebody else."""
    if case.message is None or case.chat < 0:
        return Outcome("refused", "an unknown command in a group")
    await case.say(case.texts.unknown_command)
    return Outcome(detail="an unknown command")


async def wordless(case: Case) -> Outcome:
    """A picture, a sticker, a voice: nothing to read."""
    if case.chat < 0:
        return Outcome("refused", "no text")
    if case.message is not None and not await case.desk.albums.may_speak(case.message):
        return Outcome(detail="part of an album")
    await case.say(case.texts.only_text)
    return Outcome(detail="no text")


async def old_button(case: Case) -> Outcome:
    """A button that an older version made."""
    await case.answer_press(case.texts.old_button)
    return Outcome(detail="an unknown button")
