import os

import time
from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

# 1. Create the video
video = client.videos.create(
    model="sora-2",
    prompt="A cat playing piano in a jazz bar",
    size="1280x720",
    seconds="4",
)

# 2. Poll until complete
while video.status in ["queued", "in_progress"]:
    time.sleep(5)
    video = client.videos.retrieve(video.id)
    print(f"Status: {video.status}")

# 3. Download
if video.status == "completed":
    content = client.videos.download_content(video.id, variant="video")
    content.write_to_file("output.mp4")
    print("Saved output.mp4")
