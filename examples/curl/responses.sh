curl "$AICREDITMART_BASE_URL/v1/responses" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "model": "gpt-5.4",
    "input": "How far is New York from London?"
  }'
