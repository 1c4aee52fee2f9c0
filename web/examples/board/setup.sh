#!/bin/sh
# Makes a tenant ready for a team: who may do what with cards, and that people confirm their e-mail addresses.
# Needs the tenant's address and an API key of the scope admin, as BACKPACK_URL and BACKPACK_KEY.
set -eu

ask() {
  curl -sS --fail-with-body -o /dev/null -X "$1" "$BACKPACK_URL$2" -d "$3" \
    -H "Authorization: Bearer $BACKPACK_KEY" -H 'Content-Type: application/json'
}

# Everybody moves cards; what is on one its owner alone changes.
ask POST /api/collections '{
  "name": "cards",
  "rules": {
    "list": "authenticated", "read": "authenticated", "create": "authenticated", "delete": "owner",
    "update": {"$or": [
      {"owner": "$user.id"},
      {"$changed": {"$nin": ["title", "text", "picture", "author"]}}
    ]}
  }
}'
ask PATCH /api/settings '{"appName": "Board", "accounts": {"verification": "required"}}'
echo "The board is ready at $BACKPACK_URL"
