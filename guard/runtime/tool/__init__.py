"""Tool calls of an answer: they wait for the policy's word, and what it says is done. Nothing here knows a wire."""
