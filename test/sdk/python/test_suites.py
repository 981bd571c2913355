"""What the SDKs' own suites look at beyond an answer: pydantic models, tool loops, probabilities, sources."""

import enum
from typing import Literal, Optional, Union

import openai as openai_sdk
import pytest
from google.genai import errors, types
from pydantic import BaseModel

MODEL = "gpt-5.4"
GEMINI = "gemini-3.5-flash"


class Kind(enum.Enum):
    TRAIN = "train"
    PLANE = "plane"


class Hotel(BaseModel):
    stars: int


class Trip(BaseModel):
    city: str
    kind: Kind
    days: int
    hotel: Optional[Hotel]
    price: Union[int, str]
    tags: list[str]


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str
    unit: Literal["celsius", "fahrenheit"]


def ask(content):
    return [{"role": "user", "content": content}]


def test_openai_parses_pydantic_models_with_enums_unions_and_options(openai):
    question = ask("A train to Oslo for 3 days.")
    parsed = openai.chat.completions.parse(model=MODEL, messages=question, response_format=Trip).choices[0].message.parsed
    assert (parsed.city, parsed.kind, parsed.days) == ("Oslo", Kind.TRAIN, 3)
    with openai.chat.completions.stream(model=MODEL, messages=question, response_format=Trip) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == parsed


def test_openai_parses_tool_arguments(openai):
    tools = [openai_sdk.pydantic_function_tool(GetWeather)]
    question = ask("What is the weather in Oslo, in celsius?")
    message = openai.chat.completions.parse(model=MODEL, messages=question, tools=tools).choices[0].message
    assert message.tool_calls[0].function.parsed_arguments == GetWeather(city="Oslo", unit="celsius")
    answer = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": '{"temperature": 21}'}
    history = [*question, message.model_dump(exclude_none=True, exclude={"parsed"}), answer]
    history[1]["tool_calls"][0]["function"].pop("parsed_arguments", None)
    said = openai.chat.completions.create(model=MODEL, messages=history, tools=tools).choices[0].message.content
    assert said == "According to GetWeather, temperature is 21."


def test_openai_raises_length_finish_reason(openai):
    with pytest.raises(openai_sdk.LengthFinishReasonError):
        openai.chat.completions.parse(
            model="gpt-4o", messages=ask("A trip."), response_format=Trip, max_completion_tokens=5
        )


def test_openai_logprobs(openai):
    choice = openai.chat.completions.create(
        model="gpt-4o", messages=ask("Tell me about tea."), logprobs=True, top_logprobs=2
    ).choices[0]
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    assert all(len(token.top_logprobs) == 2 for token in choice.logprobs.content)


def test_openai_functions_of_old(openai):
    functions = [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]
    choice = openai.chat.completions.create(
        model=MODEL, messages=ask("The weather in Oslo?"), functions=functions
    ).choices[0]
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call.arguments == '{"city":"Oslo"}'


def test_gemini_parses_pydantic_models_with_enums_unions_and_options(gemini):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Trip)
    response = gemini.models.generate_content(model=GEMINI, contents="A train to Oslo for 3 days.", config=config)
    assert isinstance(response.parsed, Trip)
    assert (response.parsed.city, response.parsed.kind, response.parsed.days) == ("Oslo", Kind.TRAIN, 3)


def test_gemini_answers_with_an_enum(gemini):
    config = types.GenerateContentConfig(response_mime_type="text/x.enum", response_schema=Kind)
    response = gemini.models.generate_content(model=GEMINI, contents="By plane or not?", config=config)
    assert response.text == "plane"
    assert response.parsed == Kind.PLANE


def test_gemini_calls_functions_by_itself(gemini):
    seen = []

    def get_weather(city: str) -> dict:
        """The weather in a city."""
        seen.append(city)
        return {"temperature": 21}

    config = types.GenerateContentConfig(tools=[get_weather])
    response = gemini.models.generate_content(model=GEMINI, contents="What is the weather in Oslo?", config=config)
    assert seen == ["Oslo"]
    assert response.text == "According to get_weather, temperature is 21."
    chat = gemini.chats.create(model=GEMINI, config=config)
    assert "temperature is 21" in chat.send_message("And the weather in Rome?").text
    assert seen == ["Oslo", "Rome"]


def test_gemini_grounds_thinks_and_runs_code(gemini):
    search = types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())])
    grounded = gemini.models.generate_content(model=GEMINI, contents="Who won?", config=search)
    assert grounded.candidates[0].grounding_metadata.web_search_queries
    code = types.GenerateContentConfig(tools=[types.Tool(code_execution=types.ToolCodeExecution())])
    ran = gemini.models.generate_content(model=GEMINI, contents="What is 20 + 22?", config=code)
    assert (ran.code_execution_result, "sum" in ran.executable_code) == ("42\n", True)
    thinking = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    thought = gemini.models.generate_content(model=GEMINI, contents="Hello", config=thinking)
    assert thought.candidates[0].content.parts[0].thought


def test_gemini_logprobs(gemini):
    config = types.GenerateContentConfig(response_logprobs=True, logprobs=2)
    response = gemini.models.generate_content(model=GEMINI, contents="Tell me about tea.", config=config)
    chosen = response.candidates[0].logprobs_result.chosen_candidates
    assert "".join(token.token for token in chosen) == response.text
    assert response.candidates[0].avg_logprobs < 0


def test_gemini_refuses_unknown_fields_by_name(gemini):
    config = types.GenerateContentConfig(http_options=types.HttpOptions(extra_body={"made_up": 1}))
    with pytest.raises(errors.ClientError) as refused:
        gemini.models.generate_content(model=GEMINI, contents="Hello", config=config)
    assert 'Unknown name "made_up": Cannot find field.' in refused.value.message
