import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AICREDITMART_BASE_URL"] + "/v1/",
    api_key=os.environ["AICREDITMART_API_KEY"],
)

# 1. Upload
file = client.files.create(
    file=("report.txt", b"Sales rose by 4 % in the second quarter."),
    purpose="user_data",
)

# 2. Ask about it
response = client.responses.create(
    model="gpt-5.4",
    input=[
        {
            "role": "user",
            "content": [
                {"type": "input_file", "file_id": file.id},
                {"type": "input_text", "text": "What does the report say?"},
            ],
        }
    ],
)
print(response.output_text)

# 3. Delete
client.files.delete(file.id)
