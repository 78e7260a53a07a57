# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for `azureml.core` and `azure.storage.blob`, without network: they ask the worker (quern.channel).

Only where the environment has no such package, nor the bundle: the finder is asked last. What a stand-in has not is an
AttributeError that says what it has.
"""
import importlib
import importlib.abc
import importlib.machinery
import sys

from quern import channel

# What may be imported: module -> (our module, its names); None: a package with nothing of its own.
MODULES = {
    "azureml": None,
    "azureml.core": ("azureml_core", ("Run", "Workspace", "Experiment", "Dataset", "Datastore", "Model", "Environment")),
    "azureml.core.run": ("azureml_core", ("Run",)),
    "azureml.core.workspace": ("azureml_core", ("Workspace",)),
    "azureml.core.experiment": ("azureml_core", ("Experiment",)),
    "azureml.core.dataset": ("azureml_core", ("Dataset",)),
    "azureml.core.datastore": ("azureml_core", ("Datastore",)),
    "azureml.core.model": ("azureml_core", ("Model",)),
    "azureml.core.environment": ("azureml_core", ("Environment",)),
    "azureml.core.authentication": ("credentials", ("InteractiveLoginAuthentication", "ServicePrincipalAuthentication",
                                                    "MsiAuthentication", "AzureCliAuthentication")),
    "azureml.data": None,
    "azureml.data.datapath": ("azureml_data", ("DataPath",)),
    "azureml.data.dataset_factory": ("azureml_data", ("TabularDatasetFactory", "FileDatasetFactory")),
    "azureml.data.tabular_dataset": ("azureml_data", ("TabularDataset",)),
    "azureml.data.file_dataset": ("azureml_data", ("FileDataset",)),
    "azureml.exceptions": ("azureml_data", ("AzureMLException", "UserErrorException", "ModelNotFoundException",
                                            "RunConfigurationException", "WorkspaceException")),
    "azure": None,
    "azure.common": ("blob_errors", ("AzureException", "AzureHttpError", "AzureMissingResourceHttpError",
                                     "AzureConflictHttpError")),
    "azure.core": None,
    "azure.core.exceptions": ("blob_errors", ("AzureError", "HttpResponseError", "ResourceNotFoundError",
                                              "ResourceExistsError", "ClientAuthenticationError")),
    "azure.identity": ("credentials", ("DefaultAzureCredential", "ManagedIdentityCredential", "ClientSecretCredential",
                                       "AzureCliCredential", "EnvironmentCredential", "InteractiveBrowserCredential")),
    "azure.storage": None,
    "azure.storage.blob": ("blob", ("BlockBlobService", "BaseBlobService", "BlobService", "BlobServiceClient",
                                    "ContainerClient", "BlobClient", "ContentSettings", "PublicAccess", "Blob",
                                    "StorageStreamDownloader", "BlobPermissions", "ContainerPermissions")),
    "azure.storage.blob.blockblobservice": ("blob", ("BlockBlobService",)),
    "azure.storage.blob.baseblobservice": ("blob", ("BaseBlobService",)),
    "azure.storage.blob.models": ("blob", ("ContentSettings", "PublicAccess", "Blob", "BlobPermissions",
                                           "ContainerPermissions")),
}
WHAT = {"azureml.core": "metrics and files stay with the job, datasets and models are keys of quern's catalogue",
        "azure.storage.blob": "a blob is the key ACCOUNT/CONTAINER/NAME of quern's catalogue; accounts, keys and tokens are "
                              "not used"}
asked = set()  # names that a stand-in lacks and was asked for


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name not in MODULES:
            return None
        return importlib.machinery.ModuleSpec(name, Loader(), is_package=True, origin="quern")


class Loader(importlib.abc.Loader):
    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__name__
        module.__doc__ = "quern's stand-in: no network, no account."
        place = MODULES[name]
        names = ()
        if place:
            ours = importlib.import_module(f"quern.standin.{place[0]}")
            names = place[1]
            for word in names:
                setattr(module, word, getattr(ours, word))
        module.__all__ = list(names)
        module.__getattr__ = lambda word: missing(name, word, names)
        if name in WHAT:
            channel.say(name, f"quern's stand-in is used: {WHAT[name]}")


def missing(name, word, names):
    if word.startswith("__"):
        raise AttributeError(word)
    text = f"quern's stand-in for {name} has no {word!r}: it has {', '.join(names) or 'only modules'}"
    if word not in asked:  # `from ... import` asks twice, and hides the text of an AttributeError
        asked.add(word)
        channel.say(name, text)
    raise AttributeError(text)


def install():
    """Once, in the child. The last one to be asked."""
    sys.meta_path.append(Finder())


class StandIn:
    """Base of the classes: what one lacks, it says."""

    def __getattr__(self, word):
        if word.startswith("_"):
            raise AttributeError(word)
        kind = type(self)
        known = sorted({name for base in kind.__mro__ for name in vars(base) if not name.startswith("_")})
        raise AttributeError(f"quern's stand-in for {kind.__name__} has no {word!r}: it has {', '.join(known)}")
