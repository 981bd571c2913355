import os

from google import genai
from google.genai import types

client = genai.Client(
    api_key=os.environ["AICREDITMART_API_KEY"],
    http_options=types.HttpOptions(base_url=os.environ["AICREDITMART_BASE_URL"] + "/genai"),
)

MODEL = "gemini-3.1-flash-image"

r = client.models.generate_content(
    model=f"models/{MODEL}",
    contents="A photorealistic golden retriever wearing a red cape, studio lighting",
    config=types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=types.ImageConfig(image_size="4K")),
)

for part in r.candidates[0].content.parts:
    if part.inline_data and part.inline_data.data:
        with open(f"{MODEL}.png", "wb") as f:
            f.write(part.inline_data.data)
        print(f"Saved {MODEL}.png")
