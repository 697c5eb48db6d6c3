"""The one JSON object a run leaves behind; its shape is result.schema.json beside supervise.py."""
import json

MOST_BYTES = 1024
UNKNOWN_SHA256 = "0" * 64  # Of a file that could not be read.


def encode(result):
    """The result as at most 1 KiB of JSON; the sentence is cut where it must be."""
    def packed(sentence):
        return json.dumps({**result, "sentence": sentence}, separators=(",", ":"), allow_nan=False).encode()

    sentence = " ".join(result["sentence"].split()).encode("ascii", "replace").decode()[:200]
    while len(content := packed(sentence)) > MOST_BYTES and sentence:
        sentence = sentence[:-8]
    return content
