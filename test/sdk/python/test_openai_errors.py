"""How refusals reach a user of the OpenAI SDK: the right class, code and words, after one attempt."""

from concurrent.futures import ThreadPoolExecutor

import openai as sdk
import pytest
from conftest import BASE_URL, EMPTY_API_KEY, SMALL_API_KEY, SMALL_BASE_URL, UNKNOWN_API_KEY, openai_client

MODEL = "gpt-5.4"
HELLO = [{"role": "user", "content": "Hello!"}]


def assert_explained(error):
    """The envelope has its four keys, and the request can be named to support."""
    assert {"message", "type", "param", "code"} <= set(error.body)
    assert error.body["message"]
    assert error.request_id.startswith("req_")


def attempts(error):
    """Retries carry their number; the one that was given up on is the last."""
    return 1 + int(error.response.request.headers["x-stainless-retry-count"])


def test_unknown_key():
    with pytest.raises(sdk.AuthenticationError) as raised:
        openai_client(UNKNOWN_API_KEY).chat.completions.create(model=MODEL, messages=HELLO)
    assert raised.value.status_code == 401
    assert raised.value.code == "invalid_api_key"
    assert_explained(raised.value)
    assert UNKNOWN_API_KEY not in str(raised.value)


def test_unknown_key_for_a_stream_is_refused_before_it_starts():
    with pytest.raises(sdk.AuthenticationError):
        openai_client(UNKNOWN_API_KEY).chat.completions.create(model=MODEL, messages=HELLO, stream=True)


def test_unknown_key_lists_no_models():
    with pytest.raises(sdk.AuthenticationError):
        openai_client(UNKNOWN_API_KEY).models.list()


def test_unknown_model(openai):
    with pytest.raises(sdk.NotFoundError) as raised:
        openai.chat.completions.create(model="gpt-99-imaginary", messages=HELLO)
    assert raised.value.code == "model_not_found"
    assert "gpt-99-imaginary" in raised.value.message
    assert_explained(raised.value)


def test_unknown_model_for_embeddings(openai):
    with pytest.raises(sdk.NotFoundError) as raised:
        openai.embeddings.create(model="text-embedding-99", input="fox")
    assert raised.value.code == "model_not_found"


def test_unknown_model_to_retrieve(openai):
    with pytest.raises(sdk.NotFoundError) as raised:
        openai.models.retrieve("gpt-99-imaginary")
    assert raised.value.code == "model_not_found"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_insufficient_credit_is_said_once(stream):
    with pytest.raises(sdk.RateLimitError) as raised:
        openai_client(EMPTY_API_KEY).chat.completions.create(model=MODEL, messages=HELLO, stream=stream)
    assert raised.value.code == "insufficient_quota"
    assert raised.value.response.headers["x-should-retry"] == "false"
    assert attempts(raised.value) == 1
    assert_explained(raised.value)


def test_credit_that_another_request_holds_is_waited_for():
    def ask(tokens, sandbox="tokens=5 reasoning=0", **options):
        client = openai_client(SMALL_API_KEY, SMALL_BASE_URL).with_options(**options)
        return client.chat.completions.with_raw_response.create(
            model=MODEL, messages=HELLO, max_completion_tokens=tokens, extra_headers={"x-sandbox": sandbox}
        )

    with ThreadPoolExecutor() as pool:
        holding = pool.submit(ask, 100_000, "latency_ms=1500 tokens=5 reasoning=0")
        # Until it is seen to hold everything.
        error = None
        while not holding.done():
            try:
                ask(20, max_retries=0)
            except sdk.RateLimitError as raised:
                error = raised
                break
        assert error is not None
        assert error.code == "credit_held"
        assert error.response.headers["x-should-retry"] == "true"
        assert float(error.response.headers["retry-after-ms"]) > 0
        assert_explained(error)
        waited = ask(20)
        assert int(waited.http_response.request.headers["x-stainless-retry-count"]) > 0
        assert waited.parse().usage.completion_tokens == 5
        assert holding.result().status_code == 200


def test_insufficient_credit_for_embeddings_is_said_once():
    with pytest.raises(sdk.RateLimitError) as raised:
        openai_client(EMPTY_API_KEY).embeddings.create(model="text-embedding-3-small", input="fox")
    assert raised.value.code == "insufficient_quota"
    assert attempts(raised.value) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": "not a list"},
        {"n": "two"},
        {"max_completion_tokens": -1},
        {"stream": "yes"},
        {"model": None},
        {"model": 5},
    ],
    ids=lambda changes: next(iter(changes)) + "=" + str(next(iter(changes.values()))),
)
def test_malformed_request(openai, changes):
    with pytest.raises(sdk.BadRequestError) as raised:
        openai.chat.completions.create(**{"model": MODEL, "messages": HELLO}, extra_body=changes)
    assert raised.value.type == "invalid_request_error"
    assert attempts(raised.value) == 1
    assert_explained(raised.value)


def test_malformed_embeddings_request(openai):
    with pytest.raises(sdk.BadRequestError) as raised:
        openai.embeddings.create(model="text-embedding-3-small", input={"not": "text"})
    assert_explained(raised.value)


def test_unknown_path(openai):
    with pytest.raises(sdk.NotFoundError) as raised:
        openai.get("/nothing/here", cast_to=object)
    assert_explained(raised.value)


def test_receipt_of_another_request_is_not_found(openai):
    with pytest.raises(sdk.NotFoundError) as raised:
        openai.get("/receipts/req_00000000000000000000000000000000", cast_to=object)
    assert_explained(raised.value)


def test_receipt_can_be_read_with_the_sdk(openai):
    raw = openai.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    receipt = openai.get(f"/receipts/{raw.headers['x-request-id']}", cast_to=object)
    assert receipt["requestId"] == raw.headers["x-request-id"]
    assert int(receipt["chargeNano"]) > 0
    assert sum(line["quantity"] * int(line["picoPerUnit"]) for line in receipt["lines"]) > 0


def test_receipt_is_not_shown_to_another_organization(openai):
    raw = openai.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    with pytest.raises(sdk.NotFoundError):
        openai_client(EMPTY_API_KEY).get(f"/receipts/{raw.headers['x-request-id']}", cast_to=object)


def test_base_url_without_a_slash():
    client = sdk.OpenAI(base_url=BASE_URL + "/v1", api_key=UNKNOWN_API_KEY)
    with pytest.raises(sdk.AuthenticationError):
        client.models.list()
