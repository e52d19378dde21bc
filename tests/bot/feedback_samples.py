"""Judgements for tests of the store, and what the store has of them."""

from bot.store.feedback import Rated, Tap


def described(exchange, before, message_id):
    """What a message is about: all of its exchange, and of the one before."""
    context = tuple(turn for each in before[-1:] for turn in (each.text, each.reply))
    people = frozenset(each.user_id for each in (*before[-1:], exchange))
    return Rated(exchange.kind, exchange.text, context, exchange.reply, exchange.model, people)


def judged(store, rating, message_id=50, user=7, chat=7, *, update, describe=described, **more):
    """A tap on a message of the bot, and how the judgement stands then."""
    return store.vote(Tap(chat, message_id, user, rating, update, **more), describe, remembered=6)


def feedback(store):
    """Rating, correction, prompt and reply of all judgements, the oldest first."""
    return store.rows("SELECT rating, correction, prompt, reply FROM feedback ORDER BY feedback")
