"""Lets moto load and make only what somebody asks for; what it would make at once takes longer than most runs do."""

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import PurePosixPath
from random import getrandbits
from typing import Any
from weakref import WeakKeyDictionary

from boto3 import Session
from botocore.loaders import Loader
from moto.core import responses, routing
from moto.core import utils as core_utils
from moto.core.base_backend import AccountSpecificBackend
from moto.utilities import utils

from awsbase.models import Models

OFFERINGS = "/instance_type_offerings/"


@cache
def load_late() -> None:
    """Let moto load late whatever takes long; moto's services are imported after this."""
    load_models_fast()
    share_loader()
    build_no_paths()
    list_regions_once()
    list_regions_of_ec2_fast()
    cache_method_names()
    draw_request_ids_fast()
    load_offerings_late()


def load_models_fast() -> None:
    """Let moto load botocore's models as fast as our clients do: it reads EC2's twice, and a dozen others.

    They are not shared with clients: botocore changes the paths of S3's operations when it makes a client.
    """
    Loader.FILE_LOADER_CLASS = Models


def share_loader() -> None:
    """Let moto list once which services have a model: it makes a loader for each service, which lists them all."""
    core_utils.create_loader = cache(core_utils.create_loader)


def build_no_paths() -> None:
    """Let moto compile how each path is read, and not how one would be built, which takes longer: nobody builds one."""

    def build(*_: object) -> None:
        raise NotImplementedError("a path of AWS is read, and never built")

    routing.SmithyRule._compile_builder = lambda *_, **__: build


def list_regions_once() -> None:
    """Let moto list the regions of a service once a process: it lists them for each account that uses the service."""
    list_regions = AccountSpecificBackend._generate_regions
    listed: dict[str, list[str]] = {}

    def once(backend: Any, service: str) -> list[str]:
        if service not in listed:
            listed[service] = list_regions(backend, service)
        return listed[service]

    AccountSpecificBackend._generate_regions = once


def list_regions_of_ec2_fast() -> None:
    """Let moto list EC2's regions without EC2's model, the longest of all: it says that the hosts begin with ec2."""
    sessions: Any = Session
    list_regions = sessions.get_available_regions

    def listed(session: Any, service_name: str, partition_name: str = "aws", allow_non_regional: bool = False) -> Any:
        if service_name != "ec2":
            return list_regions(session, service_name, partition_name, allow_non_regional)
        resolver = session._session._get_internal_component("endpoint_resolver")
        return resolver.get_available_endpoints("ec2", partition_name, allow_non_regional)

    sessions.get_available_regions = listed


def cache_method_names() -> None:
    """Let moto remember the methods of its classes: to list them at each call takes a tenth of what the call does."""
    responses.method_names_from_class = cache(responses.method_names_from_class)


def draw_request_ids_fast() -> None:
    """Let moto draw the id of a request at once; it draws one letter of 52 after the other."""

    def drawn(headers: dict[str, Any] | None = None) -> str:
        request_id = f"{getrandbits(208):052x}"
        if isinstance(headers, dict):
            headers["x-amzn-requestid"] = request_id
        return request_id

    responses.gen_amzn_requestid_long = drawn


def load_offerings_late() -> None:
    """Let moto load which types of instance a region offers when somebody asks: those of all take most of a second."""
    load = utils.load_resource

    def when_needed(path: str) -> Any:
        return Offerings(load, path) if OFFERINGS in path else load(path)

    utils.load_resource = when_needed


class Offerings:
    """Hold the types of instance that one place offers, and load them when somebody asks for one.

    moto marks each with its kind of place as soon as it has them; here they are marked when they are loaded.
    """

    def __init__(self, load: Callable[[str], Any], path: str) -> None:
        self._load, self._path = load, path
        self._marking = True

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._marking:
            self._marking = False
            return iter(())
        return iter(self._loaded)

    @cached_property
    def _loaded(self) -> list[dict[str, Any]]:
        kind = PurePosixPath(self._path).parent.name
        return [{**offered, "LocationType": kind} for offered in self._load(self._path)]


@cache
def load_images_late() -> None:
    """Let moto make AWS's 1,300 images of a region when somebody asks for one; only an instance needs one."""
    from moto.ec2.models.amis import AmiBackend

    load = AmiBackend._load_amis

    def when_needed(ec2: Any) -> None:
        ec2.amis = Images(lambda: load(ec2))

    AmiBackend._load_amis = when_needed


class Images(dict[str, Any]):
    """Holds a region's images, and loads AWS's own when somebody asks for an image.

    Listing `values()` loads nothing: moto lists them for the tag index, and AWS's own images carry no tags.
    """

    def __init__(self, load: Callable[[], None]) -> None:
        super().__init__()
        self._load: Callable[[], None] | None = load

    def _loaded(self) -> None:
        if load := self._load:
            self._load = None
            load()

    def __contains__(self, image: object) -> bool:
        self._loaded()
        return super().__contains__(image)

    def __getitem__(self, image: str) -> Any:
        self._loaded()
        return super().__getitem__(image)

    def copy(self) -> dict[str, Any]:
        """Return all images as a plain dict."""
        self._loaded()
        return dict(self)


@cache
def forget_subnets() -> None:
    """Let moto forget a subnet, its region and that region's 1,300 images, once nobody uses them: it caches a method.

    What it caches, the addresses that are left, lives as long as the subnet.
    """
    from moto.ec2.models.subnets import Subnet

    list_hosts = Subnet._base_avail_ip_iterator.__wrapped__
    left: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def hosts(subnet: Any) -> Any:
        if subnet not in left:
            left[subnet] = list_hosts(subnet)
        return left[subnet]

    Subnet._base_avail_ip_iterator = hosts


@cache
def make_key_pairs_late() -> None:
    """Let moto make a KMS key's RSA pair when somebody signs with it: to make one takes a tenth of a second."""
    from moto.kms import models

    make = models.generate_private_key
    models.generate_private_key = lambda spec: KeyPair(make, spec)


class KeyPair:
    """Hold a key pair, and make it when somebody asks for it. A copy of a key has the same pair."""

    def __init__(self, make: Callable[[str], Any], spec: str) -> None:
        self._make, self._spec = make, spec

    @cached_property
    def _made(self) -> Any:
        return self._make(self._spec)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._made, name)

    def __deepcopy__(self, memo: dict[int, Any]) -> "KeyPair":
        return self
