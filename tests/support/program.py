"""The program under test and the stub endpoint, as processes."""
import argparse
import contextlib
import importlib.util
import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

STUB = pathlib.Path(__file__).resolve().parents[1] / "tools" / "stub_embedder.py"
TIMEOUT_SECONDS = 300


class Failed(AssertionError):
    """The program ended with a code that the test did not expect."""


class Squire:
    def __init__(self, path):
        self.path = str(path)

    def run(self, *arguments, code=0, timeout=TIMEOUT_SECONDS, **options):
        """Runs to the end. `code`: the exit code that is right, a tuple of them, or None for any."""
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, **options)
        right = code if isinstance(code, tuple) else (code,)
        if code is not None and done.returncode not in right:
            raise Failed(f"squire {' '.join(map(str, arguments))}: exit {done.returncode}, not {code}\n"
                         f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def json(self, *arguments, **options):
        return json.loads(self.run(*arguments, "--json", **options).stdout)

    def json_lines(self, *arguments, **options):
        return [json.loads(line) for line in self.run(*arguments, "--json", **options).stdout.splitlines()]

    def start(self, *arguments, **options):
        """A process that goes on; the caller ends it."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
                   **options}
        return subprocess.Popen([self.path, *map(str, arguments)], **options)

    @contextlib.contextmanager
    def running(self, *arguments, **options):
        """A process that is ended with the block."""
        process = self.start(*arguments, **options)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


class Stub:
    """tests/tools/stub_embedder.py: an endpoint, quick and deterministic."""

    def __init__(self, dim=64, delay=0.0, fail_every=0):
        self.dim = dim
        command = [sys.executable, str(STUB), "--dim", str(dim), "--delay", str(delay)]
        if fail_every:
            command += ["--fail-every", str(fail_every)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.options = ("--embedder", self.url, "--model", "stub")

    def texts(self):
        """How many texts were embedded so far."""
        return self._get("/stats")["texts"]

    def embed(self, text):
        return self._get("/v1/embeddings", {"model": "stub", "input": [text]})["data"][0]["embedding"]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def _get(self, path, body=None):
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode() if body else None)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)


class GatedStub:
    """The stub endpoint in this process, with a gate: while it is shut, requests arrive and wait. While `refuse` holds
    it answers that the request is wrong, which nobody tries again at once."""

    def __init__(self, dim=64):
        spec = importlib.util.spec_from_file_location("stub_embedder", STUB)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.opened, self.arrived = threading.Event(), threading.Event()
        self.opened.set()
        self.refuse = False
        gate = self

        class Handler(module.Handler):
            options = argparse.Namespace(dim=dim, delay=0, fail_every=0)

            def do_POST(self):
                gate.arrived.set()
                gate.opened.wait(TIMEOUT_SECONDS)
                if gate.refuse:
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    return self.reply(400, {"error": "told to refuse"})
                return super().do_POST()

        self.server = module.Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.options = ("--embedder", f"http://127.0.0.1:{self.server.server_address[1]}", "--model", "stub")

    def shut(self):
        self.arrived.clear()
        self.opened.clear()

    def open(self):
        self.opened.set()

    def stop(self):
        self.open()
        self.server.shutdown()
        self.server.server_close()


def wait_until(holds, seconds=60.0, every=0.02, what="the state waited for"):
    """Polls until holds() gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(every)
