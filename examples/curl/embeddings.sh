curl "$AICREDITMART_BASE_URL/v1/embeddings" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "model": "text-embedding-3-small",
    "input": "The quick brown fox jumps over the lazy dog."
  }'
