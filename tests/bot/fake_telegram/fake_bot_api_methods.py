"""Every method that the fake knows, and those about the bot itself, its chats, files and updates."""

import ipaddress
import re
from urllib.parse import urlsplit

from tests.bot.fake_telegram import fake_bot_api_editing as editing
from tests.bot.fake_telegram import fake_bot_api_queries as queries
from tests.bot.fake_telegram import fake_bot_api_sending as sending
from tests.bot.fake_telegram.fake_bot_api_errors import bad_request, conflict, forbidden

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
WEBHOOK_IS_ON = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


async def get_updates(world, call):
    """getUpdates: long polling."""
    if world.webhook:
        raise conflict(WEBHOOK_IS_ON)
    if "allowed_updates" in call.raw:
        world.updates.allowed = call.need("allowed_updates", list)
    offset, limit = call.get("offset", 0), call.get("limit", 100)
    return await world.updates.poll(offset, limit, call.get("timeout", 0))


def set_webhook(world, call):
    """setWebhook: whether anybody listens there is not looked at, as with Telegram itself."""
    if not call.get("url"):
        return delete_webhook(world, call)
    address = urlsplit(call.get("url"))
    if address.scheme != "https" and not is_loopback(address.hostname):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", call.get("secret_token", "")):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in call.raw:
        world.updates.allowed = call.need("allowed_updates", list)
    _drop_pending(world, call)
    world.webhook = {"url": call.get("url"), "secret_token": call.get("secret_token", "")}
    world.webhook["max_connections"] = call.get("max_connections", 40)
    world.updates.interrupt()
    world.changes.notify()
    return True


def delete_webhook(world, call):
    """deleteWebhook."""
    _drop_pending(world, call)
    world.webhook = {}
    world.changes.notify()
    return True


def _drop_pending(world, call):
    if call.get("drop_pending_updates"):
        world.updates.pending.clear()


def is_loopback(host):
    """Whether `host` can only be this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def get_webhook_info(world, call):
    """getWebhookInfo."""
    shown = {name: world.webhook[name] for name in SHOWN_OF_WEBHOOK if name in world.webhook}
    answer = {"url": "", "has_custom_certificate": False, "pending_update_count": len(world.updates.pending)} | shown
    return answer | ({"allowed_updates": world.updates.allowed} if world.updates.allowed else {})


SHOWN_OF_WEBHOOK = ("url", "max_connections", "last_error_date", "last_error_message")


def get_file(world, call):
    """getFile: where a file can be downloaded, if it is not too large for bots."""
    file = world.files.get(call.get("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.content) > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    size = {"file_size": len(file.content), "file_path": file.path}
    return {"file_id": file.id, "file_unique_id": file.unique_id, **size}


def get_chat(world, call):
    """getChat."""
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    return chat.json | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def get_chat_member(world, call):
    """getChatMember: an administrator if the chat says so of the bot, an ordinary member otherwise."""
    chat, user_id = world.chat_to_write_in(call.need("chat_id", (int, str))), call.need("user_id", int)
    if user_id == world.bot["id"]:
        return member(world.bot_user, "administrator" if chat.bot_is_admin else "member")
    if user_id not in world.users:
        raise bad_request("user not found")
    return member(world.users[user_id], "member" if user_id in chat.members else "left")


def get_chat_administrators(world, call):
    """getChatAdministrators: the bot, if it is one."""
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    return [member(world.bot_user, "administrator")] if chat.bot_is_admin else []


RIGHTS = [
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
]


def member(user, status):
    """The ChatMember object of `user`."""
    until = {"until_date": 0} if status == "kicked" else {}
    rights = dict.fromkeys(RIGHTS, False) if status == "administrator" else {}
    return {"user": user, "status": status, **until, **rights}


def leave_chat(world, call):
    """leaveChat."""
    chat = world.chat_to_write_in(call.need("chat_id", (int, str)))
    refusal = forbidden(f"bot is not a member of the {chat.json['type']} chat")
    chat.refusal = (refusal.code, refusal.description)
    return True


def about_the_bot(what, key=None):
    """The three methods that set, show and delete something the bot says about itself, kept by scope and language."""

    def place(call):
        return what, str(call.get("scope", {"type": "default"})), call.get("language_code", "")

    def setter(world, call):
        if not all(re.fullmatch("[a-z0-9_]{1,32}", each.get("command", "")) for each in call.get("commands", [])):
            raise bad_request("BOT_COMMAND_INVALID")
        world.settings[place(call)] = call.get(key or what, [] if what == "commands" else "")
        return True

    def getter(world, call):
        found = world.settings.get(place(call), world.settings.get((*place(call)[:2], "")))
        return (found or []) if what == "commands" else {key or what: found or ""}

    def deleter(world, call):
        world.settings.pop(place(call), None)
        return True

    return setter, getter, deleter


set_commands, get_commands, delete_commands = about_the_bot("commands")
set_name, get_name, _ = about_the_bot("name")
set_description, get_description, _ = about_the_bot("description")
set_short_description, get_short_description, _ = about_the_bot("short_description")


def set_chat_menu_button(world, call):
    """setChatMenuButton."""
    world.settings["menu_button", call.get("chat_id")] = call.get("menu_button", {"type": "default"})
    return True


METHODS = {
    "getMe": lambda world, call: world.bot,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": lambda world, call: len(world.chat_to_write_in(call.need("chat_id", (int, str))).members) + 1,
    "leaveChat": leave_chat,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyName": set_name,
    "getMyName": get_name,
    "setMyDescription": set_description,
    "getMyDescription": get_description,
    "setMyShortDescription": set_short_description,
    "getMyShortDescription": get_short_description,
    "setChatMenuButton": set_chat_menu_button,
    "sendMessage": sending.send_message,
    "sendDocument": sending.send_document,
    "sendPhoto": sending.send_photo,
    "sendChatAction": sending.send_chat_action,
    "sendMessageDraft": sending.send_message_draft,
    "copyMessage": sending.copy_message,
    "forwardMessage": sending.forward_message,
    "deleteMessage": sending.delete_message,
    "deleteMessages": sending.delete_messages,
    "setMessageReaction": sending.set_message_reaction,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "answerCallbackQuery": queries.answer_callback_query,
    "answerInlineQuery": queries.answer_inline_query,
}
"""Functions of the world and the call; they answer the result or raise `ApiError`."""
