# 1. Create the video
video=$(curl -s "$AICREDITMART_BASE_URL/v1/videos" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" \
  -F model=sora-2 \
  -F prompt='A cat playing piano in a jazz bar' \
  -F size=1280x720 \
  -F seconds=4)
id=$(echo "$video" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
[ -n "$id" ] || { echo "$video"; exit 1; }

# 2. Poll until complete
until echo "$video" | grep -Eq '"status": *"(completed|failed)"'; do
  sleep 5
  video=$(curl -sf "$AICREDITMART_BASE_URL/v1/videos/$id" -H "Authorization: Bearer $AICREDITMART_API_KEY") || exit 1
done

# 3. Download
curl -sf "$AICREDITMART_BASE_URL/v1/videos/$id/content?variant=video" \
  -H "Authorization: Bearer $AICREDITMART_API_KEY" -o output.mp4 || echo "$video"
