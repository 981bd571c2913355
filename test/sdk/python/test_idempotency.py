"""Calls that are repeated with their idempotency key: paid once, and answered again."""

import httpx2
import openai as sdk
import pytest
from conftest import API_KEY, BASE_URL, TIMEOUT_SECONDS
from google.genai import types

MODEL = "gpt-5.4"
HELLO = [{"role": "user", "content": "Hello!"}]
GEMINI_MODEL = "gemini-3.5-flash"


def ask_of(key):
    return {"model": MODEL, "messages": HELLO, "extra_headers": {"Idempotency-Key": key}}


def test_openai_answers_a_repeat_as_the_first_call(openai):
    first = openai.chat.completions.with_raw_response.create(**ask_of("openai-python-1"))
    again = openai.chat.completions.with_raw_response.create(**ask_of("openai-python-1"))
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["x-request-id"]
    assert again.headers["x-mart-charge-usd"] == "0.00"
    receipt = openai.get(f"/receipts/{again.headers['original-request']}", cast_to=object)
    assert receipt["requestId"] == first.headers["x-request-id"]
    with pytest.raises(sdk.UnprocessableEntityError) as reused:
        openai.chat.completions.create(**ask_of("openai-python-1"), n=2)
    assert reused.value.code == "idempotency_key_reused"


def test_openai_gives_a_stream_again(openai):
    streams = [list(openai.chat.completions.create(**ask_of("openai-python-2"), stream=True)) for _ in range(2)]
    assert streams[0] == streams[1]
    assert streams[0][-1].choices[0].finish_reason == "stop"


class LosingClient(sdk.DefaultHttpxClient):
    """Loses every other answer on its way."""

    def __init__(self):
        super().__init__()
        self.made_by = []

    def send(self, request, **options):
        response = super().send(request, **options)
        self.made_by.append(response.headers.get("original-request", response.headers["x-request-id"]))
        if len(self.made_by) % 2 == 1:
            response.read()
            raise httpx2.ReadError("the connection broke", request=request)
        return response


def test_openai_repeats_by_itself_what_was_lost_where_the_header_is_named():
    losing = LosingClient()
    client = sdk.OpenAI(base_url=BASE_URL + "/v1/", api_key=API_KEY, timeout=TIMEOUT_SECONDS, http_client=losing)
    client._idempotency_header = "Idempotency-Key"
    client.chat.completions.create(model=MODEL, messages=HELLO)
    client.chat.completions.create(model=MODEL, messages=HELLO)
    first, first_again, second, second_again = losing.made_by
    assert (first, second) == (first_again, second_again)
    assert first != second


def test_genai_answers_a_repeat_as_the_first_call(gemini):
    config = types.GenerateContentConfig(
        http_options=types.HttpOptions(
            headers={"Idempotency-Key": "genai-python-1"}, retry_options=types.HttpRetryOptions(attempts=5)
        )
    )
    first, again = [
        gemini.models.generate_content(model=GEMINI_MODEL, contents="Hello", config=config) for _ in range(2)
    ]
    assert (again.text, again.response_id) == (first.text, first.response_id)
    headers = again.sdk_http_response.headers
    assert headers["idempotent-replayed"] == "true"
    assert headers["original-request"] == first.sdk_http_response.headers["x-request-id"]


def test_genai_gives_a_stream_again(gemini):
    config = types.GenerateContentConfig(http_options=types.HttpOptions(headers={"Idempotency-Key": "genai-python-2"}))
    streams = [
        [chunk.text for chunk in gemini.models.generate_content_stream(model=GEMINI_MODEL, contents="Hello", config=config)]
        for _ in range(2)
    ]
    assert streams[0] == streams[1]
