"""Clients against the server that test/sdk/python.test.ts started, and one line per case for it to read."""

import json
import os

import pytest
from google import genai
from google.genai import types
from openai import AsyncOpenAI, AzureOpenAI, OpenAI

BASE_URL = os.environ["AICREDITMART_BASE_URL"]
API_KEY = os.environ["AICREDITMART_API_KEY"]
# The key of an organization that never had credit.
EMPTY_API_KEY = os.environ["AICREDITMART_EMPTY_API_KEY"]
# The key of an organization whose credit one request can hold.
SMALL_API_KEY = os.environ["AICREDITMART_SMALL_API_KEY"]
SMALL_BASE_URL = os.environ["AICREDITMART_SMALL_BASE_URL"]
# Of the right shape, and nobody's.
UNKNOWN_API_KEY = "sk-bf-00000000-0000-4000-8000-000000000000"

TIMEOUT_SECONDS = 60


def openai_client(key=API_KEY, base_url=BASE_URL):
    return OpenAI(base_url=base_url + "/v1/", api_key=key, timeout=TIMEOUT_SECONDS)


def async_openai_client(key=API_KEY):
    return AsyncOpenAI(base_url=BASE_URL + "/v1/", api_key=key, timeout=TIMEOUT_SECONDS)


def azure_openai_client(where):
    endpoint = BASE_URL + where
    return AzureOpenAI(azure_endpoint=endpoint, api_key=API_KEY, api_version="2024-10-21", timeout=TIMEOUT_SECONDS)


def genai_client(key=API_KEY, version=None):
    options = types.HttpOptions(base_url=BASE_URL + "/genai", api_version=version, timeout=TIMEOUT_SECONDS * 1000)
    return genai.Client(api_key=key, http_options=options)


@pytest.fixture
def openai():
    with openai_client() as client:
        yield client


@pytest.fixture
def gemini():
    return genai_client()


@pytest.hookimpl
def pytest_runtest_logreport(report):
    """A case is reported once: by its call, or by whatever kept it from being called."""
    if report.when != "call" and report.outcome == "passed":
        return
    detail = report.longreprtext
    if report.skipped and isinstance(report.longrepr, tuple):
        detail = report.longrepr[2]
    with open(os.environ["PYTEST_CASES"], "a", encoding="utf-8") as cases:
        name = report.nodeid.rsplit("/", 1)[-1]
        cases.write(json.dumps({"name": name, "outcome": report.outcome, "detail": detail}) + "\n")


@pytest.hookimpl
def pytest_collectreport(report):
    """A file that cannot be imported fails by name."""
    if report.failed:
        with open(os.environ["PYTEST_CASES"], "a", encoding="utf-8") as cases:
            name = report.nodeid.rsplit("/", 1)[-1]
            cases.write(json.dumps({"name": name, "outcome": "failed", "detail": report.longreprtext}) + "\n")
