import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

response = client.responses.create(
    model="gpt-5.4",
    input="How far is New York from London?",
)

print(response.output_text)
print(f"Tokens used: {response.usage.total_tokens}")
