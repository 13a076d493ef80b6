"""Runs a pod that the chart rendered as one container of a local engine.

What the pod says is taken over: arguments, environment, mounted secrets, user, read-only root, dropped privileges, the
memory limit. Only the cluster itself is missing: a Service becomes a name in the engine's network.
"""

from collections.abc import Mapping
from pathlib import Path

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from tests.deploy.chart import Object

Secrets = Mapping[str, Mapping[str, bytes]]


def environment_of(pod: Object, settings: Mapping[str, Object]) -> dict[str, str]:
    """Return the variables of the pod's container; `settings` are the ConfigMaps by name."""
    [container] = pod["spec"]["containers"]
    found = {entry["name"]: entry["value"] for entry in container.get("env", [])}
    for source in container.get("envFrom", []):
        found |= settings[source["configMapRef"]["name"]]["data"]
    return found


def lay_out_secrets(pod: Object, secrets: Secrets, folder: Path) -> dict[Path, str]:
    """Write what the pod mounts from Secrets, and return folder -> path in the container."""
    [container] = pod["spec"]["containers"]
    paths = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    mounts = {}
    for volume in pod["spec"]["volumes"]:
        if "emptyDir" in volume:
            continue
        files: dict[str, bytes] = {}
        for source in volume.get("projected", {}).get("sources", []):
            secret = source["secret"]
            files |= {item["path"]: secrets[secret["name"]][item["key"]] for item in secret["items"]}
        if "secret" in volume:
            files |= secrets[volume["secret"]["secretName"]]
        target = folder / volume["name"]
        target.mkdir(parents=True)
        for name, content in files.items():
            (target / name).write_bytes(content)
            # A cluster gives the pod's group the right to read; here the group is not known to the machine.
            (target / name).chmod(0o444)
        target.chmod(0o755)
        mounts[target] = paths[volume["name"]]
    return mounts


def container_of_pod(
    pod: Object, *, image: str, settings: Mapping[str, Object], secrets: Secrets, folder: Path, network: Network
) -> DockerContainer:
    """Return the pod's container, not yet started."""
    [container] = pod["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    context = pod["spec"]["securityContext"]
    found = DockerContainer(image).with_network(network).with_command(container["args"])
    found = found.with_envs(**environment_of(pod, settings)).with_tmpfs_mount("/tmp", "size=64m")
    for source, target in lay_out_secrets(pod, secrets, folder).items():
        found = found.with_volume_mapping(source, target)
    for port in container.get("ports", []):
        found = found.with_exposed_ports(port["containerPort"])
    return found.with_kwargs(
        user=f"{context['runAsUser']}:{context['runAsGroup']}",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit=container["resources"]["limits"]["memory"].removesuffix("i").lower(),
    )
