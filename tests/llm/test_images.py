"""Messages that show images, from a conversation to the bytes that a real server receives."""

import base64

import pytest

from glossator.errors import ModelError
from glossator.llm.images import Image, ImageMessage, attach_images, refuse_images
from glossator.llm.journal import Journal, journal_key
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import endpoint
from glossator.llm.scripted_server import ScriptedServer
from glossator.records import Message, content_id

PIXELS = bytes(range(256)) * 40
SYSTEM = Message("system", "Describe.")


def ask(server, conversations, **more):
    with OpenAICompatibleModel(endpoint(None, server.base_url, None, {}), "scripted", **more) as model:
        return list(model.answer(conversations, schema=None, max_new_tokens=50)), model.usage


def test_an_image_arrives_byte_for_byte_beside_its_text():
    with ScriptedServer(lambda conversation: f"seen: {conversation[-1].content}") as server:
        answers, _ = ask(
            server, [(SYSTEM, ImageMessage("user", "A wave.", (Image(PIXELS), Image(b"x", "image/jpeg"))))]
        )
        sent = server.served[0].body["messages"]
    assert answers[0].reply.text == "seen: A wave."
    assert sent[0] == {"role": "system", "content": "Describe."}
    text, first, second = sent[1]["content"]
    assert text == {"type": "text", "text": "A wave."}
    assert (first["type"], second["type"]) == ("image_url", "image_url")
    kind, _, data = first["image_url"]["url"].partition(";base64,")
    assert (kind, base64.b64decode(data)) == ("data:image/png", PIXELS)
    assert second["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_a_reply_about_an_image_is_paid_for_once_and_one_about_another_image_apart(tmp_path):
    asked = [(SYSTEM, ImageMessage("user", "A wave.", (Image(data),))) for data in (PIXELS, PIXELS + b"!")]
    with Journal(tmp_path / "journal.sqlite") as journal, ScriptedServer(lambda _: "water") as server:
        first, usage = ask(server, asked, journal=journal)
        again, more = ask(server, asked, journal=journal)
    assert (usage.calls, usage.from_journal, more.calls, more.from_journal) == (2, 0, 0, 2)
    assert len({answered.journal_key for answered in first}) == 2
    assert [a.journal_key for a in again] == [a.journal_key for a in first]


def test_no_image_is_kept_in_the_journal(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal, ScriptedServer(lambda _: "water") as server:
        ask(server, [(SYSTEM, ImageMessage("user", "A wave.", (Image(PIXELS),)))], journal=journal)
    assert base64.b64encode(PIXELS)[:60] not in path.read_bytes()
    assert path.stat().st_size < 100_000


def test_messages_of_text_alone_keep_their_journal_key():
    plain = journal_key("server", "model", {}, (Message("user", "Why?"),))
    assert plain == content_id("server", "model", "{}", '[["user","Why?"]]')
    assert journal_key("server", "model", {}, (ImageMessage("user", "Why?"),)) == plain
    assert journal_key("server", "model", {}, (ImageMessage("user", "Why?", (Image(b"x"),)),)) != plain


def test_images_find_their_turn_behind_a_system_turn_that_was_added():
    turns = [{"role": "system", "content": "JSON"}, {"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    attach_images(turns, (Message("user", "a"), ImageMessage("user", "b", (Image(b"x"),))))
    assert turns[1]["content"] == "a"
    assert turns[2]["content"][0] == {"type": "text", "text": "b"}


def test_a_model_of_text_refuses_an_image_and_takes_text():
    refuse_images("tiny", (Message("user", "Why?"), ImageMessage("user", "none")))
    with pytest.raises(ModelError, match="model tiny reads text only"):
        refuse_images("tiny", (ImageMessage("user", "Why?", (Image(b"x"),)),))


def test_other_types_of_file_are_refused_and_pixels_are_never_printed():
    with pytest.raises(ModelError, match="image/svg"):
        Image(b"<svg/>", "image/svg+xml")
    assert repr(Image(PIXELS)).startswith("Image(image/png, 10240 bytes, ")
