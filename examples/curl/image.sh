curl -s "$AICREDITMART_BASE_URL/v1/images/generations" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "model": "gpt-image-2",
    "prompt": "A majestic horse standing in a field",
    "n": 1,
    "size": "1024x1024",
    "quality": "medium",
    "output_format": "png"
  }' | sed -n 's/.*"b64_json": *"\([^"]*\)".*/\1/p' | base64 --decode > horse.png
