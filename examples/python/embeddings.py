import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

response = client.embeddings.create(
    model="text-embedding-3-small",
    input="The quick brown fox jumps over the lazy dog.",
)

print(f"Dimensions: {len(response.data[0].embedding)}")
