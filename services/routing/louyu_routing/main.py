"""routing's process: settings -> wiring -> serve."""

from collections.abc import Callable
from functools import partial

from louyu.routing.v1 import routing_service_pb2, routing_service_pb2_grpc
from louyu_runtime.forgetting import Keep
from louyu_runtime.host import Host
from louyu_runtime.logs import start_logging
from louyu_runtime.settings import load_settings
from louyu_sdk.host import PluginHost
from louyu_sdk.loading import LoadedPlugins, installed_entry_points, load_plugins

from louyu_routing import auditor, builtin_responders
from louyu_routing.api import RoutingApi
from louyu_routing.classifying import Classifying, train_classifier
from louyu_routing.emergency import Emergencies, emergencies_of
from louyu_routing.listening import Listener
from louyu_routing.permissions import PERMISSIONS
from louyu_routing.settings import RoutingSettings
from louyu_routing.telling import Telling
from louyu_routing.timers import Timers
from louyu_routing.watching import Watchers


async def serve() -> None:
    """Serve until told to stop. Raises SettingsError for settings, and words for emergencies, that cannot be used."""
    settings = load_settings(RoutingSettings)
    start_logging(settings.role, settings.log_level)
    emergencies = emergencies_of(settings.emergencies_file)
    async with Host(settings) as host:
        close_plugins = await wire(host, Classifying(train_classifier), emergencies)
        host.forget(
            Keep("heard_message", settings.heard_message_days), Keep("ended_question", settings.ended_question_days)
        )
        await host.serve()
        close_plugins()


async def wire(host: Host, classifying: Classifying, emergencies: Emergencies) -> Callable[[], None]:
    """Add to the host all that routing serves and does; return what ends the plugins' threads."""
    plugins = PluginHost(load_all(host.settings.plugins_disabled))
    await plugins.start()
    classifying.start()
    watchers = Watchers()
    timers = Timers(host.database, plugins, watchers)
    telling = Telling(host.database, plugins, timers.wake)
    host.add_servicer(
        routing_service_pb2_grpc.add_RoutingServiceServicer_to_server,
        RoutingApi(host.database, plugins, classifying, emergencies, timers, watchers),
        PERMISSIONS,
        descriptor=routing_service_pb2.DESCRIPTOR.services_by_name["RoutingService"],
    )
    host.limit(ApplyCommunity=30.0)
    host.publish_events(consumers=["notify"])
    host.consume(Listener(classifying, emergencies, timers, watchers).handlers, sources=["messaging"])
    host.tail("routing", watchers.on_event, watchers.on_gap)
    host.background("timers", timers.run)
    host.background("telling plugins", telling.run)
    host.background("auditor", partial(auditor.run, host.database))
    host.ready_when("the classifier is trained", lambda: classifying.is_trained)
    return plugins.close


def load_all(switched_off: str) -> LoadedPlugins:
    """Load the built-in and the installed plugins; names in `switched_off` are separated by commas."""
    names = [name.strip() for name in switched_off.split(",") if name.strip()]
    built_in = {builtin_responders.NAME: builtin_responders}
    return load_plugins(installed_entry_points(), switched_off=names, built_in=built_in)
