import os

from openai import OpenAI
import base64

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

response = client.images.generate(
    model="gpt-image-2",
    prompt="A majestic horse standing in a field",
    n=1,
    size="1024x1024",
    quality="medium",
    output_format="png",
)

if response.data[0].b64_json:
    img = base64.b64decode(response.data[0].b64_json)
    with open("horse.png", "wb") as f:
        f.write(img)
    print("Saved horse.png")
