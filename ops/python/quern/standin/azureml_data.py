# SPDX-License-Identifier: Apache-2.0
"""Datasets and datastores of azureml: a registered dataset is a key, a path of a datastore the key DATASTORE/PATH."""
import fnmatch
import io
import os

from quern.standin import StandIn, shelf

DATASTORE = "workspaceblobstore"  # what the default datastore of a workspace is called


class AzureMLException(Exception):
    """Base of the errors."""

    def __init__(self, message="", *args, **kwargs):
        super().__init__(message)
        self.message = message


class UserErrorException(AzureMLException):
    """Something that is asked for is not there, or may not be had."""


class ModelNotFoundException(UserErrorException):
    pass


class RunConfigurationException(UserErrorException):
    pass


class WorkspaceException(UserErrorException):
    pass


def asked(function, *args, error=UserErrorException):
    """What a function of the catalogue gives, with azureml's errors."""
    try:
        return function(*args)
    except (FileNotFoundError, PermissionError, ValueError) as fault:
        raise error(str(fault)) from None


def save(path, parts):
    directory = os.path.dirname(path)
    if directory:
        os.makedirs(directory, exist_ok=True)
    with open(path, "wb") as file:
        file.writelines(parts)
    return path


class DataPath(StandIn):
    def __init__(self, datastore=None, path_on_datastore=None, name=None):
        self.datastore, self.path_on_datastore = datastore, path_on_datastore


class Datastore(StandIn):
    """Datastore(workspace, name), or Datastore.get()."""

    def __init__(self, workspace=None, name=None):
        self.workspace, self.name = workspace, name or DATASTORE
        self.datastore_type, self.account_name, self.container_name = "AzureBlob", "", self.name

    @classmethod
    def get(cls, workspace, datastore_name):
        return cls(workspace, datastore_name)

    @classmethod
    def get_default(cls, workspace):
        return cls(workspace)

    @classmethod
    def register_azure_blob_container(cls, workspace, datastore_name, container_name=None, **others):
        return cls(workspace, datastore_name)

    def set_as_default(self):
        pass

    def path(self, path=None, data_reference_name=None):
        return DataPath(self, path)

    def _key(self, path):
        parts = [part for part in str(path or "").replace("\\", "/").split("/") if part not in ("", ".")]
        return "/".join([self.name, *parts])

    def upload(self, src_dir, target_path=None, overwrite=False, show_progress=True):
        found = [os.path.join(root, name) for root, _, names in os.walk(src_dir) for name in sorted(names)]
        return self.upload_files(found, src_dir, target_path, overwrite, show_progress)

    def upload_files(self, files, relative_root=None, target_path=None, overwrite=False, show_progress=True):
        for path in files:
            place = os.path.relpath(path, relative_root) if relative_root else os.path.basename(path)
            key = self._key(f"{target_path or ''}/{place}")
            if not overwrite and asked(shelf.exists, key):
                continue
            with open(path, "rb") as file:
                asked(shelf.write, key, file)
        return DataPath(self, target_path)

    def download(self, target_path, prefix=None, overwrite=False, show_progress=True):
        below, count = self._key(prefix), 0
        for key, _ in shelf.entries(below):
            if key == below or key.startswith(below + "/") or prefix is None or not prefix.endswith("/"):
                path = os.path.join(target_path, key[len(self.name) + 1:])
                if overwrite or not os.path.exists(path):
                    save(path, shelf.stream(key))
                    count += 1
        return count


def keys_of(path):
    """Keys of what a script calls a path: (datastore, "a/*.csv"), a DataPath, a list of them, a key, or a URL's path."""
    if isinstance(path, (list, tuple)) and not (len(path) == 2 and isinstance(path[0], Datastore)):
        return [key for one in path for key in keys_of(one)]
    if isinstance(path, DataPath):
        path = (path.datastore, path.path_on_datastore)
    if isinstance(path, tuple):
        if isinstance(path[1], (list, tuple)):
            return [key for one in path[1] for key in keys_of((path[0], one))]
        key = path[0]._key(path[1])
    else:
        key = str(path).partition("://")[2] or str(path)
    return matching(key)


def matching(key):
    """The key itself, those below it, or those that its stars stand for; UserErrorException when there is none."""
    if "*" in key:
        start = key[:key.index("*")]
        found = [one for one, _ in asked(shelf.entries, start) if fnmatch.fnmatchcase(one, key)]
    elif asked(shelf.exists, key):
        found = [key]
    else:
        found = [one for one, _ in asked(shelf.entries, f"{key}/")]
    if not found:
        raise UserErrorException(f"{key}: no such key")
    return found


class AbstractDataset(StandIn):
    def __init__(self, name=None, description=None, tags=None):
        self.name, self.description, self.tags = name, description, tags or {}
        self.id, self.version = name, 1

    def as_named_input(self, name):
        return self


