"""`kuaizui headlines --explain DIR`: a folder of explanations that people can open."""

import io
import json
import re
import xml.etree.ElementTree

import pytest

import nlp.headlines
from corpora.articles import Columns
from nlp.bundle import BundleError
from nlp.errors import UsageError
from nlp.generator import TextGenerator
from scripts.chat import NOTHING_TO_EXPLAIN, Conversation, run_chat
from scripts.explanations import INDEX, ExplainChoices
from scripts.generators import TextGenerators
from scripts.headlines import HeadlinesRequest, command, run_headlines
from scripts.search_options import SearchChoices
from tests.conftest import SAMPLES, write_random_bundle
from tests.scripts.fake_generator import load_fake

NEWS = (SAMPLES / "news-en.txt").read_text(encoding="utf-8").splitlines()[:3]


def headlines(lines, bundle, explain, **settings):
    """Headlines of articles on standard input."""
    stdout = io.BytesIO()
    request = HeadlinesRequest("-", model=str(bundle), explain=explain, **settings)
    run_headlines(request, TextGenerators(1), stdin=io.BytesIO("\n".join(lines).encode()), stdout=stdout)
    return [json.loads(line)["headline"] for line in stdout.getvalue().decode().splitlines()]


def test_each_headline_has_pictures_and_text_and_the_page_shows_them(tmp_path, random_bundle, capsys):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "new" / "why"
    written = headlines([NEWS[0], "", NEWS[1]], random_bundle, ExplainChoices(folder), window_records=2)
    names = {f"{number}.{ending}" for number in ("0001", "0003") for ending in ("png", "svg", "txt")}
    assert {path.name for path in folder.iterdir()} == names | {INDEX}
    assert folder.joinpath("0001.png").read_bytes().startswith(b"\x89PNG")
    assert xml.etree.ElementTree.parse(folder / "0003.svg").getroot().tag.endswith("svg")
    page = folder.joinpath(INDEX).read_text(encoding="utf-8")
    assert set(re.findall(r'(?:href|src)="([^"]+)"', page)) == names
    generator = TextGenerator.load(random_bundle, threads=1)
    for number, article, headline in ((1, NEWS[0], written[0]), (3, NEWS[1], written[2])):
        assert headline == generator.generate([(article,)])[0].candidates[0].text
        assert folder.joinpath(f"{number:04}.txt").read_text(encoding="utf-8").split("\n")[0] == headline.strip()
    assert f"2 headlines explained: open {folder / INDEX}\n" in capsys.readouterr().err


def test_what_is_written_is_the_same_as_without_explanations(tmp_path, random_bundle):
    assert headlines(NEWS, random_bundle, ExplainChoices(tmp_path / "why")) == headlines(NEWS, random_bundle, None)


def test_only_the_first_are_explained_and_that_is_said(tmp_path, random_bundle, capsys):
    headlines([*NEWS], random_bundle, ExplainChoices(tmp_path / "why", 1))
    assert [path.name for path in sorted((tmp_path / "why").glob("*.txt"))] == ["0001.txt"]
    assert "1 headline explained" in (told := capsys.readouterr().err) and "--explain-most N explains more" in told


def test_ids_and_headlines_are_text_on_the_page_not_html(tmp_path, random_bundle):
    source, folder = tmp_path / "news.jsonl", tmp_path / "why"
    source.write_text(json.dumps({"id": "<script>&\ud800", "text": NEWS[0]}) + "\n")
    request = HeadlinesRequest(
        str(source),
        tmp_path / "out.jsonl",
        str(random_bundle),
        columns=Columns(id="id"),
        explain=ExplainChoices(folder),
    )
    run_headlines(request, TextGenerators(1))
    page = folder.joinpath(INDEX).read_text(encoding="utf-8")
    assert "<script>" not in page and "1 · &lt;script&gt;&amp;?" in page


def test_without_matplotlib_there_is_text_and_a_hint(tmp_path, random_bundle, capsys, monkeypatch):
    monkeypatch.setattr("nlp.figure_fonts.find_spec", lambda name: None)
    headlines(NEWS[:1], random_bundle, ExplainChoices(tmp_path / "why"))
    assert {path.name for path in (tmp_path / "why").iterdir()} == {"0001.txt", INDEX}
    assert "<img" not in (tmp_path / "why" / INDEX).read_text()
    assert re.search(r"there as text.*pip install -e '\.\[pictures\]'", capsys.readouterr().err)


def test_a_run_that_breaks_off_leaves_the_page_of_what_it_reached(tmp_path, random_bundle, monkeypatch):
    real = nlp.headlines.HeadlineWriter.write

    def failing(self, window):
        if window[0].text == NEWS[1]:
            raise BundleError("broken")
        return real(self, window)

    monkeypatch.setattr(nlp.headlines.HeadlineWriter, "write", failing)
    with pytest.raises(BundleError):
        headlines(NEWS, random_bundle, ExplainChoices(tmp_path / "why"), window_records=1)
    assert "0001.txt" in (tmp_path / "why" / INDEX).read_text()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 2}, "leave out --workers"),
        ({"resume": True}, "--explain is for the first headlines"),
        ({"explain": "full"}, "not empty"),
        ({"explain": "file"}, "this is a file"),
        ({"explain": "articles/why"}, "outside of it"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(tmp_path, settings, message):
    for name in ("full", "articles"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("rain falls\n")
    (tmp_path / "file").write_text("")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    explain = ExplainChoices(tmp_path / settings.pop("explain", "why"))
    with pytest.raises(UsageError, match=message):
        request = HeadlinesRequest(str(tmp_path / "articles"), tmp_path / "out.jsonl", explain=explain, **settings)
        run_headlines(request, load_fake)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_generator_of_another_kind_is_refused(tmp_path):
    request = HeadlinesRequest("-", explain=ExplainChoices(tmp_path / "why"))
    with pytest.raises(UsageError, match="FakeGenerator"):
        run_headlines(request, load_fake, stdin=io.BytesIO(b"rain\n"), stdout=io.BytesIO())


def test_the_command_line_takes_the_folder_and_the_number(tmp_path, random_bundle):
    from click.testing import CliRunner

    source = tmp_path / "news.txt"
    source.write_text("\n".join(NEWS), encoding="utf-8")
    arguments = [source, "--model", random_bundle, "--explain", tmp_path / "why", "--explain-most", 2]
    done = CliRunner().invoke(command, list(map(str, arguments)), obj=TextGenerators(1))
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "why").glob("*.txt"))) == 2


def test_why_in_the_chat_explains_the_latest_reply(tmp_path):
    bundle = write_random_bundle(tmp_path / "talk", task="dialogue", precision="float32")
    conversation = Conversation({"any": str(bundle)}, TextGenerators(1), SearchChoices())
    replies, notices = [], []
    run_chat(iter(["/why", "hello there", "/why", "/reset", "/why"]), replies.append, notices.append, conversation)
    told = [notice for notice in notices if not notice.startswith("(")]
    assert told[0] == told[3] == NOTHING_TO_EXPLAIN
    assert told[1].splitlines()[0] == replies[0] and "hello" in told[1] and "Runner-up" in told[1]
