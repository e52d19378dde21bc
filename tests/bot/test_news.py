"""What looks like a news text, and what does not: grief, chat, emoji, languages that no model knows."""

import pytest

from bot.news import may_be_news, reads_as_news
from tests.bot.bot_scenes import CHINESE_NEWS, NEWS
from tests.bot.some_updates import message

HIDDEN = {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Press"}}
CHANNEL = {
    "forward_origin": {
        "type": "channel",
        "date": 1,
        "message_id": 1,
        "chat": {"id": -7, "type": "channel", "title": "x"},
    }
}
GRIEF = (
    "My dog died this morning. She was fourteen years old and had been with me since I was a child. The vet said on "
    "Monday that there was nothing to be done. I keep looking at her basket and I do not know what to do with myself "
    "today, the house is so quiet."
)
CHINESE_GRIEF = (
    "今天早上我的狗走了。它陪了我十四年，从我上小学的时候就在家里。医生周一说已经没有办法了，我一直抱着它，直到最后。"
    "现在家里好安静，它的碗还放在厨房，我看到就想哭。我不知道接下来该怎么办，晚上回家再也没有谁跑到门口来等我了，心里空空的。"
    "昨天它还吃了半碗饭，摇着尾巴看我，我真的没有想到会这么快。"
)
RAMBLING = "and then the cat went up the tree again and nobody came to help and it was raining all over the place, " * 3
REPORT = (
    "Shares in the company fell 4 percent on Tuesday after its chairman resigned. Analysts said the board had been "
    "told of the losses in March. A spokesman declined to comment. The ministry announced that it would look into "
    "the matter and publish a report before the end of the year."
)
AGENCY = "LONDON (Reuters) - We are ready, the minister told reporters. " + "The talks go on in the old town hall. " * 6
CHINESE_REPORT = (
    "新华社北京1月5日电，国家统计局周二公布的数据显示，去年全国粮食产量再创新高。统计局有关负责人表示，播种面积保持稳定，"
    "单产有所提高。多位专家认为，我国粮食供应有保障。数据还显示，大豆和玉米的产量连续三年超过两千万吨，玉米增产一千多万吨，小麦略有下降，棉花和油料与上年大体相当。"
)


def said(text, **more):
    return message(text, **more).message


@pytest.mark.parametrize("text", [NEWS * 4, REPORT, AGENCY, CHINESE_NEWS * 5, CHINESE_REPORT])
def test_a_report_is_news_however_it_comes(text):
    assert may_be_news(said(text)) and may_be_news(said(text, **HIDDEN)) and may_be_news(said(text, **CHANNEL))


@pytest.mark.parametrize(
    "text", [GRIEF, CHINESE_GRIEF, RAMBLING, "😀🎉" * 1024, "哈" * 300, "2024 " * 100, "Привет, мир. " * 40]
)
def test_what_is_said_is_no_news_however_long(text):
    assert not may_be_news(said(text)) and not may_be_news(said(text, **HIDDEN))


def test_of_what_is_forwarded_less_is_wanted_and_of_a_channel_least():
    plain = "Rain and wind hit the northern coast, and many trees fell on the roads near the harbour."
    dated = f"{plain} Trains stop until Friday."
    for text, forwarded, of_channel in ((plain, False, True), (dated, True, True), ("Rain on Friday.", False, False)):
        assert not may_be_news(said(text))
        assert may_be_news(said(text, **HIDDEN)) is forwarded and may_be_news(said(text, **CHANNEL)) is of_channel
    assert not may_be_news(
        said("I love each of you, dear friends, and I wish you the best of all nights out there!", **CHANNEL)
    )


def test_the_first_person_counts_outside_of_quotations_only():
    quoting = REPORT.replace("A spokesman declined to comment.", "“I did my best for you,” he said.")
    assert reads_as_news(quoting) and not reads_as_news(quoting.replace("“", "").replace("”", ""))
