# SPDX-License-Identifier: Apache-2.0
"""azure.storage.blob of both generations: BlockBlobService (1.x, 2.x) and BlobServiceClient (12.x).

A blob is the key ACCOUNT/CONTAINER/NAME. Containers need not be created; credentials are not looked at.
"""
from urllib.parse import unquote, urlsplit

from quern.standin import StandIn, shelf
from quern.standin.blob_errors import ClientAuthenticationError, ResourceExistsError, ResourceNotFoundError

DEVELOPMENT = "devstoreaccount1"  # the account of the emulator


class Place:
    """A key, or what keys begin with, and what is done with it; errors are azure's."""

    def __init__(self, account, *parts):
        self.key = "/".join(part for part in (account, *parts) if part)

    def call(self, function, *args):
        try:
            return function(self.key, *args)
        except FileNotFoundError as error:
            raise ResourceNotFoundError(f"The specified blob does not exist. ({error})") from None
        except PermissionError as error:
            raise ClientAuthenticationError(str(error)) from None

    def read(self):
        return self.call(shelf.read_bytes)

    def stream(self):
        return self.call(lambda key: list(shelf.stream(key)))

    def size(self):
        return self.call(shelf.size)

    def write(self, value, overwrite=True):
        if not overwrite and self.exists():
            raise ResourceExistsError(f"The specified blob already exists. ({self.key})")
        self.call(shelf.write, value)

    def exists(self):
        return self.call(shelf.exists)

    def remove(self):
        self.call(shelf.remove)

    def below(self, prefix):
        """[(name, bytes)] of the blobs of a container."""
        found = shelf.entries(f"{self.key}/{prefix or ''}")
        return [(key[len(self.key) + 1:], size) for key, size in found]


def settings_of(text):
    """The parts of a connection string, names in small letters."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def account_of(url="", connection_string=None):
    """The account's name in a connection string, in a URL, or as it is."""
    if connection_string:
        known = settings_of(connection_string)
        if known.get("usedevelopmentstorage", "").lower() == "true":
            return DEVELOPMENT
        return known.get("accountname") or account_of(known.get("blobendpoint", ""))
    if "//" not in str(url):
        return str(url or "")
    parts = urlsplit(str(url))
    host = parts.hostname or ""
    local = host.replace(".", "").isdigit() or host == "localhost"  # the emulator: the account stands in the path
    return parts.path.strip("/").split("/")[0] if local else host.split(".")[0]


class ContentSettings(StandIn):
    def __init__(self, *args, **kwargs):
        self.__dict__.update(kwargs)


class Words(StandIn):
    """Names of permissions and levels, which nobody looks at."""

    def __init__(self, *args, **kwargs):
        pass


class PublicAccess(Words):
    OFF, Blob, Container = None, "blob", "container"


class BlobPermissions(Words):
    READ = WRITE = DELETE = CREATE = ADD = "permitted"


class ContainerPermissions(Words):
    READ = WRITE = DELETE = LIST = "permitted"


class BlobProperties(StandIn):
    """Of one blob: size, and content_length, as the first generation calls it."""

    def __init__(self, name, container, size):
        self.name, self.container, self.size, self.content_length = name, container, size, size
        self.metadata, self.content_settings = {}, ContentSettings()
        self.deleted, self.snapshot = False, None


class Blob(StandIn):
    """An item of a list, or what was read."""

    def __init__(self, name=None, snapshot=None, content=None, props=None, metadata=None):
        self.name, self.snapshot, self.content, self.metadata = name, snapshot, content, metadata or {}
        self.properties = props

    def __getitem__(self, word):
        return getattr(self, word)


# ---- 1.x and 2.x ----


