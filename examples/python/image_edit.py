import os

from openai import OpenAI
import base64

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

with open("horse.png", "rb") as image:
    response = client.images.edit(
        model="gpt-image-2",
        image=image,
        prompt="Put a red saddle on the horse",
        size="1024x1024",
        quality="medium",
    )

with open("saddled.png", "wb") as f:
    f.write(base64.b64decode(response.data[0].b64_json))
print("Saved saddled.png")
