# SPDX-License-Identifier: Apache-2.0
"""azureml.core as far as scripts use it: the run is the job, its metrics and files are the job's."""
import json
import os

import quern
from quern import channel, telling
from quern.standin import StandIn, shelf
from quern.standin.azureml_data import (Dataset, Datastore, ModelNotFoundException, Names, UserErrorException, asked, save)

MODELS = "models"  # a model is the keys below models/NAME
metrics, files, tags = {}, {}, {}  # of this process, for those that ask for them again


class Workspace(StandIn):
    """There is one: quern's catalogue."""

    def __init__(self, subscription_id=None, resource_group=None, workspace_name=None, auth=None, **others):
        self.subscription_id, self.resource_group = subscription_id or "", resource_group or ""
        self.name, self.location = workspace_name or "quern", ""

    @classmethod
    def from_config(cls, path=None, auth=None, **others):
        return cls()

    @classmethod
    def get(cls, name=None, auth=None, subscription_id=None, resource_group=None, **others):
        return cls(subscription_id, resource_group, name)

    @classmethod
    def create(cls, name=None, auth=None, subscription_id=None, resource_group=None, **others):
        return cls(subscription_id, resource_group, name)

    @property
    def datasets(self):
        return Dataset.get_all(self)

    @property
    def models(self):
        return Names(model_names, lambda name: Model(self, name))

    @property
    def datastores(self):
        return {"workspaceblobstore": Datastore(self), "workspacefilestore": Datastore(self, "workspacefilestore")}

    @property
    def experiments(self):
        return {}

    def get_default_datastore(self):
        return Datastore(self)

    def get_details(self):
        return {"name": self.name}

    def write_config(self, path=None, file_name=None):
        pass


class Experiment(StandIn):
    def __init__(self, workspace=None, name="quern", **others):
        self.workspace, self.name = workspace or Workspace(), name

    def start_logging(self, *args, **kwargs):
        return Run(self)

    def get_runs(self, **others):
        return iter(())


class InputDatasets(StandIn):
    """run.input_datasets[NAME]: what the key names."""

    def __getitem__(self, name):
        found = Dataset.get_by_name(None, name)
        return found.to_pandas_dataframe() if hasattr(found, "to_pandas_dataframe") else found

    def get(self, name, default=None):
        return self[name]


class Run(StandIn):
    def __init__(self, experiment=None, run_id=None, **others):
        self.experiment = experiment or Experiment()
        self.id = run_id or quern.job_id
        self.name = self.display_name = self.id
        self.type, self.status = "azureml.scriptrun", "Running"
        self.input_datasets = InputDatasets()

    run_id = property(lambda self: self.id)

    @staticmethod
    def get_context(allow_offline=True, used_for_context_manager=False, **others):
        return CURRENT

    @property
    def parent(self):
        """Never None: the run of the pipeline, which here is the same."""
        return self

    @property
    def number(self):
        return 1

    def get_status(self):
        return self.status

    def get_details(self):
        return {"runId": self.id, "status": self.status}

    def child_run(self, name=None, **others):
        return Run(self.experiment)

    def get_children(self, **others):
        return iter(())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    # ---- metrics ----

    def _log(self, name, value):
        value = telling.plain(value)
        telling.log(name, value)
        metrics.setdefault(str(name), []).append(value)

    def log(self, name, value, description="", step=None):
        self._log(name, value)

    def log_list(self, name, value, description=""):
        self._log(name, list(value))

    def log_row(self, name, description=None, **kwargs):
        self._log(name, kwargs)

    def log_table(self, name, value, description=""):
        self._log(name, dict(value))

    def _log_document(self, name, value, description=""):
        self._log(name, json.loads(value) if isinstance(value, str) else value)

    log_confusion_matrix = log_accuracy_table = log_residuals = log_predictions = _log_document

    def log_image(self, name, path=None, plot=None, description=""):
        """The picture is kept as a file of the run."""
        if (path is None) == (plot is None):
            raise UserErrorException("log_image: expected a path or a plot, and not both")
        if path is None:
            path = f"{telling.tidy(name).replace('/', '_')}.png"
            plot.savefig(path)
        self.upload_file(name if os.path.splitext(name)[1] else name + os.path.splitext(path)[1], path)

    def get_metrics(self, name=None, recursive=False, run_type=None, populate=False):
        """{name: value}, a list where there are several."""
        found = {key: values[0] if len(values) == 1 else list(values) for key, values in metrics.items()}
        return found if name is None else {key: value for key, value in found.items() if key == name}

    def tag(self, key, value=None):
        tags[key] = value
        telling.log(f"tag:{key}", value)

    def set_tags(self, values):
        for key, value in values.items():
            self.tag(key, value)

    add_properties = set_tags

    def get_tags(self):
        return dict(tags)

    get_properties = get_tags

    # ---- files ----

    def upload_file(self, name, path_or_stream, datastore_name=None):
        """Kept with the job at job:ID/files/NAME. Readable again in this run where it came from a path."""
        telling.file(name, path_or_stream)
        files[telling.tidy(name)] = os.path.abspath(path_or_stream) if isinstance(path_or_stream, (str, os.PathLike)) else None

    def upload_files(self, names, paths, return_artifacts=False, timeout_seconds=None, datastore_name=None):
        for name, path in zip(names, paths):
            self.upload_file(name, path)

    def upload_folder(self, name, path, datastore_name=None):
        for root, _, names in os.walk(path):
            for found in sorted(names):
                place = os.path.join(root, found)
                self.upload_file(f"{name}/{os.path.relpath(place, path)}", place)

    def get_file_names(self):
        return sorted(files)

    def download_file(self, name, output_file_path=None, **others):
        source = files.get(telling.tidy(name))
        if source is None:
            raise UserErrorException(f"File with path {name} was not uploaded by this run.")
        target = output_file_path or os.path.basename(name)
        if os.path.isdir(target):
            target = os.path.join(target, os.path.basename(name))
        with open(source, "rb") as file:
            save(target, [file.read()])

    def download_files(self, prefix=None, output_directory=None, **others):
        for name in self.get_file_names():
            if name.startswith(prefix or ""):
                self.download_file(name, os.path.join(output_directory or ".", name))

    def register_model(self, model_name, model_path=None, tags=None, **others):
        path = files.get(telling.tidy(model_path or model_name)) or model_path or model_name
        return Model.register(self.experiment.workspace, path, model_name, tags)

    # ---- the end, which is the script's ----

    def flush(self, timeout_seconds=300):
        pass

    def complete(self, _set_status=True):
        self.status = "Completed"

    def fail(self, error_details=None, error_code=None, _set_status=True):
        self.status = "Failed"
        channel.say("azureml.core", f"run.fail({error_details!r}): a job of quern fails when its script raises")

    def cancel(self):
        self.status = "Canceled"

    def wait_for_completion(self, *args, **kwargs):
        return self.get_details()


