"""The engines: each builds an index in a folder, opens it, and finds the k nearest rows of a query, by number."""
import json
import pathlib

import numpy as np

import data as source
import peers
import texts
from ours import Squire, SquireFlat, SquireLarge

KINDS = {
    "squire": Squire,
    "squire_updated": Squire,
    "squire_flat": SquireFlat,
    "squire_large": SquireLarge,
    "faiss_pq": peers.FaissPq,
    "faiss_ivf": peers.FaissIvf,
    "faiss_flat": peers.FaissFlat,
    "usearch_bf16": peers.Usearch,
    "hnswlib": peers.Hnswlib,
    "zvec_hnsw": peers.Zvec,
    "lance_rq": peers.LanceRq,
    "lance_hnsw_sq": peers.LanceHnsw,
    "squire_text": texts.SquireText,
    "squire_text_updated": texts.SquireText,
    "tantivy": texts.Tantivy,
    "sqlite_fts5": texts.Sqlite,
    "lance_fts": texts.LanceText,
}


def make(name, folder, options):
    """An engine, and what it is asked."""
    data = source.Data(pathlib.Path(options["data"]), options["rows"], options["queries"])
    engine = KINDS[name](folder / name, data, options)
    if issubclass(KINDS[name], texts.TextEngine):
        return engine, json.loads(pathlib.Path(options["words"]).read_text())
    return engine, np.ascontiguousarray(data.queries)
