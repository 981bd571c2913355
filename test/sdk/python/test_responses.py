"""What the official OpenAI SDK can do with responses: plain, streamed, put together, tools, structured output, counting."""

import json

import pytest
from openai import BadRequestError
from pydantic import BaseModel

MODEL = "gpt-5.4"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class Event(BaseModel):
    name: str
    year: int


def assert_adds_up(usage):
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0
    assert usage.input_tokens + usage.output_tokens == usage.total_tokens


def test_response(openai):
    response = openai.responses.create(model=MODEL, input="Say hello.")
    assert response.object == "response"
    assert response.status == "completed"
    assert response.output_text
    assert_adds_up(response.usage)


def test_stream_and_its_final_response(openai):
    text = ""
    last = None
    for event in openai.responses.create(model=MODEL, input="Tell a story.", stream=True):
        text += event.delta if event.type == "response.output_text.delta" else ""
        last = event
    assert last.type == "response.completed"
    with openai.responses.stream(model=MODEL, input="Tell a story.") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == text


def test_tool_and_what_it_gave(openai):
    question = {"role": "user", "content": "What is the weather in Paris?"}
    called = openai.responses.create(model=MODEL, input=[question], tools=[WEATHER], tool_choice="required")
    call = next(item for item in called.output if item.type == "function_call")
    assert json.loads(call.arguments)["city"]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny."}
    answered = openai.responses.create(model=MODEL, input=[question, call, output], tools=[WEATHER])
    assert answered.status == "completed"


def test_structured_output(openai):
    response = openai.responses.parse(model=MODEL, input="An event.", text_format=Event)
    assert isinstance(response.output_parsed, Event)


def test_counting_an_input(openai):
    assert openai.responses.input_tokens.count(model=MODEL, input="Say hello.").input_tokens > 0


def test_what_is_wrong_names_its_field(openai):
    with pytest.raises(BadRequestError) as wrong:
        openai.responses.create(model=MODEL, input="x", tools=[{"type": "file_search", "vector_store_ids": ["vs_1"]}])
    assert wrong.value.param == "tools[0].type"
