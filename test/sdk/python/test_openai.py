"""What the official OpenAI SDK can do: plain, streamed, tools, structured output, embeddings, models."""

import asyncio
import base64
import json
import struct

import pytest
from conftest import async_openai_client, azure_openai_client
from openai import BadRequestError
from pydantic import BaseModel

MODEL = "gpt-5.4"
EMBEDDING_MODEL = "text-embedding-3-small"
HELLO = [{"role": "user", "content": "Say hello in one short sentence."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


class Event(BaseModel):
    name: str
    year: int
    participants: list[str]


def assert_adds_up(usage):
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0
    assert usage.prompt_tokens + usage.completion_tokens == usage.total_tokens


def assert_calls_weather(name, arguments):
    assert name == "get_weather"
    parsed = json.loads(arguments)
    assert isinstance(parsed["city"], str)
    assert parsed["unit"] in ("celsius", "fahrenheit")


def test_chat(openai):
    response = openai.chat.completions.create(model=MODEL, messages=HELLO)
    assert response.object == "chat.completion"
    assert response.choices[0].message.role == "assistant"
    assert response.choices[0].message.content
    assert response.choices[0].finish_reason == "stop"
    assert response.model.startswith(MODEL)
    assert_adds_up(response.usage)


def test_chat_headers_name_request_charge_and_sandbox(openai):
    raw = openai.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    assert raw.headers["x-request-id"].startswith("req_")
    assert float(raw.headers["x-mart-charge-usd"]) > 0
    assert raw.headers["x-mart-sandbox"] == "true"
    assert raw.parse()._request_id == raw.headers["x-request-id"]


def test_chat_with_n_2(openai):
    response = openai.chat.completions.create(model=MODEL, messages=HELLO, n=2)
    assert [choice.index for choice in response.choices] == [0, 1]
    assert all(choice.message.content for choice in response.choices)
    assert_adds_up(response.usage)


def test_chat_with_a_limit_stops_at_it(openai):
    messages = [{"role": "user", "content": "Write a long story about the sea."}]
    response = openai.chat.completions.create(model="gpt-4.1", messages=messages, max_completion_tokens=16)
    assert response.usage.completion_tokens <= 16


def test_chat_passes_unknown_fields_for_the_vendor_to_judge(openai):
    extra = {"a_field_of_next_year": {"deep": [1, 2, 3]}}
    with pytest.raises(BadRequestError) as refused:
        openai.chat.completions.create(model=MODEL, messages=HELLO, extra_body=extra)
    assert refused.value.code == "unknown_parameter"
    assert refused.value.param == "a_field_of_next_year"


def test_stream_without_usage_has_a_choice_in_every_chunk_and_no_usage(openai):
    chunks = list(openai.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert len(chunks) > 2
    assert all(chunk.choices for chunk in chunks)
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


def test_stream_with_usage_ends_with_it(openai):
    options = {"include_usage": True}
    stream = openai.chat.completions.create(model=MODEL, messages=HELLO, stream=True, stream_options=options)
    *chunks, last = list(stream)
    assert all(chunk.usage is None for chunk in chunks)
    assert last.choices == []
    assert_adds_up(last.usage)


def test_stream_says_its_request_id(openai):
    raw = openai.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO, stream=True)
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.headers["content-type"].startswith("text/event-stream")
    assert len(list(raw.parse())) > 2


def test_stream_with_n_2_serves_both_choices(openai):
    chunks = list(openai.chat.completions.create(model=MODEL, messages=HELLO, n=2, stream=True))
    assert {choice.index for chunk in chunks for choice in chunk.choices} == {0, 1}


def test_stream_helper(openai):
    with openai.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert len(deltas) > 1
    assert final.choices[0].message.content == "".join(deltas)


def test_stream_can_be_left(openai):
    messages = [{"role": "user", "content": "Write a long story about the sea."}]
    with openai.chat.completions.create(model=MODEL, messages=messages, stream=True) as stream:
        first = next(iter(stream))
    assert first.choices
    assert openai.chat.completions.create(model=MODEL, messages=HELLO).choices


def test_tools(openai):
    response = openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
        tool_choice="required",
    )
    assert response.choices[0].finish_reason == "tool_calls"
    call = response.choices[0].message.tool_calls[0]
    assert call.id
    assert_calls_weather(call.function.name, call.function.arguments)

    answer = openai.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "user", "content": "What is the weather in Paris?"},
            response.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "18 degrees, light rain"},
        ],
        tools=[WEATHER],
    )
    assert answer.choices[0].message.content


