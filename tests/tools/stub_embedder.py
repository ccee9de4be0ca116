#!/usr/bin/env python3
"""An OpenAI-compatible /v1/embeddings endpoint for tests: quick, deterministic, of no meaning but that texts which share
words lie close. Needs the standard library only.

    stub_embedder.py [--dim 64] [--port 0] [--delay SECONDS] [--fail-every N]

Prints the port as its first line. POST /v1/embeddings {model, input, encoding_format}; GET /stats gives
{"requests", "texts"} so far. With --fail-every N each N-th request is answered with 503.
"""
import argparse
import base64
import functools
import hashlib
import http.server
import json
import math
import re
import sys
import threading
import time
from array import array
from collections import Counter

WORD = re.compile(r"[a-z0-9]+")
COORDINATES_A_WORD = 4


@functools.lru_cache(maxsize=1 << 18)
def coordinates(word: str, dim: int) -> tuple:
    """Where a word counts, and with which sign."""
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4 * COORDINATES_A_WORD).digest()
    values = [int.from_bytes(digest[i:i + 4], "little") for i in range(0, len(digest), 4)]
    return tuple(((v >> 1) % dim, 1.0 if v & 1 else -1.0) for v in values)


def embed(text: str, dim: int) -> array:
    words = Counter(WORD.findall(text.lower())) or Counter(["\0" + text])
    vector = [0.0] * dim
    for word, count in words.items():
        weight = 1.0 + math.log(count) if count > 1 else 1.0
        for at, sign in coordinates(word, dim):
            vector[at] += sign * weight
    length = math.sqrt(sum(v * v for v in vector))
    if length == 0.0:  # the signs cancelled out
        vector[len(text) % dim] = length = 1.0
    scale = 1.0 / length
    return array("f", [v * scale for v in vector])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections
    disable_nagle_algorithm = True
    options = None
    lock = threading.Lock()
    requests = 0
    texts = 0

    def log_message(self, *_):
        pass

    def reply(self, status: int, value):
        body = json.dumps(value, separators=(",", ":")).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def do_GET(self):
        if self.path == "/stats":
            self.reply(200, {"requests": Handler.requests, "texts": Handler.texts})
        else:
            self.reply(404, {"error": "POST /v1/embeddings"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/embeddings":
            return self.reply(404, {"error": "POST /v1/embeddings"})
        try:
            request = json.loads(body)
            texts = request["input"]
            texts = [texts] if isinstance(texts, str) else texts
            if not all(isinstance(text, str) and text for text in texts):
                raise ValueError("input must be non-empty strings")
        except (ValueError, KeyError, TypeError) as error:
            return self.reply(400, {"error": str(error)})
        with Handler.lock:
            Handler.requests += 1
            fails = self.options.fail_every and Handler.requests % self.options.fail_every == 0
            Handler.texts += 0 if fails else len(texts)
        if fails:
            return self.reply(503, {"error": "told to fail"})
        if self.options.delay:
            time.sleep(self.options.delay)
        as_base64 = request.get("encoding_format") == "base64"
        data = []
        for index, text in enumerate(texts):
            vector = embed(text, self.options.dim)
            if as_base64:
                if sys.byteorder == "big":
                    vector.byteswap()
                vector = base64.b64encode(vector.tobytes()).decode()
            data.append({"object": "embedding", "index": index, "embedding": vector if as_base64 else vector.tolist()})
        tokens = sum(map(len, texts)) // 4
        self.reply(200, {"object": "list", "data": data, "model": request.get("model", "stub"),
                         "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--fail-every", type=int, default=0)
    Handler.options = parser.parse_args()
    server = Server(("127.0.0.1", Handler.options.port), Handler)
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
