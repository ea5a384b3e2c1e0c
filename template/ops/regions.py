"""Where AWS is: the partitions of its regions."""

import functools

from botocore.exceptions import UnknownRegionError
from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from ops.errors import OpsError


@functools.cache
def partition(region: str) -> str:
    """Return the partition of a region, with which its ARNs begin: `aws`, `aws-cn`, `aws-us-gov`, ….

    Raises:
        OpsError: there is no such region.
    """
    # Not from a session, which reads the user's configuration: what is computed here depends on nobody's account.
    try:
        return str(EndpointResolver(Loader().load_data("endpoints")).get_partition_for_region(region))
    except UnknownRegionError:
        message = f"{region} is no region of AWS: correct `region` in the parameter file, such as eu-west-1."
        raise OpsError(message) from None