def test_tools_streamed(openai):
    stream = openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
        tool_choice="required",
        stream=True,
    )
    chunks = list(stream)
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or [] if call.index == 0]
    assert calls[0].id
    name = "".join(call.function.name or "" for call in calls)
    assert_calls_weather(name, "".join(call.function.arguments or "" for call in calls))
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_json_schema_output_parses(openai):
    messages = [{"role": "user", "content": "Alice and Bob go to a science fair in 2026."}]
    response = openai.chat.completions.parse(model=MODEL, messages=messages, response_format=Event)
    assert isinstance(response.choices[0].message.parsed, Event)


def test_json_schema_output_parses_when_streamed(openai):
    messages = [{"role": "user", "content": "Alice and Bob go to a science fair in 2026."}]
    with openai.chat.completions.stream(model=MODEL, messages=messages, response_format=Event) as stream:
        stream.until_done()
        final = stream.get_final_completion()
    assert isinstance(final.choices[0].message.parsed, Event)


def test_json_object_output(openai):
    messages = [{"role": "user", "content": "Answer in JSON: who wrote Emma?"}]
    response = openai.chat.completions.create(model=MODEL, messages=messages, response_format={"type": "json_object"})
    assert isinstance(json.loads(response.choices[0].message.content), dict)


def test_embeddings_by_default_are_decoded_floats(openai):
    response = openai.embeddings.create(model=EMBEDDING_MODEL, input="The quick brown fox")
    assert len(response.data) == 1
    assert len(response.data[0].embedding) == 1536
    assert all(isinstance(value, float) for value in response.data[0].embedding)
    assert response.usage.prompt_tokens == response.usage.total_tokens > 0


def test_embeddings_float_and_base64_are_the_same(openai):
    floats = openai.embeddings.create(model=EMBEDDING_MODEL, input="fox", encoding_format="float").data[0].embedding
    encoded = openai.embeddings.create(model=EMBEDDING_MODEL, input="fox", encoding_format="base64").data[0].embedding
    assert isinstance(floats, list)
    assert isinstance(encoded, str)
    decoded = struct.unpack(f"<{len(floats)}f", base64.b64decode(encoded))
    assert decoded == pytest.approx(floats, abs=1e-6)


def test_embeddings_dimensions(openai):
    response = openai.embeddings.create(model="text-embedding-3-large", input="fox", dimensions=256)
    assert len(response.data[0].embedding) == 256
    full = openai.embeddings.create(model="text-embedding-3-large", input="fox")
    assert len(full.data[0].embedding) == 3072


def test_embeddings_of_a_batch_keep_its_order(openai):
    inputs = ["one", "two", "three", "one"]
    response = openai.embeddings.create(model=EMBEDDING_MODEL, input=inputs)
    assert [item.index for item in response.data] == [0, 1, 2, 3]
    assert response.data[0].embedding == response.data[3].embedding != response.data[1].embedding


def test_embeddings_of_token_arrays(openai):
    one = openai.embeddings.create(model=EMBEDDING_MODEL, input=[1820, 4062, 14198])
    assert len(one.data) == 1
    assert one.usage.total_tokens == 3
    two = openai.embeddings.create(model=EMBEDDING_MODEL, input=[[1820, 4062], [14198]])
    assert len(two.data) == 2
    assert two.usage.total_tokens == 3


