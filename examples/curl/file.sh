# 1. Upload
id=$(echo 'Sales rose by 4 % in the second quarter.' |
  curl -s "$AICREDITMART_BASE_URL/v1/files" \
    -H "Authorization: Bearer $AICREDITMART_API_KEY" \
    -F 'file=@-;filename=report.txt' \
    -F purpose=user_data | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')

# 2. Ask about it
curl -s "$AICREDITMART_BASE_URL/v1/responses" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{
    "model": "gpt-5.4",
    "input": [{
      "role": "user",
      "content": [
        {"type": "input_file", "file_id": "'"$id"'"},
        {"type": "input_text", "text": "What does the report say?"}
      ]
    }]
  }'

# 3. Delete
curl -s -X DELETE "$AICREDITMART_BASE_URL/v1/files/$id" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY"
