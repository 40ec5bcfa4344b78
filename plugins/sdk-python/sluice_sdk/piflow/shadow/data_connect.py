"""The module that PiFlow's Python components read and write their rows with, over the files of a run."""

import os
import shutil
from typing import Any

from sluice_sdk.piflow import exchange


class DATAConnect:
    """Reads the rows of in ports into pandas, and writes frames to out ports; copies files from and to HDFS."""

    def dataInputStream(self, port: str = "1") -> Any:
        import pyarrow.parquet as parquet

        return parquet.read_table(exchange.input_file(str(port)), partitioning=None).to_pandas()

    def dataOutputStream(self, df: Any, port: str = "1") -> None:
        df.to_csv(exchange.output_file(str(port)), index=False, sep=",", encoding="utf-8")

    def putFileToHdfs(self, hdfs_path: str, local_path: str, isDelete: bool = False) -> None:
        target = exchange.local_path(hdfs_path)
        if isDelete and os.path.isfile(target):
            os.remove(target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(local_path, target)

    def downloadFileFromHdfs(self, hdfs_path: str, local_path: str, overwrite: bool = False) -> None:
        if os.path.exists(local_path) and not overwrite:
            raise FileExistsError(local_path)
        os.makedirs(os.path.dirname(os.path.abspath(local_path)), exist_ok=True)
        shutil.copyfile(exchange.local_path(hdfs_path), local_path)

    def downloadFolderFromHdfs(self, hdfs_path: str, local_path: str, overwrite: bool = False) -> None:
        shutil.copytree(exchange.local_path(hdfs_path), local_path, dirs_exist_ok=overwrite)


# PiFlow's own module has had this spelling.
DATAConncet = DATAConnect