class TabularDataset(AbstractDataset):
    """A table: of a registered dataset, of files, or a frame that is here already."""

    def __init__(self, make, name=None, description=None, tags=None):
        super().__init__(name, description, tags)
        self._make = make

    def to_pandas_dataframe(self, on_error="null", out_of_range_datetime="null"):
        return self._make()

    def take(self, count):
        return TabularDataset(lambda: self._make().head(count), self.name)

    def keep_columns(self, columns, validate=False):
        wanted = [columns] if isinstance(columns, str) else list(columns)
        return TabularDataset(lambda: self._make()[wanted], self.name)

    def drop_columns(self, columns):
        return TabularDataset(lambda: self._make().drop(columns=columns), self.name)

    def random_split(self, percentage, seed=None):
        frame = self._make()
        first = frame.sample(frac=percentage, random_state=seed)
        rest = frame.drop(first.index)
        return TabularDataset(lambda: first), TabularDataset(lambda: rest)

    def register(self, workspace, name, description=None, tags=None, create_new_version=False):
        """Writes it under the name, which is a key."""
        if not create_new_version and asked(shelf.exists, name):
            raise UserErrorException(f"There is already a dataset registered under name '{name}'. Specify "
                                     "`create_new_version=True` to register the dataset as a new version.")
        asked(shelf.write, name, self._make())
        return TabularDataset(lambda: asked(shelf.read, name), name, description, tags)


class FileDataset(AbstractDataset):
    """Objects as files."""

    def __init__(self, keys, name=None, description=None, tags=None):
        super().__init__(name, description, tags)
        self._keys = keys

    def _names(self):
        common = os.path.commonpath(self._keys) if len(self._keys) > 1 else os.path.dirname(self._keys[0])
        return {key: key[len(common):].lstrip("/") for key in self._keys}

    def to_path(self):
        return ["/" + name for name in self._names().values()]

    def download(self, target_path=None, overwrite=False, ignore_not_found=False):
        made = []
        for key, name in self._names().items():
            path = os.path.abspath(os.path.join(target_path or ".", name))
            if os.path.exists(path) and not overwrite:
                raise UserErrorException(f"{path} is there already; overwrite=True replaces it")
            made.append(save(path, asked(shelf.stream, key)))
        return made

    def register(self, workspace, name, description=None, tags=None, create_new_version=False):
        for key, place in self._names().items():
            asked(shelf.write, f"{name}/{place}", asked(shelf.read_bytes, key))
        return FileDataset([f"{name}/{place}" for place in self._names().values()], name, description, tags)


def texts(path):
    return [io.BytesIO(asked(shelf.read_bytes, key)) for key in keys_of(path)]


def joined(frames):
    import pandas as pd

    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


class TabularDatasetFactory(StandIn):
    """Dataset.Tabular."""

    @staticmethod
    def from_delimited_files(path, validate=True, include_path=False, infer_column_types=True, set_column_types=None,
                             separator=",", header=True, **others):
        import pandas as pd

        first = 0 if header is True or "NO" not in str(header).upper() and header else None
        options = {"sep": separator, "header": first, **({} if infer_column_types else {"dtype": str})}
        keys_of(path)
        return TabularDataset(lambda: joined([pd.read_csv(text, **options) for text in texts(path)]))

    @staticmethod
    def from_parquet_files(path, **others):
        import pandas as pd

        return TabularDataset(lambda: joined([pd.read_parquet(text) for text in texts(path)]))

    @staticmethod
    def from_json_lines_files(path, **others):
        import pandas as pd

        return TabularDataset(lambda: joined([pd.read_json(text, lines=True) for text in texts(path)]))

    @staticmethod
    def register_pandas_dataframe(dataframe, target=None, name=None, description=None, tags=None, show_progress=True,
                                  **others):
        return TabularDataset(lambda: dataframe).register(None, name, description, tags, True)


class FileDatasetFactory(StandIn):
    """Dataset.File."""

    @staticmethod
    def from_files(path, validate=True, **others):
        return FileDataset(keys_of(path))


class Dataset(StandIn):
    Tabular, File = TabularDatasetFactory, FileDatasetFactory

    @staticmethod
    def get_by_name(workspace, name, version="latest"):
        """A dataset: what the key names, a table. Below a key that is none, files."""
        if asked(shelf.exists, name):
            return TabularDataset(lambda: asked(shelf.read, name), name)
        try:
            return FileDataset(matching(name), name)
        except UserErrorException:
            raise UserErrorException(f"Cannot find any dataset registered with name '{name}' (no such key: quern dataset "
                                     "ls)") from None

    get_by_id = get_by_name

    @staticmethod
    def get_all(workspace):
        return Names(lambda: [key for key, _ in shelf.entries() if not key.startswith("job:")],
                     lambda name: Dataset.get_by_name(workspace, name))


class Names(dict):
    """A mapping by name whose values are made when somebody looks at them."""

    def __init__(self, known, make):
        super().__init__((name, None) for name in known())
        self._make = make

    def __getitem__(self, name):
        if name not in self.keys():
            raise KeyError(name)
        return self._make(name)

    def get(self, name, default=None):
        return self[name] if name in self else default

    def values(self):
        return [self._make(name) for name in self]

    def items(self):
        return [(name, self._make(name)) for name in self]
