"""How refusals reach a user of Google's SDK: Google's statuses and details, in Google's envelope.

A client is held in a variable for as long as it is used: when it is collected, it closes its connections.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import EMPTY_API_KEY, SMALL_API_KEY, SMALL_BASE_URL, UNKNOWN_API_KEY, genai_client
from google import genai
from google.genai import errors, types

MODEL = "gemini-3.5-flash"


def info_of(error):
    details = error.details["error"].get("details", [])
    return next((detail for detail in details if detail["@type"].endswith("google.rpc.ErrorInfo")), {})


def retry_info_of(error):
    details = error.details["error"].get("details", [])
    return [detail for detail in details if detail["@type"].endswith("google.rpc.RetryInfo")]


def test_unknown_key():
    client = genai_client(UNKNOWN_API_KEY)
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model=MODEL, contents="Hello")
    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")
    assert info_of(raised.value)["reason"] == "API_KEY_INVALID"
    assert UNKNOWN_API_KEY not in str(raised.value)


def test_unknown_key_for_a_stream():
    client = genai_client(UNKNOWN_API_KEY)
    with pytest.raises(errors.ClientError) as raised:
        list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
    assert raised.value.code == 400


def test_unknown_key_lists_no_models():
    client = genai_client(UNKNOWN_API_KEY)
    with pytest.raises(errors.ClientError) as raised:
        list(client.models.list())
    assert raised.value.code == 400


@pytest.mark.parametrize("model", ["gemini-99-imaginary", "models/gemini-99-imaginary"], ids=["bare", "prefixed"])
def test_unknown_model(gemini, model):
    with pytest.raises(errors.ClientError) as raised:
        gemini.models.generate_content(model=model, contents="Hello")
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")
    assert "gemini-99-imaginary" in raised.value.message


def test_unknown_model_to_get_or_count(gemini):
    with pytest.raises(errors.ClientError) as raised:
        gemini.models.get(model="gemini-99-imaginary")
    assert raised.value.code == 404
    with pytest.raises(errors.ClientError) as raised:
        gemini.models.count_tokens(model="gemini-99-imaginary", contents="Hello")
    assert raised.value.code == 404


def test_credit_that_another_request_holds_is_waited_for_when_told_to_retry():
    def ask(tokens, retries=None, sandbox="tokens=5"):
        options = types.HttpOptions(
            base_url=SMALL_BASE_URL + "/genai", headers={"x-sandbox": sandbox}, retry_options=retries
        )
        client = genai.Client(api_key=SMALL_API_KEY, http_options=options)
        config = types.GenerateContentConfig(max_output_tokens=tokens)
        return client.models.generate_content(model=MODEL, contents="Hello!", config=config)

    with ThreadPoolExecutor() as pool:
        holding = pool.submit(ask, 60_000, None, "latency_ms=1500 tokens=5")
        # Until it is seen to hold everything.
        error = None
        while not holding.done():
            try:
                ask(20)
            except errors.ClientError as raised:
                error = raised
                break
        assert error is not None
        assert info_of(error)["reason"] == "CREDIT_HELD"
        assert retry_info_of(error)
        waited = ask(20, types.HttpRetryOptions(attempts=5, initial_delay=1))
        assert waited.usage_metadata.total_token_count > 0
        assert holding.result().usage_metadata.candidates_token_count == 5


def test_insufficient_credit():
    client = genai_client(EMPTY_API_KEY)
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model=MODEL, contents="Hello")
    assert (raised.value.code, raised.value.status) == (429, "RESOURCE_EXHAUSTED")
    assert info_of(raised.value)["reason"] == "INSUFFICIENT_CREDIT"
    assert retry_info_of(raised.value) == []


def test_insufficient_credit_for_a_stream():
    client = genai_client(EMPTY_API_KEY)
    with pytest.raises(errors.ClientError) as raised:
        list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
    assert raised.value.code == 429


def test_counting_needs_no_credit():
    client = genai_client(EMPTY_API_KEY)
    assert client.models.count_tokens(model=MODEL, contents="Hello").total_tokens > 0


@pytest.mark.parametrize(
    "body",
    [
        {"contents": "not a list"},
        {"generationConfig": "not an object"},
        {"generationConfig": {"maxOutputTokens": "many"}},
        {"generationConfig": {"maxOutputTokens": -1}},
        {"generationConfig": {"candidateCount": "two"}},
    ],
    ids=lambda body: str(body).replace("'", ""),
)
def test_malformed_request(gemini, body):
    config = types.GenerateContentConfig(http_options=types.HttpOptions(extra_body=body))
    with pytest.raises(errors.ClientError) as raised:
        gemini.models.generate_content(model=MODEL, contents="Hello", config=config)
    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")
    assert raised.value.message