class BlockBlobService(StandIn):
    """All arguments but the account's name are taken and not used."""

    def __init__(self, account_name=None, account_key=None, sas_token=None, is_emulated=False, protocol="https",
                 endpoint_suffix=None, custom_domain=None, request_session=None, connection_string=None,
                 socket_timeout=None, token_credential=None, **others):
        self.account_name = account_of(account_name, connection_string) or DEVELOPMENT
        self.account_key, self.protocol = account_key, protocol

    def _place(self, container, name=""):
        return Place(self.account_name, container, name)

    def create_container(self, container_name, *args, **kwargs):
        return True

    def delete_container(self, container_name, *args, **kwargs):
        for name, _ in self._place(container_name).below(""):
            self._place(container_name, name).remove()
        return True

    def list_containers(self, prefix=None, *args, **kwargs):
        names = {name.partition("/")[0] for name, _ in self._place("").below(prefix) if "/" in name}
        return [Blob(name=name) for name in sorted(names)]

    def exists(self, container_name, blob_name=None, *args, **kwargs):
        place = self._place(container_name, blob_name)
        return place.exists() if blob_name else bool(place.below(""))

    def list_blobs(self, container_name, prefix=None, *args, **kwargs):
        return [Blob(name=name, props=BlobProperties(name, container_name, size))
                for name, size in self._place(container_name).below(prefix)]

    def list_blob_names(self, container_name, prefix=None, *args, **kwargs):
        return [name for name, _ in self._place(container_name).below(prefix)]

    def get_blob_properties(self, container_name, blob_name, *args, **kwargs):
        return Blob(name=blob_name, props=BlobProperties(blob_name, container_name,
                                                         self._place(container_name, blob_name).size()))

    def create_blob_from_bytes(self, container_name, blob_name, blob, index=0, count=None, *args, **kwargs):
        end = None if count is None else index + count
        self._place(container_name, blob_name).write(bytes(blob)[index:end])

    def create_blob_from_text(self, container_name, blob_name, text, encoding="utf-8", *args, **kwargs):
        self._place(container_name, blob_name).write(text.encode(encoding) if isinstance(text, str) else text)

    def create_blob_from_path(self, container_name, blob_name, file_path, *args, **kwargs):
        with open(file_path, "rb") as file:
            self._place(container_name, blob_name).write(file)

    def create_blob_from_stream(self, container_name, blob_name, stream, count=None, *args, **kwargs):
        self._place(container_name, blob_name).write(stream if count is None else stream.read(count))

    def get_blob_to_bytes(self, container_name, blob_name, *args, **kwargs):
        content = self._place(container_name, blob_name).read()
        return Blob(blob_name, content=content, props=BlobProperties(blob_name, container_name, len(content)))

    def get_blob_to_text(self, container_name, blob_name, encoding="utf-8", *args, **kwargs):
        blob = self.get_blob_to_bytes(container_name, blob_name)
        blob.content = blob.content.decode(encoding)
        return blob

    def get_blob_to_path(self, container_name, blob_name, file_path, open_mode="wb", *args, **kwargs):
        parts = self._place(container_name, blob_name).stream()
        with open(file_path, open_mode) as file:
            file.writelines(parts)
        size = sum(map(len, parts))
        return Blob(blob_name, props=BlobProperties(blob_name, container_name, size))

    def get_blob_to_stream(self, container_name, blob_name, stream, *args, **kwargs):
        for part in self._place(container_name, blob_name).stream():
            stream.write(part)
        return Blob(blob_name)

    def delete_blob(self, container_name, blob_name, *args, **kwargs):
        self._place(container_name, blob_name).remove()

    def make_blob_url(self, container_name, blob_name, protocol=None, *args, **kwargs):
        return f"{protocol or self.protocol}://{self.account_name}.blob.core.windows.net/{container_name}/{blob_name}"

    # before 1.0
    put_block_blob_from_path = create_blob_from_path
    put_block_blob_from_bytes = create_blob_from_bytes
    put_block_blob_from_text = create_blob_from_text

    def put_block_blob_from_file(self, container_name, blob_name, stream, *args, **kwargs):
        self.create_blob_from_stream(container_name, blob_name, stream)

    def get_blob(self, container_name, blob_name, *args, **kwargs):
        return self._place(container_name, blob_name).read()


BaseBlobService = BlobService = BlockBlobService


# ---- 12.x ----


class StorageStreamDownloader(StandIn):
    def __init__(self, name, container, parts, encoding=None):
        self.name, self.container, self._parts, self._encoding = name, container, parts, encoding
        self.size = sum(map(len, parts))
        self.properties = BlobProperties(name, container, self.size)

    def __len__(self):
        return self.size

    def chunks(self):
        return iter(self._parts)

    def readall(self):
        content = b"".join(self._parts)
        return content.decode(self._encoding) if self._encoding else content

    read = readall

    def content_as_bytes(self, max_concurrency=1):
        return b"".join(self._parts)

    def content_as_text(self, max_concurrency=1, encoding="UTF-8"):
        return self.content_as_bytes().decode(encoding)

    def readinto(self, stream):
        for part in self._parts:
            stream.write(part)
        return self.size

    download_to_stream = readinto


class Client(StandIn):
    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


