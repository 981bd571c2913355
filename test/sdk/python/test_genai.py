"""What Google's official SDK can do: plain, streamed, counted, structured, with functions and with pictures."""

import asyncio
import json
import struct

import pytest
from conftest import genai_client
from google.genai import types
from pydantic import BaseModel

MODEL = "gemini-3.5-flash"
IMAGE_MODEL = "gemini-3.1-flash-image"
LONDON = "Tell me about London in one sentence."
WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="The weather in a city.",
    parameters_json_schema={
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
)
MUST_CALL = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[WEATHER])],
    tool_config=types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode="ANY")),
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)


class Recipe(BaseModel):
    name: str
    minutes: int
    ingredients: list[str]


def assert_adds_up(usage):
    parts = [
        usage.prompt_token_count,
        usage.candidates_token_count,
        usage.thoughts_token_count,
        usage.tool_use_prompt_token_count,
    ]
    assert usage.prompt_token_count > 0
    assert sum(part or 0 for part in parts) == usage.total_token_count


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def picture_in(response):
    parts = response.candidates[0].content.parts
    pictures = [part.inline_data for part in parts if part.inline_data and part.inline_data.data]
    assert len(pictures) == 1
    assert pictures[0].mime_type == "image/png"
    return pictures[0].data


@pytest.mark.parametrize("model", [MODEL, "models/" + MODEL], ids=["bare", "prefixed"])
def test_generate_content(gemini, model):
    response = gemini.models.generate_content(model=model, contents=LONDON)
    assert response.text
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert_adds_up(response.usage_metadata)


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_every_version_of_the_api(version):
    client = genai_client(version=version)
    assert client.models.generate_content(model=MODEL, contents=LONDON).text
    assert "".join(chunk.text or "" for chunk in client.models.generate_content_stream(model=MODEL, contents=LONDON))
    assert client.models.count_tokens(model=MODEL, contents=LONDON).total_tokens > 0
    assert client.models.get(model=MODEL).name == "models/" + MODEL


def test_headers_name_request_charge_and_sandbox(gemini):
    headers = gemini.models.generate_content(model=MODEL, contents=LONDON).sdk_http_response.headers
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["x-request-id"].startswith("req_")
    assert float(headers["x-mart-charge-usd"]) > 0
    assert headers["x-mart-sandbox"] == "true"


@pytest.mark.parametrize("model", [MODEL, "models/" + MODEL], ids=["bare", "prefixed"])
def test_generate_content_stream(gemini, model):
    chunks = list(gemini.models.generate_content_stream(model=model, contents=LONDON))
    assert len(chunks) > 1
    assert "".join(chunk.text or "" for chunk in chunks)
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert_adds_up(chunks[-1].usage_metadata)


def test_stream_can_be_left(gemini):
    stream = gemini.models.generate_content_stream(model=MODEL, contents="Write a long story about the sea.")
    assert next(stream).candidates
    stream.close()
    assert gemini.models.generate_content(model=MODEL, contents=LONDON).text


def test_system_instruction_and_limits(gemini):
    config = types.GenerateContentConfig(system_instruction="Be brief.", max_output_tokens=32, temperature=0.5, seed=7)
    response = gemini.models.generate_content(model=MODEL, contents="Write a long story about the sea.", config=config)
    usage = response.usage_metadata
    assert (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0) <= 32


def test_chat_of_two_turns(gemini):
    chat = gemini.chats.create(model=MODEL)
    assert chat.send_message("Hello!").text
    assert chat.send_message("And again?").text
    assert len(chat.get_history()) == 4


def test_count_tokens_is_free_and_agrees(gemini):
    counted = gemini.models.count_tokens(model=MODEL, contents=LONDON)
    response = gemini.models.generate_content(model=MODEL, contents=LONDON)
    assert counted.total_tokens == response.usage_metadata.prompt_token_count
    assert "x-mart-charge-usd" not in {name.lower() for name in counted.sdk_http_response.headers}


def test_structured_output(gemini):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=list[Recipe])
    response = gemini.models.generate_content(model=MODEL, contents="Two recipes with apples.", config=config)
    assert isinstance(response.parsed, list)
    assert all(isinstance(recipe, Recipe) for recipe in response.parsed)


