curl "$AICREDITMART_BASE_URL/v1/chat/completions" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "model": "gpt-5.4",
    "messages": [{"role": "user", "content": "Hello!"}]
  }'
