# SPDX-License-Identifier: Apache-2.0
"""Who asks needs no credentials here: what scripts make of them is taken and not looked at."""
from quern.standin import StandIn


class Credential(StandIn):
    def __init__(self, *args, **kwargs):
        pass


class DefaultAzureCredential(Credential):
    pass


class ManagedIdentityCredential(Credential):
    pass


class ClientSecretCredential(Credential):
    pass


class AzureCliCredential(Credential):
    pass


class EnvironmentCredential(Credential):
    pass


class InteractiveBrowserCredential(Credential):
    pass


class InteractiveLoginAuthentication(Credential):
    pass


class ServicePrincipalAuthentication(Credential):
    pass


class MsiAuthentication(Credential):
    pass


class AzureCliAuthentication(Credential):
    pass
