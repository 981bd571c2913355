# 1. Create the video
id=$(curl -s "$AICREDITMART_BASE_URL/v1/videos" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -F model=sora-2 \
  -F prompt='A cat playing piano in a jazz bar' \
  -F size=1280x720 \
  -F seconds=4 | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')

# 2. Poll until complete
until curl -s "$AICREDITMART_BASE_URL/v1/videos/$id" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" | grep -Eq '"status": *"(completed|failed)"'; do
  sleep 5
done

# 3. Download
curl -s "$AICREDITMART_BASE_URL/v1/videos/$id/content?variant=video" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" -o output.mp4
