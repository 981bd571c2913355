curl "$AICREDITMART_BASE_URL/genai/v1beta/models/gemini-3.1-flash-image:generateContent" \
  -H "x-goog-api-key: $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "contents": [{"parts": [{"text": "A photorealistic golden retriever wearing a red cape, studio lighting"}]}],
    "generationConfig": {"responseModalities": ["IMAGE"]}
  }' | sed -n 's/.*"data": *"\([^"]*\)".*/\1/p' | base64 --decode > gemini-3.1-flash-image.png
