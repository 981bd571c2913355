import os

from google import genai
from google.genai import types

client = genai.Client(
    api_key=os.environ["AICREDITMART_API_KEY"],
    http_options=types.HttpOptions(base_url=os.environ["AICREDITMART_BASE_URL"] + "/genai"),
)

response = client.models.generate_content(
    model="models/gemini-3.5-flash",
    contents="Tell me about London in one sentence.",
)

print(response.text)
