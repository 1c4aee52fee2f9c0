"""Signing in at somebody else's: OAuth 2.0 and OpenID Connect."""
