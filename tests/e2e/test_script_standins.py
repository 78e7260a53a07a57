# SPDX-License-Identifier: Apache-2.0
"""Scripts written for Azure, against the stand-ins: azureml.core, azure.storage.blob of both generations."""
import pytest

AZUREML = '''
import pandas as pd
from azureml.core import Dataset, Datastore, Experiment, Model, Run, Workspace

def raised(kind, function, *args):
    try:
        function(*args)
    except Exception as error:
        assert type(error).__name__ == kind, repr(error)
        return str(error)
    raise AssertionError("nothing was raised")

def azureml_main(dataframe1=None, dataframe2=None):
    run = Run.get_context(allow_offline=True)
    run.parent.log(name="Mean_Absolute_Error (left port)", value=0.5)
    run.parent.log(name="Mean_Absolute_Error (right port)", value=0.25, description="of the other")
    run.log("loss", 1), run.log("loss", 2)
    run.log_list("list", [1, 2.5]), run.log_row("row", x=1, y="z"), run.log_table("table", {"a": [1, 2]})
    run.log_confusion_matrix("matrix", '{"data": [[1]]}')
    run.tag("kind", "test")
    assert run.get_metrics("loss") == {"loss": [1, 2]} and run.get_metrics()["row"] == {"x": 1, "y": "z"}
    assert run.get_tags() == {"kind": "test"} and run.id and run.parent is not None

    import matplotlib.pyplot as plt
    plt.plot([1, 2])
    plt.savefig("line.png")
    run.upload_file("graphics/line.png", "line.png")
    run.log_image("plot", plot=plt)
    import os
    os.makedirs("folder/sub")
    open("folder/sub/a.txt", "w").write("a")
    run.upload_folder("kept", "folder")
    run.download_file("graphics/line.png", "again.png")
    assert open("again.png", "rb").read() == open("line.png", "rb").read()
    assert run.get_file_names() == ["graphics/line.png", "kept/sub/a.txt", "plot.png"]

    ws = run.experiment.workspace
    frame = pd.DataFrame({"a": [1, 2, 3]})
    assert raised("UserErrorException", Dataset.get_by_name, ws, "unknown") == (
        "Cannot find any dataset registered with name 'unknown' (no such key: quern dataset ls)")
    Dataset.Tabular.register_pandas_dataframe(frame, ws.get_default_datastore(), "registered")
    assert "registered" in ws.datasets and ws.datasets["registered"].to_pandas_dataframe().equals(frame)
    store = Datastore.get(ws, "lake")
    store.upload("folder", "up", overwrite=True)
    frame.to_csv("folder/t.csv", index=False)
    store.upload_files(["folder/t.csv"], target_path="tables")
    assert Dataset.Tabular.from_delimited_files((store, "tables/*.csv")).to_pandas_dataframe().equals(frame)
    assert [os.path.basename(path) for path in Dataset.File.from_files((store, "up")).download("down")] == ["a.txt"]
    assert store.download("got", "tables") == 1 and os.path.exists("got/tables/t.csv")

    open("model.pkl", "wb").write(b"model")
    Model.register(ws, model_path="model.pkl", model_name="net")
    assert open(Model(ws, "net").download("models"), "rb").read() == b"model" and list(ws.models) == ["net"]
    assert raised("ModelNotFoundException", Model, ws, "none").startswith("ModelNotFound: Model with name none not found")

    assert raised("AttributeError", getattr, run, "frobnicate").startswith(
        "quern's stand-in for Run has no 'frobnicate': it has add_properties, cancel, child_run, ")
    try:
        from azureml.core import Nonsense
    except ImportError:
        pass
    try:
        import azureml.train
    except ModuleNotFoundError as error:
        assert str(error) == "No module named 'azureml.train'"
    run.flush(), run.complete()
    return Dataset.get_by_name(Workspace.from_config(), name="registered").to_pandas_dataframe(),
'''

