# SPDX-License-Identifier: Apache-2.0
"""The exceptions of both generations of azure.storage.blob; an error of ours is caught by either name."""


class AzureException(Exception):
    """Of azure.common (1.x, 2.x)."""


class AzureError(AzureException):
    """Of azure.core (12.x)."""

    def __init__(self, message="", *args, **kwargs):
        super().__init__(message)
        self.message = message


class AzureHttpError(AzureError):
    def __init__(self, message="", status_code=None, **kwargs):
        super().__init__(message)
        self.status_code = status_code
        self.error_code = None


class HttpResponseError(AzureHttpError):
    pass


class AzureMissingResourceHttpError(HttpResponseError):
    pass


class AzureConflictHttpError(HttpResponseError):
    pass


class ResourceNotFoundError(AzureMissingResourceHttpError):
    def __init__(self, message="", *args, **kwargs):
        super().__init__(message, 404)
        self.error_code = "BlobNotFound"


class ResourceExistsError(AzureConflictHttpError):
    def __init__(self, message="", *args, **kwargs):
        super().__init__(message, 409)
        self.error_code = "BlobAlreadyExists"


class ClientAuthenticationError(HttpResponseError):
    """The job may not do this: it has no such prefix."""

    def __init__(self, message="", *args, **kwargs):
        super().__init__(message, 403)
        self.error_code = "AuthorizationFailure"
