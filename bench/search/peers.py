"""Other engines for vectors. Each is given vectors of length one, so that the inner product is the cosine."""
import os

import numpy as np
import pyarrow as pa

from base import Engine, tree_bytes


class Faiss(Engine):
    factory = ""

    def build(self, threads):
        import faiss

        faiss.omp_set_num_threads(threads)
        self.folder.mkdir(parents=True)
        metric = faiss.METRIC_INNER_PRODUCT if self.factory == "Flat" else faiss.METRIC_L2
        index = faiss.index_factory(self.data.rows.shape[1], self.factory.format(lists=self.lists()), metric)
        index.train(self.data.rows)
        index.add(self.data.rows)
        faiss.write_index(index, str(self.folder / "index"))

    def lists(self):
        """512 at 60,000 rows, fewer for a trial."""
        return 1 << max(4, int(np.log2(len(self.data.rows) / 110)))

    def open(self):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(str(self.folder / "index"))

    def search(self, query, k):
        return self.index.search(query[None], k)[1][0]


class FaissPq(Faiss):
    factory = "IVF{lists},PQ192x4fsr,RFlat"
    settings = [{"nprobe": n, "factor": f} for n in (16, 32, 48, 64, 96, 128, 192, 256, 384) for f in (2, 3, 5, 10)]

    def set(self, setting):
        import faiss

        faiss.downcast_index(self.index.base_index).nprobe = setting["nprobe"]
        self.index.k_factor = setting["factor"]


class FaissIvf(Faiss):
    factory = "IVF{lists},Flat"
    settings = [{"nprobe": n} for n in (32, 64, 128, 256)]

    def set(self, setting):
        self.index.nprobe = setting["nprobe"]


class FaissFlat(Faiss):
    factory = "Flat"


class Usearch(Engine):
    settings = [{"ef": n} for n in (30, 44, 60, 80, 110, 150, 220, 320, 500)]

    def build(self, threads):
        from usearch.index import Index

        self.folder.mkdir(parents=True)
        index = Index(ndim=self.data.rows.shape[1], metric="cos", dtype="bf16", connectivity=16, expansion_add=128)
        index.add(np.arange(len(self.data.rows)), self.data.rows, threads=threads)
        index.save(str(self.folder / "index"))

    def open(self):
        from usearch.index import Index

        self.index = Index.restore(str(self.folder / "index"))

    def set(self, setting):
        self.index.expansion_search = setting["ef"]

    def search(self, query, k):
        return self.index.search(query, k, threads=1).keys

    def update(self):
        gone, replaced, added = self.data_changes()
        self.index.remove(np.concatenate([gone, replaced]))
        self.index.add(np.concatenate([replaced, added]), self.data.fresh, threads=1)


class Hnswlib(Engine):
    settings = [{"ef": n} for n in (30, 44, 60, 80, 110, 150, 220, 320, 500)]

    def build(self, threads):
        import hnswlib

        self.folder.mkdir(parents=True)
        index = hnswlib.Index(space="ip", dim=self.data.rows.shape[1])
        index.init_index(max_elements=len(self.data.rows) + 2000, M=16, ef_construction=200)
        index.add_items(self.data.rows, num_threads=threads)
        index.save_index(str(self.folder / "index"))

    def open(self):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=self.data.rows.shape[1])
        self.index.load_index(str(self.folder / "index"), max_elements=len(self.data.rows) + 2000)
        self.index.set_num_threads(1)

    def set(self, setting):
        self.index.set_ef(setting["ef"])

    def search(self, query, k):
        return self.index.knn_query(query[None], k)[0][0]


class Zvec(Engine):
    """Codes of a byte a dimension, refined; the condition is evaluated by itself."""

    settings = [{"ef": n} for n in (16, 24, 34, 44, 60, 80, 110, 150, 220, 320, 500)]

    def build(self, threads):
        import zvec

        zvec.init(log_level=zvec.LogLevel.ERROR, query_threads=1, optimize_threads=threads)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        param = zvec.HnswIndexParam(metric_type=zvec.MetricType.COSINE, m=32, ef_construction=200, quantize_type=zvec.QuantizeType.INT8)
        schema = zvec.CollectionSchema("t", fields=zvec.FieldSchema("number", zvec.DataType.INT64, index_param=zvec.InvertIndexParam(True)),
                                       vectors=zvec.VectorSchema("v", zvec.DataType.VECTOR_FP32, self.data.rows.shape[1], param))
        table = zvec.create_and_open(str(self.folder), schema)
        for at in range(0, len(self.data.rows), 1000):
            table.insert([zvec.Doc(id=str(at + i), vectors={"v": row.tolist()}, fields={"number": at + i})
                          for i, row in enumerate(self.data.rows[at : at + 1000])])
        table.flush()
        table.optimize(zvec.OptimizeOption(concurrency=threads))
        table.close()

    def open(self):
        import zvec

        zvec.init(log_level=zvec.LogLevel.ERROR, query_threads=1, optimize_threads=1)
        self.module, self.table = zvec, zvec.open(str(self.folder))

    def search(self, query, k):
        param = self.module.HnswQueryParam(ef=self.setting["ef"], is_using_refiner=True)
        asked = self.module.Query("v", vector=query, param=param)
        found = self.table.query(asked, topk=k, filter=self.setting.get("where"), output_fields=[])
        return [int(doc.id) for doc in found]


class LanceRq(Engine):
    kind = {"index_type": "IVF_RQ", "num_partitions": 512}
    settings = [{"nprobes": n, "refine_factor": r} for n in (64, 128, 256) for r in (4, 10)]

    def build(self, threads):
        import lance

        rows = self.data.rows
        numbers = pa.array(np.arange(len(rows)))
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), rows.shape[1])
        table = lance.write_dataset(pa.table({"id": numbers, "number": numbers, "vector": vectors}), str(self.folder))
        table.create_index("vector", metric="cosine", **self.kind)
        table.create_scalar_index("number", "BTREE")

    def size(self):
        return tree_bytes(self.folder / "_indices")

    def open(self):
        import lance

        self.table = lance.dataset(str(self.folder))

    def search(self, query, k):
        setting = dict(self.setting)
        where = setting.pop("where", None)
        found = self.table.to_table(columns=["id"], filter=where, prefilter=where is not None,
                                    nearest={"column": "vector", "q": query, "k": k, "metric": "cosine", **setting})
        return found["id"].to_numpy()


class LanceHnsw(LanceRq):
    kind = {"index_type": "IVF_HNSW_SQ", "num_partitions": 1, "m": 20, "ef_construction": 150}
    settings = [{"ef": n, "refine_factor": r} for n in (20, 65, 150) for r in (1, 2)]

    def build(self, threads):
        os.environ["LANCE_IO_THREADS"] = "8"
        super().build(threads)