BLOBS = '''
import io
import os
from azure.storage.blob import BlockBlobService, BlobClient, BlobServiceClient, ContainerClient, ContentSettings
from azure.common import AzureMissingResourceHttpError
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

def refused(kind, function, *args, **options):
    try:
        function(*args, **options)
    except kind as error:
        return str(error)
    raise AssertionError("nothing was refused")

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=abc==;EndpointSuffix=core.windows.net"

def azureml_main(dataframe1=None, dataframe2=None):
    first_generation()
    second_generation()

def first_generation():
    service = BlockBlobService(account_name="acct", account_key="secret", protocol="http")
    service.create_container("box")
    raw = os.urandom(150_000)
    service.create_blob_from_bytes("box", "dir/raw.bin", raw)
    assert service.get_blob_to_bytes("box", "dir/raw.bin").content == raw
    service.create_blob_from_text("box", "text.csv", "\\u00e4,b\\n1,2\\n", content_settings=ContentSettings(content_type="text/csv"))
    assert service.get_blob_to_text("box", "text.csv").content == "\\u00e4,b\\n1,2\\n"
    open("local", "wb").write(b"from a path")
    service.create_blob_from_path("box", "path", "local")
    service.get_blob_to_path("box", "path", "back")
    assert open("back", "rb").read() == b"from a path"
    service.create_blob_from_stream("box", "stream", io.BytesIO(b"from a stream"))
    got = io.BytesIO()
    service.get_blob_to_stream("box", "stream", got)
    assert got.getvalue() == b"from a stream"
    assert [blob.name for blob in service.list_blobs("box")] == ["dir/raw.bin", "path", "stream", "text.csv"]
    assert [blob.name for blob in service.list_blobs("box", prefix="dir/")] == ["dir/raw.bin"]
    assert service.exists("box", "path") and not service.exists("box", "none") and service.exists("box")
    service.delete_blob("box", "path")
    assert refused(AzureMissingResourceHttpError, service.get_blob_to_bytes, "box", "path") == (
        "The specified blob does not exist. (acct/box/path: no such key)")
    assert "no 'set_blob_tier'" in refused(AttributeError, getattr, service, "set_blob_tier")

def second_generation():
    service = BlobServiceClient.from_connection_string(CONNECTION)
    blob = service.get_blob_client(container="box", blob="new.txt")
    blob.upload_blob("hello")
    assert refused(ResourceExistsError, blob.upload_blob, b"again") == "The specified blob already exists. (acct/box/new.txt)"
    blob.upload_blob(b"again", overwrite=True)
    assert blob.download_blob().readall() == b"again" and blob.download_blob().content_as_text() == "again"
    assert blob.download_blob(offset=1, length=2).readall() == b"ga" and blob.get_blob_properties().size == 5
    box = ContainerClient.from_connection_string(CONNECTION, "box")
    assert [item.name for item in box.list_blobs(name_starts_with="new")] == ["new.txt"]
    box.upload_blob("two.txt", io.BytesIO(b"2"))
    with BlobServiceClient("https://acct.blob.core.windows.net", credential=DefaultAzureCredential()) as other:
        assert other.get_container_client("box").download_blob("two.txt").readall() == b"2"
    assert BlobClient.from_blob_url("https://acct.blob.core.windows.net/box/two.txt?sig=x").exists()
    box.delete_blob("two.txt")
    assert refused(ResourceNotFoundError, box.download_blob, "two.txt") == (
        "The specified blob does not exist. (acct/box/two.txt: no such key)")
    beside = BlobServiceClient("https://theirs.blob.core.windows.net").get_blob_client("c", "b")
    beside.upload_blob(io.BytesIO(b"stays with the job"))
    assert beside.exists() and beside.download_blob().readall() == b"stays with the job"
    assert [blob.name for blob in ContainerClient("https://theirs.blob.core.windows.net", "c").list_blobs()] == ["b"]
'''

USED = "azureml.core: quern's stand-in is used: metrics and files stay with the job, datasets and models are keys of quern's catalogue"


@pytest.mark.parametrize("dialect", ["designer", "quern"])
def test_m_46_57_58_azureml_core(quern, tmp_path, dialect):
    run = quern(AZUREML, "--store", f"file:{tmp_path}/store", "--dialect", dialect,
                *(word for prefix in ("registered", "lake", "models") for word in ("--write", prefix)))
    assert run.code == 0, run.stderr
    job = run.job
    assert [(metric["name"], metric["value"]) for metric in job["metrics"]] == [
        ("Mean_Absolute_Error (left port)", 0.5), ("Mean_Absolute_Error (right port)", 0.25), ("loss", 1), ("loss", 2),
        ("list", [1, 2.5]), ("row", {"x": 1, "y": "z"}), ("table", {"a": [1, 2]}), ("matrix", {"data": [[1]]}),
        ("tag:kind", "test")]
    assert [file["name"] for file in job["files"]] == ["graphics/line.png", "plot.png", "kept/sub/a.txt"]
    assert (run.out / "files/graphics/line.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(written["key"] for written in job["written"]) == ["lake/tables/t.csv", "lake/up/sub/a.txt",
                                                                    "models/net/model.pkl", "registered"]
    assert job["outputs"][-1]["rows"] == 3
    assert job["warnings"][:2] == [USED, "azureml.core: quern's stand-in for azureml.core has no 'Nonsense': it has Run, "
                                     "Workspace, Experiment, Dataset, Datastore, Model, Environment"]


def test_m_59_azure_storage_blob(quern, tmp_path):
    run = quern(BLOBS, "--store", f"file:{tmp_path}/store", "--write", "acct")
    assert run.code == 0, run.stderr
    assert sorted(written["key"] for written in run.job["written"]) == ["acct/box/dir/raw.bin", "acct/box/new.txt",
                                                                        "acct/box/stream", "acct/box/text.csv"]
    assert run.job["warnings"] == ["azure.storage.blob: quern's stand-in is used: a blob is the key ACCOUNT/CONTAINER/NAME "
                                   "of quern's catalogue; accounts, keys and tokens are not used",
                                   "azure: theirs/c/b stays with the job, as its file azure/theirs/c/b: --write theirs lets "
                                   "it be written to the catalogue"]
    assert (run.out / "files/azure/theirs/c/b").read_bytes() == b"stays with the job"


def test_m_packages_of_the_bundle_win(quern, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "own.zip", "w") as own:
        own.writestr("azureml/__init__.py", "")
        own.writestr("azureml/core.py", "Run = 'their own'\n")
    run = quern("from azureml.core import Run\ndef azureml_main():\n    print(Run)\n", "--bundle", tmp_path / "own.zip")
    assert run.code == 0 and run.script_out.splitlines()[-1] == "their own" and run.job["warnings"] == []