class BlobClient(Client):
    def __init__(self, account_url, container_name, blob_name, snapshot=None, credential=None, **others):
        self.account_name, self.container_name, self.blob_name = account_of(account_url), container_name, blob_name
        self._place = Place(self.account_name, container_name, blob_name)

    @classmethod
    def from_connection_string(cls, conn_str, container_name, blob_name, snapshot=None, credential=None, **others):
        return cls(account_of(connection_string=conn_str), container_name, blob_name)

    @classmethod
    def from_blob_url(cls, blob_url, credential=None, snapshot=None, **others):
        container, _, name = unquote(urlsplit(blob_url).path).strip("/").partition("/")
        return cls(account_of(blob_url), container, name)

    @property
    def url(self):
        return f"https://{self.account_name}.blob.core.windows.net/{self.container_name}/{self.blob_name}"

    primary_endpoint = url

    def upload_blob(self, data, blob_type=None, length=None, metadata=None, overwrite=False, encoding="utf-8", **others):
        if isinstance(data, str):
            data = data.encode(encoding)
        elif not isinstance(data, (bytes, bytearray, memoryview)) and not hasattr(data, "read"):
            data = b"".join(part.encode(encoding) if isinstance(part, str) else part for part in data)
        if length is not None:
            data = (data.read() if hasattr(data, "read") else bytes(data))[:length]
        self._place.write(data, overwrite)
        return {}

    def upload_blob_from_path(self, path, **options):
        with open(path, "rb") as file:
            return self.upload_blob(file, **options)

    def download_blob(self, offset=None, length=None, encoding=None, **others):
        parts = self._place.stream()
        if offset is not None:
            parts = [b"".join(parts)[offset:None if length is None else offset + length]]
        return StorageStreamDownloader(self.blob_name, self.container_name, parts, encoding)

    def exists(self, **others):
        return self._place.exists()

    def delete_blob(self, delete_snapshots=None, **others):
        self._place.remove()

    def get_blob_properties(self, **others):
        return BlobProperties(self.blob_name, self.container_name, self._place.size())


class ContainerClient(Client):
    def __init__(self, account_url, container_name, credential=None, **others):
        self.account_name, self.container_name = account_of(account_url), container_name
        self._place = Place(self.account_name, container_name)

    @classmethod
    def from_connection_string(cls, conn_str, container_name, credential=None, **others):
        return cls(account_of(connection_string=conn_str), container_name)

    @classmethod
    def from_container_url(cls, container_url, credential=None, **others):
        return cls(account_of(container_url), unquote(urlsplit(container_url).path).strip("/"))

    def create_container(self, *args, **kwargs):
        return {}

    def exists(self, **others):
        return bool(self._place.below(""))

    def delete_container(self, **others):
        for name, _ in self._place.below(""):
            self.get_blob_client(name).delete_blob()

    def get_blob_client(self, blob, snapshot=None, **others):
        return BlobClient(self.account_name, self.container_name, getattr(blob, "name", blob))

    def upload_blob(self, name, data, **options):
        client = self.get_blob_client(name)
        client.upload_blob(data, **options)
        return client

    def download_blob(self, blob, offset=None, length=None, encoding=None, **others):
        return self.get_blob_client(blob).download_blob(offset, length, encoding)

    def list_blobs(self, name_starts_with=None, include=None, **others):
        return [BlobProperties(name, self.container_name, size) for name, size in self._place.below(name_starts_with)]

    walk_blobs = list_blobs

    def list_blob_names(self, name_starts_with=None, **others):
        return [name for name, _ in self._place.below(name_starts_with)]

    def delete_blob(self, blob, delete_snapshots=None, **others):
        self.get_blob_client(blob).delete_blob()

    def delete_blobs(self, *blobs, **others):
        for blob in blobs:
            self.delete_blob(blob)


class BlobServiceClient(Client):
    def __init__(self, account_url, credential=None, **others):
        self.account_name = account_of(account_url)
        self._place = Place(self.account_name)

    @classmethod
    def from_connection_string(cls, conn_str, credential=None, **others):
        return cls(account_of(connection_string=conn_str))

    def get_container_client(self, container, **others):
        return ContainerClient(self.account_name, getattr(container, "name", container))

    def get_blob_client(self, container, blob, snapshot=None, **others):
        return self.get_container_client(container).get_blob_client(blob)

    def create_container(self, name, *args, **kwargs):
        return self.get_container_client(name)

    def delete_container(self, container, *args, **kwargs):
        self.get_container_client(container).delete_container()

    def list_containers(self, name_starts_with=None, **others):
        names = {name.partition("/")[0] for name, _ in self._place.below(name_starts_with) if "/" in name}
        return [Blob(name=name) for name in sorted(names)]
