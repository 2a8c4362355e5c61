"""Policies: Rego in, decisions out. They see facts about a request, never its text, and they call nobody."""
