"""Messages in languages that no model here knows: told kindly so, and seen where they tell of danger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.companion import Companion
from nlp.companion.foreign import is_foreign
from nlp.companion.rules import finding
from nlp.companion.wording import foreign_texts
from nlp.text import has_han
from tests.nlp.test_companion import Fake
from tests.nlp.test_companion_rules import ABUSE, DANGER, HARMLESS, TEASING, examples

FOREIGN = """
    こんにちは、元気ですか | 今日は天気がいいですね | ありがとう | コーヒー飲みたい | 안녕하세요
    오늘 뭐 해요? | Привет, как дела?
    что нового | مرحبا كيف حالك | שלום מה שלומך | नमस्ते आप कैसे हैं | สวัสดีครับ
    Γειά σου τι κάνεις | გამარჯობა როგორ ხარ
    Je suis fatigué aujourd'hui | Bonjour, ça va ? | qu'est-ce que tu fais | J'ai faim | je ne sais pas
    ¿Cómo estás? | Hola, ¿qué tal estás hoy? | tengo hambre | estoy muy cansado | no quiero hablar
    Ich bin müde | Wie geht es dir heute? | das ist nicht gut | guten Morgen, wie geht's | Was machst du heute?
    Eu estou cansado | você fala português? | bom dia, tudo bem? | Come stai oggi? | voglio mangiare
    Hoe gaat het met jou, graag | saya tidak bisa | Tôi không biết | Bạn có khỏe không
"""
KNOWN = """
    hi | lol | brb | ok | yo wassup | idk man | ngl that slaps fr fr | hola | ciao | merci! | danke
    c'est la vie | que sera sera
    sup dawg | omw | wyd | u there | i dat feeling | ik | gn | gm | rip | yolo | mon ami | der, das cool
    hasta la vista
    moving from Las Vegas to Los Angeles | what does estoy mean | "Ich liebe dich" is all the German I know
    how do you say je t'aime | Elle and Les are nice | dang rat, what a cam | el nino | déjà vu
    my name is José | café
    the EU has no plans | come per favore | tres chic | Die Hard is a film | was man hat | i am from Bonn
    las vegas baby
    ni hao | wo hen hao | wo de ma ma hen hao | zai jian | ta hen lei le | wo xiang ni le | nǐ hǎo ma
    bu zhi dao | nao zhong le
    你好 | 我的の猫很可爱 | かわいい是什么意思 | 翻译一下：привет | 什么是 안녕하세요
    我想学日语ありがとう怎么说 | 目的は什么 | 東京 | 大学
    ¯\\_(ツ)_/¯ | (・ω・) | ಠ_ಠ | Σ(°△°) | (*´∀`*) | π = 3.14 | α and β | 😂😂😂 | ??? | 42
    3 м | kіll it | ＯＫ | 𝐡𝐞𝐥𝐥𝐨 | ℃
    https://example.com/de/la | the kana の means of | his name is Владимир
    I like the word ありがとう best
"""
DANGERS = {
    "self": """
        自殺したい | 死にたい | もう死にたいです | 消えたい | 死んでしまいたい | 生きるのがつらい | 生きていたくない
        je veux mourir | J'ai envie de mourir | je veux me suicider | je ne veux plus vivre | je vais me tuer
        quiero morir | Me quiero matar | quiero suicidarme | no quiero vivir más | ya no quiero vivir
        ich will sterben | Ich möchte nicht mehr leben | ich will mich umbringen | ich bringe mich um
    хочу умереть | я не хочу жить | хочу покончить с собой
    Я хочу убить себя
        quero morrer | eu quero me matar | não quero mais viver | vou me matar
        죽고 싶어 | 죽고싶어요 | 자살하고 싶어 | 살고 싶지 않아
        أريد أن أموت | اريد ان اموت | أريد الانتحار | لا أريد أن أعيش
    """,
    "emergency": """
    助けて！ | 救急車を呼んで | au secours | llamen una ambulancia | помогите!
    вызовите скорую | 살려주세요
        ich brauche einen Krankenwagen | النجدة
    """,
}
NO_DANGER = """
    je suis mort de rire | me muero de hambre | me muero de risa | no quiero morir | Ich will nicht sterben
    не хочу умирать
    死にたくない | 電気が消えた | morro de rir | 혼자 해 | 그 남자 살아 있어 | 배고파 죽겠어 | j'ai faim
    quiero una pizza | хочу спать
"""


def test_what_is_neither_english_nor_chinese_is_told():
    assert [text for text in examples(FOREIGN) if not is_foreign(text)] == []


@pytest.mark.parametrize("table", [KNOWN, *DANGER.values(), HARMLESS, ABUSE, TEASING])
def test_slang_names_faces_pinyin_and_single_words_are_never_refused(table):
    assert [text for text in examples(table) if is_foreign(text)] == []


@given(st.text())
def test_any_text_can_be_asked_about(message):
    assert is_foreign(message) in (True, False)


@pytest.mark.parametrize("danger", DANGERS)
def test_danger_in_other_languages_gets_care_in_english_and_chinese(danger):
    fake = Fake()
    for message in examples(DANGERS[danger]):
        found = finding(message)
        assert found is not None and (found.rule, found.is_foreign) == (danger, True), message
        reply = Companion({"en": fake}).reply([message])
        assert reply.origin == "care" and reply.text in foreign_texts()[danger], message
        after = Companion({"en": fake}).reply([message, reply.text, "danke"])
        assert (after.origin, after.rule) == ("care", "after")
    assert fake.asked == []


def test_idioms_of_other_languages_are_no_danger():
    assert {text: found.rule for text in examples(NO_DANGER) if (found := finding(text))} == {}


def test_whoever_writes_another_language_is_told_so_and_no_model_sees_it():
    fake = Fake(("Fine!",))
    companion = Companion({"en": fake})
    reply = companion.reply(["Привет, как дела?"])
    assert (reply.origin, reply.rule, reply.generation) == ("aside", "foreign", None)
    assert reply.text in foreign_texts()["unknown"] and fake.asked == []
    turns = ["Привет, как дела?", reply.text, "ok, how are you?"]
    assert companion.reply(turns).text == "Fine!" and companion.context(turns) == ("ok, how are you?",)


def test_every_text_is_in_both_languages():
    texts = [text for each in foreign_texts().values() for text in each]
    assert texts and all(has_han(text) and text[0].isascii() for text in texts)
