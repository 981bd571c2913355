curl -s "$AICREDITMART_BASE_URL/v1/images/edits" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -F model=gpt-image-2 \
  -F image=@horse.png \
  -F prompt='Put a red saddle on the horse' \
  -F size=1024x1024 \
  -F quality=medium | sed -n 's/.*"b64_json": *"\([^"]*\)".*/\1/p' | base64 --decode > saddled.png
