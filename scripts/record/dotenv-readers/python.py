"""Prints what python-dotenv reads: JSON array of texts in, JSON array of pairs out."""
import io
import json
import logging
import sys

from dotenv import dotenv_values

logging.disable(logging.CRITICAL)
texts = json.load(sys.stdin)
answers = []
for text in texts:
    values = dotenv_values(stream=io.StringIO(text, newline=""))
    answers.append([[name, value] for name, value in values.items() if value is not None])
json.dump(answers, sys.stdout)