def test_structured_output_by_json_schema(gemini):
    schema = Recipe.model_json_schema()
    config = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=schema)
    response = gemini.models.generate_content(model=MODEL, contents="A recipe with apples.", config=config)
    assert Recipe.model_validate_json(response.text)


def test_function_calling(gemini):
    question = "What is the weather in Paris?"
    response = gemini.models.generate_content(model=MODEL, contents=question, config=MUST_CALL)
    call = response.function_calls[0]
    assert call.name == "get_weather"
    assert isinstance(call.args["city"], str)
    assert call.args["unit"] in ("celsius", "fahrenheit")

    history = [
        types.Content(role="user", parts=[types.Part(text=question)]),
        response.candidates[0].content,
        types.Content(
            role="user", parts=[types.Part.from_function_response(name=call.name, response={"weather": "18, rain"})]
        ),
    ]
    config = types.GenerateContentConfig(tools=MUST_CALL.tools)
    assert gemini.models.generate_content(model=MODEL, contents=history, config=config).text


def test_function_calling_streamed(gemini):
    stream = gemini.models.generate_content_stream(model=MODEL, contents="Weather in Paris?", config=MUST_CALL)
    calls = [call for chunk in stream for call in chunk.function_calls or []]
    assert [call.name for call in calls][:1] == ["get_weather"]
    assert json.dumps(calls[0].args)


def test_image_has_its_default_size(gemini):
    config = types.GenerateContentConfig(response_modalities=["IMAGE"])
    response = gemini.models.generate_content(model=IMAGE_MODEL, contents="A red fox", config=config)
    assert png_size(picture_in(response)) == (1024, 1024)
    assert_adds_up(response.usage_metadata)


@pytest.mark.parametrize("model", [IMAGE_MODEL, "gemini-3-pro-image"])
def test_image_of_4k(gemini, model):
    image = types.ImageConfig(image_size="4K")
    config = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=image)
    response = gemini.models.generate_content(model="models/" + model, contents="A red fox", config=config)
    assert png_size(picture_in(response)) == (4096, 4096)
    assert_adds_up(response.usage_metadata)


def test_image_of_another_shape(gemini):
    image = types.ImageConfig(aspect_ratio="16:9")
    config = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=image)
    response = gemini.models.generate_content(model=IMAGE_MODEL, contents="A red fox", config=config)
    width, height = png_size(picture_in(response))
    assert 1.7 < width / height < 1.85


def test_models_list_and_get(gemini):
    names = [model.name for model in gemini.models.list()]
    assert {"models/" + MODEL, "models/" + IMAGE_MODEL} <= set(names)
    assert len(names) == len(set(names))
    for name in (MODEL, "models/" + MODEL):
        model = gemini.models.get(model=name)
        assert model.name == "models/" + MODEL
        assert "generateContent" in model.supported_actions


def test_models_list_in_pages(gemini):
    everything = [model.name for model in gemini.models.list()]
    paged = [model.name for model in gemini.models.list(config={"page_size": 3})]
    assert paged == everything


def test_async_client():
    async def ask():
        client = genai_client().aio
        response = await client.models.generate_content(model=MODEL, contents=LONDON)
        stream = await client.models.generate_content_stream(model=MODEL, contents=LONDON)
        chunks = [chunk async for chunk in stream]
        counted = await client.models.count_tokens(model=MODEL, contents=LONDON)
        names = [model.name async for model in await client.models.list()]
        await client.aclose()
        return response, chunks, counted, names

    response, chunks, counted, names = asyncio.run(ask())
    assert response.text
    assert "".join(chunk.text or "" for chunk in chunks)
    assert counted.total_tokens > 0
    assert "models/" + MODEL in names


def test_async_stream_can_be_left():
    async def leave():
        client = genai_client().aio
        stream = await client.models.generate_content_stream(model=MODEL, contents="Write a long story about the sea.")
        async for chunk in stream:
            await stream.aclose()
            await client.aclose()
            return chunk

    assert asyncio.run(leave()).candidates