CURRENT = Run()


def model_names():
    return sorted({key.split("/")[1] for key, _ in shelf.entries(MODELS + "/")})


class Model(StandIn):
    """A model: the keys models/NAME/FILE, or the key models/NAME."""

    def __init__(self, workspace=None, name=None, id=None, tags=None, version=None, **others):
        self.workspace, self.name, self.version, self.tags = workspace, name or str(id).partition(":")[0], 1, tags or {}
        self.id = f"{self.name}:1"
        self._keys = self._found()
        if not self._keys:
            raise ModelNotFoundException(f"ModelNotFound: Model with name {self.name} not found in provided workspace (no "
                                         f"key {MODELS}/{self.name})")

    def _found(self):
        own = f"{MODELS}/{self.name}"
        return [key for key, _ in asked(shelf.entries, own) if key == own or key.startswith(own + "/")]

    def download(self, target_dir=".", exist_ok=False, exists_ok=None):
        """Writes the files of the model below target_dir; the path of the file, or of the directory of several."""
        own = f"{MODELS}/{self.name}"
        made = []
        for key in self._keys:
            path = os.path.join(target_dir, key[len(own) + 1:] or self.name)
            if os.path.exists(path) and not (exist_ok or exists_ok):
                raise UserErrorException(f"{path} is there already; exist_ok=True replaces it")
            made.append(save(path, asked(shelf.stream, key)))
        return made[0] if len(made) == 1 else os.path.commonpath(made)

    @classmethod
    def register(cls, workspace, model_path, model_name, tags=None, properties=None, description=None, **others):
        """Writes a file, or those of a directory, below models/NAME."""
        if os.path.isdir(model_path):
            found = {os.path.relpath(os.path.join(root, name), os.path.dirname(os.path.abspath(model_path))):
                     os.path.join(root, name) for root, _, names in os.walk(os.path.abspath(model_path)) for name in names}
        else:
            found = {os.path.basename(model_path): model_path}
        for place, path in sorted(found.items()):
            with open(path, "rb") as file:
                asked(shelf.write, f"{MODELS}/{model_name}/{place}", file)
        return cls(workspace, model_name, tags=tags)

    @staticmethod
    def get_model_path(model_name, version=None, _workspace=None):
        return Model(_workspace, model_name).download(os.path.join("azureml-models", model_name), exist_ok=True)

    @staticmethod
    def list(workspace, name=None, **others):
        return [Model(workspace, one) for one in model_names() if name in (None, one)]


class Environment(StandIn):
    """A name that nobody looks at: the job has its environment."""

    def __init__(self, name="quern", **others):
        self.name = name

    @classmethod
    def get(cls, workspace, name, version=None, **others):
        return cls(name)