def test_models_list_and_retrieve(openai):
    models = openai.models.list().data
    ids = [model.id for model in models]
    assert {MODEL, EMBEDDING_MODEL, "gpt-4o-mini"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert all(model.object == "model" and model.owned_by and model.created > 0 for model in models)
    assert openai.models.retrieve(MODEL).id == MODEL


def test_async_client():
    async def ask():
        async with async_openai_client() as client:
            plain = client.chat.completions.create(model=MODEL, messages=HELLO)
            vector = client.embeddings.create(model=EMBEDDING_MODEL, input="fox")
            response, embedding = await asyncio.gather(plain, vector)
            stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
            chunks = [chunk async for chunk in stream]
            models = [model.id async for model in client.models.list()]
            return response, embedding, chunks, models

    response, embedding, chunks, models = asyncio.run(ask())
    assert response.choices[0].message.content
    assert len(embedding.data[0].embedding) == 1536
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert MODEL in models


def test_async_stream_can_be_left():
    async def leave():
        async with async_openai_client() as client:
            messages = [{"role": "user", "content": "Write a long story about the sea."}]
            async with await client.chat.completions.create(model=MODEL, messages=messages, stream=True) as stream:
                async for chunk in stream:
                    return chunk

    assert asyncio.run(leave()).choices


def test_async_helpers():
    async def ask():
        async with async_openai_client() as client:
            messages = [{"role": "user", "content": "Alice and Bob go to a science fair in 2026."}]
            parsed = await client.chat.completions.parse(model=MODEL, messages=messages, response_format=Event)
            async with client.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
                return parsed, await stream.get_final_completion()

    parsed, final = asyncio.run(ask())
    assert isinstance(parsed.choices[0].message.parsed, Event)
    assert final.choices[0].message.content


@pytest.mark.parametrize("where", ["", "/v1"], ids=["root", "v1"])
def test_azure_clients_take_this_server_as_their_endpoint(where):
    with azure_openai_client(where) as client:
        completion = client.chat.completions.create(model=MODEL, messages=HELLO)
        assert completion.choices[0].message.content
        assert_adds_up(completion.usage)
        chunks = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert len(client.embeddings.create(model=EMBEDDING_MODEL, input="hello").data[0].embedding) == 1536
        made = client.images.generate(model="gpt-image-2", prompt="A red fox", size="1024x1024", quality="low")
        assert_picture(made.data[0].b64_json, "png")


def assert_picture(b64_json, output_format):
    magic = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}[output_format]
    assert base64.b64decode(b64_json).startswith(magic)


def test_images(openai):
    made = openai.images.generate(
        model="gpt-image-2", prompt="A red fox", n=2, size="1024x1024", quality="low", output_format="webp"
    )
    assert len(made.data) == 2
    for image in made.data:
        assert_picture(image.b64_json, "webp")
    assert (made.size, made.quality, made.output_format, made.background) == ("1024x1024", "low", "webp", "opaque")
    assert made.usage.input_tokens > 0
    assert made.usage.output_tokens == 2 * 196
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens
    assert made.usage.input_tokens_details.text_tokens == made.usage.input_tokens


def test_images_streamed_with_partial_ones(openai):
    events = list(
        openai.images.generate(
            model="gpt-image-2", prompt="A red fox", size="1024x1024", quality="low", stream=True, partial_images=2
        )
    )
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    for event in events:
        assert_picture(event.b64_json, "png")
    assert events[-1].usage.output_tokens == 196 + 2 * 100


def test_images_that_are_not_made_are_refused(openai):
    with pytest.raises(BadRequestError) as refused:
        openai.images.generate(model="gpt-image-2", prompt="A red fox", size="1000x1000", quality="low")
    assert (refused.value.param, refused.value.code) == ("size", "invalid_value")
