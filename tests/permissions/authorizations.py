"""What AWS asks of the roles of a deployment, and when.

Some of it are the requests that the workflow makes. The rest, AWS does on the roles' behalf where the local cloud sees
nothing of it, and asks for all of it at the moments given here. A job without permission for its logs or metrics may
well run on AWS; here it fails, so that no permission goes unproved.

Sources, named by these letters below:
    [A] the condition keys and resource types of each action:
        https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    [J] https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "CreateProcessingJob API: Execution Role
        Permissions"
    [S] https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html
    [L] https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html; missing, it fails the deployment
        (aws-cdk#26432)
    [X] https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
    [K] https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.infrastructure import Deployment
from ops.regions import partition
from permissions.enforcement import ContextValue, Request

_PROCESSING_JOBS = "/aws/sagemaker/ProcessingJobs"
"""The log group of all jobs, and the namespace of their metrics."""

_S3_ACTIONS = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
}
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""

_ECR_IMAGE = re.compile(r"(?P<account>[0-9]+)\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z0-9.]+/(?P<name>[^:@]+)")


@dataclass(frozen=True)
class Authorizations:
    """The requests of a deployment's two roles, `workflow` and `jobs`."""

    deployment: Deployment

    def role(self, arn: str) -> str:
        """Return whose policies decide for a role: none of ours, if the deployment did not make it."""
        names = {self.deployment.workflow_role: "workflow", self.deployment.jobs_role: "jobs"}
        return names.get(arn, arn)

    def of_call(self, service: str, operation: str, request: Mapping[str, Any], role: str) -> Iterator[Request]:
        """Return what AWS asks when a role calls an API.

        Raises:
            LookupError: it is not known here.
        """
        if service == "s3":
            bucket, context = self._arn("s3", request["Bucket"], everywhere=True), dict[str, ContextValue]()
            if "Prefix" in request:
                context["s3:prefix"] = request["Prefix"]
            resource = f"{bucket}/{request['Key']}" if "Key" in request else bucket
            yield self._request(role, _S3_ACTIONS[operation], resource, **context)
        elif operation == "CreateProcessingJob":
            yield from self._creating_a_job(request, role)
        elif operation in ("DescribeProcessingJob", "StopProcessingJob"):
            yield self._request(role, f"sagemaker:{operation}", self._job_arn(request["ProcessingJobName"]))
        else:
            message = f"{service}:{operation}"
            raise LookupError(message)

    def of_deployment(self, operation: str, request: Mapping[str, Any]) -> Iterator[Request]:
        """Return what AWS asks of the workflow's role when CloudFormation, or a caller, calls Step Functions."""
        if operation in ("CreateStateMachine", "UpdateStateMachine"):
            yield self._assumption("workflow", "states", self._arn("states", f"stateMachine:{self.deployment.prefix}"))
            yield from self._managed_rules(request["definition"])
        if operation == "StartExecution":
            yield self._assumption("workflow", "states", request["stateMachineArn"])
            yield from self._tracing()
        yield from self._log_delivery(operation, request)

    def of_job(self, request: Mapping[str, Any]) -> Iterator[Request]:
        """Return what AWS asks of a job's role before its container starts [J]."""
        role, name = self.role(request["RoleArn"]), request["ProcessingJobName"]
        yield self._assumption(role, "sagemaker", self._job_arn(name))
        yield from self._image(role, request["AppSpecification"]["ImageUri"])
        yield from self._logs(role, name)
        yield self._request(role, "cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": _PROCESSING_JOBS})
        if vpc := request.get("NetworkConfig", {}).get("VpcConfig"):
            yield from self._network(role, vpc)
        if key := request["ProcessingResources"]["ClusterConfig"].get("VolumeKmsKeyId"):
            # The volume's service, not the role, uses the key, by the grant.
            context = {"kms:GrantIsForAWSResource": "true"}
            yield self._request(role, "kms:CreateGrant", self._key_arn(key), **context)
        if key := request.get("ProcessingOutputConfig", {}).get("KmsKeyId"):
            # Encrypt [J]; GenerateDataKey to put an object, Decrypt to put one in parts and for the next step to get it
            # [K].
            for action in ("Encrypt", "GenerateDataKey", "Decrypt"):
                yield self._request(role, f"kms:{action}", self._key_arn(key))

    def _creating_a_job(self, request: Mapping[str, Any], role: str) -> Iterator[Request]:
        job = self._job_arn(request["ProcessingJobName"])
        cluster = request["ProcessingResources"]["ClusterConfig"]
        network = request.get("NetworkConfig", {})
        vpc = network.get("VpcConfig", {})
        # Step Functions adds a tag of its own (aws-cdk#27264), for which it needs both permissions on tags [S].
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])} | {
            "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS"
        }
        tagging: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        tagging["aws:TagKeys"] = tuple(tags)
        # The keys that the action has [A].
        given: dict[str, ContextValue | None] = {
            "sagemaker:InstanceTypes": (cluster["InstanceType"],),
            "sagemaker:MaxRuntimeInSeconds": str(request["StoppingCondition"]["MaxRuntimeInSeconds"]),
            "sagemaker:NetworkIsolation": str(network.get("EnableNetworkIsolation", False)).lower(),
            "sagemaker:VpcSubnets": tuple(vpc.get("Subnets", ())),
            "sagemaker:VpcSecurityGroupIds": tuple(vpc.get("SecurityGroupIds", ())),
            "sagemaker:VolumeKmsKey": cluster.get("VolumeKmsKeyId"),
            "sagemaker:OutputKmsKey": request["ProcessingOutputConfig"].get("KmsKeyId"),
        }
        context = {key: value for key, value in given.items() if value}
        yield self._request(role, "sagemaker:CreateProcessingJob", job, **tagging, **context)
        yield self._request(
            role, "sagemaker:AddTags", job, **tagging, **{"sagemaker:TaggingAction": "CreateProcessingJob"}
        )
        yield self._request(role, "sagemaker:ListTags", job)
        passed = {"iam:PassedToService": "sagemaker.amazonaws.com", "iam:AssociatedResourceArn": job}
        yield self._request(role, "iam:PassRole", request["RoleArn"], **passed)

    def _managed_rules(self, definition: str) -> Iterator[Request]:
        """`.sync` hears of a job's end by a rule, which a deployment makes in the role's name [S].

        Without the permissions it fails: "not authorized to create managed-rule" (terraform-aws-step-functions#41).
        """
        states = json.loads(definition)["States"].values()
        if any(state.get("Resource", "").endswith(":sagemaker:createProcessingJob.sync") for state in states):
            rule = self._arn("events", "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule")
            for action in ("PutRule", "PutTargets", "DescribeRule"):
                yield self._request("workflow", f"events:{action}", rule)

    def _log_delivery(self, operation: str, request: Mapping[str, Any]) -> Iterator[Request]:
        """The documentation lists the actions, not when each is needed [L]: where its name says."""
        actions = {
            "CreateStateMachine": [
                "CreateLogDelivery",
                "ListLogDeliveries",
                "DescribeResourcePolicies",
                "PutResourcePolicy",
                "DescribeLogGroups",
            ],
            "UpdateStateMachine": ["GetLogDelivery", "UpdateLogDelivery"],
            "DeleteStateMachine": ["DeleteLogDelivery"],
        }
        if operation == "DeleteStateMachine" or request.get("loggingConfiguration", {}).get("level", "OFF") != "OFF":
            for action in actions.get(operation, []):
                yield self._request("workflow", f"logs:{action}", "*")

    def _tracing(self) -> Iterator[Request]:
        """[X]."""
        if self.deployment.parameters.tracing:
            for action in ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"):
                yield self._request("workflow", f"xray:{action}", "*")

    def _assumption(self, role: str, service: str, source: str) -> Request:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html ."""
        context = {"aws:SourceAccount": self.deployment.parameters.account, "aws:SourceArn": source}
        return Request(role, "sts:AssumeRole", role, context, principal=f"{service}.amazonaws.com")

    def _image(self, role: str, uri: str) -> Iterator[Request]:
        image = _ECR_IMAGE.match(uri)
        if image is None:
            message = f"{uri} is not in ECR"
            raise LookupError(message)
        repository = f"arn:{self._partition}:ecr:{image['region']}:{image['account']}:repository/{image['name']}"
        yield self._request(role, "ecr:GetAuthorizationToken", "*")
        for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
            yield self._request(role, f"ecr:{action}", repository)

    def _logs(self, role: str, job: str) -> Iterator[Request]:
        group = self._arn("logs", f"log-group:{_PROCESSING_JOBS}")
        # AWS names the group as the beginning of its streams (amazon-sagemaker-local-mode#8).
        for action in ("CreateLogGroup", "DescribeLogStreams"):
            yield self._request(role, f"logs:{action}", f"{group}:log-stream:")
        for action in ("CreateLogStream", "PutLogEvents"):
            yield self._request(role, f"logs:{action}", f"{group}:log-stream:{job}/algo-1-1700000000")

    def _network(self, role: str, vpc: Mapping[str, Any]) -> Iterator[Request]:
        """An interface in a subnet is one, and is asked for as one, of three resources [A]."""
        interface = self._arn("ec2", "network-interface/eni-0a1b2c3d")
        subnets = [self._arn("ec2", f"subnet/{name}") for name in vpc["Subnets"]]
        groups = [self._arn("ec2", f"security-group/{name}") for name in vpc["SecurityGroupIds"]]
        for subnet in subnets:
            for resource in (interface, subnet, *groups):
                context = {"ec2:Subnet": subnet} if resource == interface else {}
                yield self._request(role, "ec2:CreateNetworkInterface", resource, **context)
            for action in (
                "CreateNetworkInterfacePermission",
                "DeleteNetworkInterface",
                "DeleteNetworkInterfacePermission",
            ):
                yield self._request(role, f"ec2:{action}", interface, **{"ec2:Subnet": subnet})
        for kind in ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"):
            yield self._request(role, f"ec2:Describe{kind}", "*")

    def _request(self, role: str, action: str, resource: str, **context: ContextValue) -> Request:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        every = {"aws:RequestedRegion": self.deployment.parameters.region, "aws:SecureTransport": "true"}
        return Request(role, action, resource, {**every, **context})

    def _job_arn(self, name: str) -> str:
        return self._arn("sagemaker", f"processing-job/{name}")

    def _key_arn(self, key: str) -> str:
        return key if key.startswith("arn:") else self._arn("kms", f"key/{key}")

    def _arn(self, service: str, resource: str, *, everywhere: bool = False) -> str:
        parameters = self.deployment.parameters
        place = ":" if everywhere else f"{parameters.region}:{parameters.account}"
        return f"arn:{self._partition}:{service}:{place}:{resource}"

    @property
    def _partition(self) -> str:
        return partition(self.deployment.parameters.region)
