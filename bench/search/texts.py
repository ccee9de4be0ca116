"""Engines for words, and what they are asked. Texts are split here, so that all engines see the same words."""
import re
import sqlite3

import numpy as np
import pyarrow as pa

from base import Engine, tree_bytes

WORD = re.compile(r"[a-z]{2,20}|[0-9]{1,6}")
KINDS = ("1 term", "2 OR", "5 OR", "question", "2 AND", "phrase of 2", "phrase of 3")
SEED = 17
COMMITS = 200


def words(text):
    return WORD.findall(text.lower())


def questions(split, asked, count):
    """By kind, lists of words that some text holds; phrases are taken from texts."""
    rng = np.random.default_rng(SEED)
    seen = {}
    for text in split:
        for word in set(text):
            seen[word] = seen.get(word, 0) + 1
    common = sorted(w for w, n in seen.items() if 10 <= n <= len(split) // 20 and w.isalpha())
    def some(size):
        return [[str(w) for w in rng.choice(common, size, replace=False)] for _ in range(count)]
    def together(size, apart):
        out = []
        while len(out) < count:
            text = split[int(rng.integers(len(split)))]
            if len(text) < 20:
                continue
            at = int(rng.integers(len(text) - size))
            found = text[at : at + size] if not apart else [str(w) for w in rng.choice(text, size, replace=False)]
            if len(set(found)) == size and all(w.isalpha() for w in found):
                out.append(found)
        return out
    whole = [[w for w in dict.fromkeys(words(q)) if w in seen] for q in asked[:count]]
    return dict(zip(KINDS, (some(1), some(2), some(5), whole, together(2, True), together(2, False), together(3, False))))


class Exact:
    """BM25 (k1 1.2, b 0.75) of every text, by plain arithmetic: what is right."""

    def __init__(self, split):
        self.split, self.lengths = split, np.array([len(t) for t in split], dtype=np.float64)
        self.postings = {}
        for number, text in enumerate(split):
            counts = {}
            for word in text:
                counts[word] = counts.get(word, 0) + 1
            for word, count in counts.items():
                self.postings.setdefault(word, []).append((number, count))

    def right(self, kind, asked, answer, k=10):
        """The share of an answer that may be there: as good as the k-th best, or holding the phrase."""
        if kind.startswith("phrase"):
            line = " " + " ".join(asked) + " "
            return float(np.mean([line in " " + " ".join(self.split[i]) + " " for i in answer])) if answer else 1.0
        scores = np.zeros(len(self.split))
        holds = np.zeros(len(self.split), dtype=np.int32)
        norm = 1.2 * (0.25 + 0.75 * self.lengths / self.lengths.mean())
        for word in set(asked):
            found = np.array(self.postings.get(word, []), dtype=np.int64).reshape(-1, 2)
            idf = np.log(1 + (len(self.split) - len(found) + 0.5) / (len(found) + 0.5))
            scores[found[:, 0]] += idf * found[:, 1] * 2.2 / (found[:, 1] + norm[found[:, 0]])
            holds[found[:, 0]] += 1
        if kind == "2 AND":
            scores[holds < len(set(asked))] = 0
        want = min(k, int(np.sum(scores > 0)))
        if want == 0:
            return 1.0
        bound = np.partition(scores, -want)[-want]
        return sum(scores[i] >= bound * 0.999 for i in set(answer[:want])) / want


class TextEngine(Engine):
    def lines(self):
        return [" ".join(words(text)) for text in self.data.texts(self.options["rows"])]

    def quoted(self, asked, kind):
        """In a syntax that several engines share."""
        if kind.startswith("phrase"):
            return '"' + " ".join(asked) + '"'
        return (" AND " if kind == "2 AND" else " OR ").join(asked)


class SquireText(TextEngine):
    """Searches go by Table.matches: row ids and scores as arrays, as the libraries give them."""

    def build(self, threads):
        import squire

        self.folder.mkdir(parents=True)
        table = squire.connect(self.folder).create_table("t", self.batch(self.lines(), 0))
        table.create_fts_index("text", with_position=True, stem=False, remove_stop_words=False)

    def batch(self, lines, first):
        return pa.table({"id": np.arange(first, first + len(lines)), "text": lines})

    def size(self):
        return tree_bytes(self.folder / "t.lance" / "_indices")

    def open(self):
        import squire

        self.table, self.numbers = squire.connect(self.folder).open_table("t"), None

    def search(self, asked, k):
        kind = self.setting["kind"]
        if kind.startswith("phrase"):
            text = '"' + " ".join(asked) + '"'
        else:
            text = " ".join("+" + word if kind == "2 AND" else word for word in asked)
        return self.table.matches(text, k)[0]

    def ids(self, answer):
        if self.numbers is None:
            rows = self.table.search().select(["id"]).with_row_id().to_arrow()
            self.numbers = dict(zip(rows["_rowid"].to_pylist(), rows["id"].to_pylist()))
        return [self.numbers[int(row)] for row in answer]

    def update(self):
        """200 commits of 20 texts that are there already."""
        lines = self.lines()
        for commit in range(COMMITS):
            self.table.add(self.batch(lines[commit * 20 % (len(lines) - 20) :][:20], len(lines) + commit * 20))
        self.numbers = None


class Tantivy(TextEngine):
    def build(self, threads):
        import tantivy

        self.folder.mkdir(parents=True)
        index = tantivy.Index(self.schema(), path=str(self.folder))
        writer = index.writer(heap_size=128 << 20, num_threads=1)
        for number, line in enumerate(self.lines()):
            writer.add_document(tantivy.Document(id=number, text=line))
        writer.commit()
        writer.wait_merging_threads()

    def schema(self):
        import tantivy

        return tantivy.SchemaBuilder().add_integer_field("id", stored=True, fast=True).add_text_field("text").build()

    def open(self):
        import tantivy

        self.index = tantivy.Index(self.schema(), path=str(self.folder))
        self.searcher = self.index.searcher()

    def search(self, asked, k):
        query = self.index.parse_query(self.quoted(asked, self.setting["kind"]), ["text"])
        return self.searcher.search(query, k, count=False).hits

    def ids(self, answer):
        return [self.searcher.doc(address)["id"][0] for _, address in answer]


class Sqlite(TextEngine):
    def build(self, threads):
        self.folder.mkdir(parents=True)
        with sqlite3.connect(self.folder / "db") as db:
            db.execute("create virtual table t using fts5(text, content='')")
            db.executemany("insert into t(rowid, text) values(?, ?)", enumerate(self.lines()))
        db.close()

    def open(self):
        self.db = sqlite3.connect(self.folder / "db")

    def search(self, asked, k):
        text = self.quoted([f'"{w}"' for w in asked] if not self.setting["kind"].startswith("phrase") else asked, self.setting["kind"])
        return self.db.execute("select rowid from t where t match ? order by rank limit ?", (text, k)).fetchall()

    def ids(self, answer):
        return [row[0] for row in answer]


class LanceText(TextEngine):
    def build(self, threads):
        import lance

        lines = self.lines()
        table = lance.write_dataset(pa.table({"id": np.arange(len(lines)), "text": lines}), str(self.folder))
        table.create_scalar_index("text", "INVERTED", with_position=True, stem=False, remove_stop_words=False, base_tokenizer="whitespace")

    def size(self):
        return tree_bytes(self.folder / "_indices")

    def open(self):
        import lance

        self.table = lance.dataset(str(self.folder))

    def search(self, asked, k):
        from lance.query import FullTextOperator, MatchQuery, PhraseQuery

        kind, text = self.setting["kind"], " ".join(asked)
        if kind.startswith("phrase"):
            query = PhraseQuery(text, "text")
        else:
            query = MatchQuery(text, "text", operator=FullTextOperator.AND if kind == "2 AND" else FullTextOperator.OR)
        return self.table.to_table(columns=["id"], full_text_query=query, limit=k)

    def ids(self, answer):
        return answer["id"].to_pylist()
