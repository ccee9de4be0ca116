"""What all engines have."""
import resource

import numpy as np


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def tree_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Engine:
    """`settings` is the grid that a search is tried with; search gives numbers of rows, best first."""

    settings = [{}]

    def __init__(self, folder, data, options):
        self.folder, self.data, self.options, self.setting = folder, data, options, {}

    def set(self, setting):
        self.setting = setting

    def size(self):
        return tree_bytes(self.folder)

    def ids(self, answer):
        return answer

    def data_changes(self):
        """Numbers of 1,000 rows that go, of 500 that are replaced and of 500 that are new."""
        order = np.random.default_rng(13).permutation(len(self.data.rows))
        return order[:1000], order[1000:1500], len(self.data.rows) + np.arange(500)
