"""Clients of others that call /v1/responses first: pydantic-ai's `openai:` and `llm`, as their own guides have them."""

import pytest
from click.testing import CliRunner
from llm.cli import cli
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.messages import ThinkingPart, ToolReturnPart

from conftest import API_KEY, BASE_URL

MODEL = "gpt-5.4"


class Trip(BaseModel):
    city: str
    days: int


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_BASE_URL", BASE_URL + "/v1")
    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))


def test_pydantic_ai_answers_plain_and_streamed():
    agent = Agent(f"openai:{MODEL}")
    plain = agent.run_sync("Tell me about London.")
    assert "London" in plain.output
    with agent.run_stream_sync("Tell me about London.") as streamed:
        assert "".join(streamed.stream_text(delta=True)) == plain.output
    assert plain.usage.output_tokens > plain.usage.details["reasoning_tokens"] > 0


def test_pydantic_ai_calls_tools_and_goes_on_from_what_was_said():
    agent = Agent(f"openai:{MODEL}")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Current weather of a city."""
        return f"{city}: rain"

    first = agent.run_sync("What is the weather in Oslo?")
    assert first.output == "According to get_weather, Oslo: rain."
    kinds = [type(part) for message in first.all_messages() for part in message.parts]
    assert ThinkingPart in kinds and ToolReturnPart in kinds
    second = agent.run_sync("And the weather in Rome?", message_history=first.all_messages())
    assert second.output == "According to get_weather, Rome: rain."


def test_pydantic_ai_goes_on_by_the_id_of_what_is_kept():
    agent = Agent(f"openai:{MODEL}", model_settings={"openai_previous_response_id": "auto"})
    first = agent.run_sync("My dog is called Rex.")
    second = agent.run_sync("Who is Rex?", message_history=first.all_messages())
    assert second.usage.input_tokens > first.usage.input_tokens


def test_pydantic_ai_makes_objects_by_tool_and_by_schema():
    for output_type in (Trip, NativeOutput(Trip)):
        agent = Agent(f"openai:{MODEL}", output_type=output_type)
        assert agent.run_sync("A trip to Oslo for 3 days.").output == Trip(city="Oslo", days=3)


def llm(*arguments):
    """What the command prints; its process would take a second to start."""
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_llm_answers_plain_and_streamed_and_goes_on():
    streamed = llm("-m", MODEL, "Tell me about London.")
    assert "London" in streamed
    assert llm("-m", MODEL, "--no-stream", "Tell me about London.").strip() == streamed.strip()
    assert llm("-c", "And more about London?")


def test_llm_calls_tools_and_follows_schemas():
    weather = 'def get_weather(city: str) -> str:\n    "Current weather of a city."\n    return city + ": rain"\n'
    said = llm("-m", MODEL, "--functions", weather, "What is the weather in Oslo?")
    assert said.strip() == "According to get_weather, Oslo: rain."
    assert llm("-m", MODEL, "--schema", "city, days int", "A trip to Oslo for 3 days.").strip() == '{"city":"Oslo","days":3}'
