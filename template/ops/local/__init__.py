"""The local cloud: the workflow on this machine, without an AWS account."""

import sys
from types import ModuleType

# moto's Step Functions imports its integration of AWS Batch, and with that all of EC2: a third of a local run's start.
# The workflow has no Batch state, so an empty integration stands in. It must be there before moto is imported.
_batch = ModuleType(
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch",
    "Stands for the integration of AWS Batch, which the local cloud does not have.",
)
_batch.StateTaskServiceBatch = None  # type: ignore[attr-defined]
sys.modules.setdefault(_batch.__name__, _batch)
