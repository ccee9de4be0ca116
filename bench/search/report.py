"""The table that is printed, and the JSON of its last line."""
import json


class Report:
    """`ratio` over 1: ours is better; `need`: the least that is asked for."""

    def __init__(self):
        self.rows = {}

    def add(self, key, ours, peer, name, need, unit, less_is_better=False):
        ours, peer = float(ours), float(peer)
        ratio = 0.0 if not ours or not peer else peer / ours if less_is_better else ours / peer
        self.rows[key] = {"ours": round(ours, 4), "peer": round(peer, 4), "name": name, "ratio": round(ratio, 3), "need": need,
                          "ok": ratio >= need}
        print(f"{key:24} ours {ours:11.3f} {unit:9} {name:52} {peer:11.3f}  ratio {ratio:7.2f}  need {need:4.2f}  "
              f"{'ok' if ratio >= need else 'NOT OK'}", flush=True)

    def last_line(self):
        return json.dumps(self.rows)
