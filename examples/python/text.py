import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

response = client.chat.completions.create(
    model="gpt-5.4",
    messages=[{"role": "user", "content": "How far is New York from London?"}],
)

print(response.choices[0].message.content)
print(f"Tokens used: {response.usage.total_tokens}")
