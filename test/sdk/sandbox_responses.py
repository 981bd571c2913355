"""What the sandbox answers under /v1/responses, asked by the official SDK and held against the SDK's own models, strictly."""

import functools
import json
import sys
import time

from openai import NotFoundError, OpenAI
from openai.types.conversations import Conversation, ConversationItem
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

client = OpenAI(api_key="sandbox-credential", base_url=f"{sys.argv[1]}/v1", max_retries=0)
model = "gpt-5.4"
tools = [
    {"type": "web_search"},
    {"type": "image_generation", "quality": "low", "partial_images": 1},
    {"type": "custom", "name": "run_code"},
    {"type": "function", "name": "get_weather", "strict": True, "parameters": None},
]
everything = "Search the web and draw a picture. Then run the code and get the weather."


class Event(BaseModel):
    name: str
    guests: list[str]


adapter_of = functools.cache(TypeAdapter)


def valid(kind, given):
    """Fails where a member is missing or of another type."""
    adapter_of(kind).validate_json(json.dumps(given), strict=True)


def raw(method, path, body=None):
    """The JSON as it is on the wire."""
    return getattr(client, method)(path, cast_to=object, **({} if body is None else {"body": body}))


def every_answer_and_event_is_valid():
    bodies = [
        {"input": "hi"},
        {"input": everything, "tools": tools, "reasoning": {"summary": "detailed"}},
        {"input": everything, "tools": tools[:2], "include": ["web_search_call.action.sources"]},
        {"input": "hi", "include": ["reasoning.encrypted_content"], "store": False},
        {"input": "hi", "model": "gpt-4o", "top_logprobs": 2},
        {"input": "As json.", "text": {"format": {"type": "json_object"}}},
        {"input": "hi", "max_output_tokens": 16},
    ]
    for body in bodies:
        valid(Response, raw("post", "/responses", {"model": model, **body}))
    wishes = ["ends=failed", "ends=error", "ends=filtered", "refusal=1", "tokens=30"]
    for body, wish in [(body, "") for body in bodies] + [(bodies[0], wish) for wish in wishes]:
        stream = client.responses.create(**{"model": model, **body, "stream": True}, extra_headers={"x-sandbox": wish})
        events = [event.to_dict() for event in stream]
        for number, event in enumerate(events):
            valid(ResponseStreamEvent, event)
            assert event["sequence_number"] == number


def streams_and_parses():
    parsed = client.responses.parse(model=model, input="Alice and Bob go to a party.", text_format=Event)
    assert parsed.output_parsed.name == "Alice"
    with client.responses.stream(model=model, input="Alice and Bob go to a party.", text_format=Event) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_parsed == parsed.output_parsed
    with client.responses.stream(model=model, input=everything, tools=tools, previous_response_id=parsed.id) as stream:
        kinds = [item.type for item in stream.get_final_response().output]
    assert kinds == ["reasoning", "web_search_call", "image_generation_call", "custom_tool_call", "function_call"], kinds


def works_in_the_background():
    slow = {"x-sandbox": "job_ms=100"}
    made = client.responses.create(model=model, input="hello", background=True, extra_headers=slow)
    assert made.status == "queued"
    while made.status in ("queued", "in_progress"):
        valid(Response, raw("get", f"/responses/{made.id}"))
        time.sleep(0.01)
        made = client.responses.retrieve(made.id)
    assert made.status == "completed" and made.output_text
    stream = client.responses.create(model=model, input="hello", background=True, stream=True, extra_headers=slow)
    first = next(iter(stream))
    stream.close()
    rest = list(client.responses.retrieve(first.response.id, stream=True, starting_after=first.sequence_number))
    assert [event.sequence_number for event in rest] == list(range(1, len(rest) + 1))
    with client.responses.stream(response_id=first.response.id, starting_after=3) as again:
        assert again.get_final_response().output_text == made.output_text
    stuck = client.responses.create(model=model, input="x", background=True, extra_headers={"x-sandbox": "job=stuck"})
    assert client.responses.cancel(stuck.id).status == "cancelled"
    client.responses.delete(stuck.id)
    try:
        client.responses.retrieve(stuck.id)
        raise AssertionError("a deleted response is still there")
    except NotFoundError:
        pass


def converses():
    conversation = client.conversations.create(items=[{"type": "message", "role": "user", "content": "hi"}])
    valid(Conversation, raw("get", f"/conversations/{conversation.id}"))
    answer = client.responses.create(model=model, input=everything, tools=tools[:2], conversation=conversation.id)
    for item in raw("get", f"/conversations/{conversation.id}/items")["data"]:
        valid(ConversationItem, item)
    for item in raw("get", f"/responses/{answer.id}/input_items")["data"]:
        valid(ResponseItem, item)
    items = list(client.conversations.items.list(conversation.id, order="asc", limit=2))
    assert [item.type for item in items][:3] == ["message", "message", "reasoning"], items
    client.conversations.items.delete(items[0].id, conversation_id=conversation.id)
    assert client.conversations.delete(conversation.id).deleted


def counts_compacts_and_stores():
    counted = client.responses.input_tokens.count(model=model, input="hi").input_tokens
    assert counted == client.responses.create(model=model, input="hi").usage.input_tokens
    assert client.responses.compact(model=model, input="hi").output[-1].type == "compaction"
    messages = [{"role": "user", "content": "hi"}]
    kept = client.chat.completions.create(model=model, messages=messages, store=True, metadata={"a": "b"})
    assert [each.id for each in client.chat.completions.list(metadata={"a": "b"})] == [kept.id]
    assert [each.content for each in client.chat.completions.messages.list(kept.id)] == ["hi"]
    assert client.chat.completions.update(kept.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert client.chat.completions.delete(kept.id).deleted


for promise in [every_answer_and_event_is_valid, streams_and_parses, works_in_the_background, converses, counts_compacts_and_stores]:
    promise()
    print(promise.__name__)
