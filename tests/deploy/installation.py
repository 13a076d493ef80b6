"""An installation on a container engine, made as docs/operators/install.md says and as the chart renders it."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.valkey import ValkeyContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

from tests.deploy import install_page
from tests.deploy.certificates import Authority
from tests.deploy.chart import ROLES, Object, named, of_kind, pods, render
from tests.deploy.pod_container import Secrets, container_of_pod

NAMESPACE = "louyu"
PORTS = {"messaging": 9101, "routing": 9102, "notify": 9103, "gateway": 9104}


def certificates() -> dict[str, dict[str, bytes]]:
    """Return the Secrets that cert-manager would make of the page's certificates."""
    authority = Authority.create()
    shown = install_page.certificate()
    [name] = shown["dnsNames"]
    return {
        shown["secretName"].replace("messaging", role): authority.issue(name.replace("messaging", role))
        for role in ROLES
    }


def keys(image: str) -> dict[str, dict[str, bytes]]:
    """Return the Secret that the image's own command makes."""
    with DockerContainer(image).with_command("secrets init --manifest louyu-keys") as container:
        assert container.wait() == 0, container.get_logs()
        manifest = yaml.safe_load(container.get_logs()[0])
    return {manifest["metadata"]["name"]: {name: base64.b64decode(text) for name, text in manifest["data"].items()}}


@dataclass
class Installation:
    """The running roles, and a way to run the chart's one-shot pods beside them."""

    image: str
    network: Network
    folder: Path
    secrets: Secrets
    objects: list[Object]
    roles: dict[str, DockerContainer] = field(default_factory=dict)

    def pod(self, name: str) -> Object:
        """Return a pod that the chart rendered, by the name of its workload."""
        return next(pod for workload, pod in pods(self.objects) if workload == name)

    def container(self, name: str) -> DockerContainer:
        """Return the container of a rendered pod, not yet started."""
        settings: Mapping[str, Object] = {
            found["metadata"]["name"]: found for found in of_kind(self.objects, "ConfigMap")
        }
        return container_of_pod(
            self.pod(name),
            image=self.image,
            settings=settings,
            secrets=self.secrets,
            folder=self.folder / f"{name}-{len(list(self.folder.iterdir()))}",
            network=self.network,
        )

    def run(self, name: str) -> str:
        """Run a rendered one-shot pod to its end, and return what it printed."""
        with self.container(name) as container:
            code = container.wait()
            printed, complained = (part.decode() for part in container.get_logs())
        assert code == 0, f"{name} ended with {code}:\n{complained}\n{printed}"
        return printed

    def start_role(self, role: str) -> DockerContainer:
        """Start a role under the name of its Service, and wait until it is ready."""
        service = f"louyu-{role}-grpc" if role != "gateway" else "louyu-gateway"
        assert named(self.objects, "Service", service)
        container = self.container(f"louyu-{role}").with_network_aliases(f"{service}.{NAMESPACE}.svc")
        self.roles[role] = container.waiting_for(HttpWaitStrategy(PORTS[role], "/readyz").for_status_code(200)).start()
        return self.roles[role]

    def address(self) -> str:
        """Return where the gateway is reached from this machine."""
        gateway = self.roles["gateway"]
        return f"http://{gateway.get_container_host_ip()}:{gateway.get_exposed_port(8080)}"


@contextmanager
def stores(network: Network) -> Iterator[None]:
    """PostgreSQL and Valkey under the names that the page uses, with the database that its script makes."""
    with ExitStack() as stack:
        database = PostgresContainer("postgres:18", username="postgres", password="superuser", dbname="postgres")
        stack.enter_context(database.with_network(network).with_network_aliases("db.example.org"))
        script = f"psql --username postgres --set ON_ERROR_STOP=1 <<'END'\n{install_page.database_script()}\nEND"
        made = database.exec(["sh", "-c", script])
        assert made.exit_code == 0, made.output.decode()
        durable = ["--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        valkey = ValkeyContainer("valkey/valkey:9")
        valkey.with_command(["valkey-server", "--requirepass", "valkey-password", *durable])
        valkey.waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
        stack.enter_context(valkey.with_network(network).with_network_aliases("valkey.example.org"))
        yield


@contextmanager
def installed(image: str, folder: Path) -> Iterator[Installation]:
    """Make the stores, migrate, start the four roles; everything is gone at the end."""
    repository, tag = image.split(":")
    values = install_page.values() | {"image": {"repository": repository, "tag": tag}}
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        stack.enter_context(stores(network))
        secrets = {"louyu": install_page.addresses(), **keys(image), **certificates()}
        installation = Installation(
            image, network, folder, secrets, render(values, release="louyu", namespace=NAMESPACE)
        )
        installation.run("louyu-migrate")
        for role in ("messaging", "routing", "notify", "gateway"):
            stack.callback(installation.start_role(role).stop)
        yield installation
