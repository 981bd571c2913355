curl "$AICREDITMART_BASE_URL/genai/v1beta/models/gemini-3.5-flash:generateContent" \
  -H "x-goog-api-key: $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "contents": [{"parts": [{"text": "Tell me about London in one sentence."}]}]
  }'
