"""OpenStack Swift in one process, spoken to as S3: rings, account, container and object server, and a proxy with s3api, on loopback.

Usage: serve-swift.py <folder> <conditional 0|1>; the account's key comes in OVERREAD_TEST_S3_KEY. Says `listening <port>` when it does.
"""

import os
import sys

sys.dont_write_bytecode = True

folder, conditional = sys.argv[1], sys.argv[2] == "1"
key = os.environ["OVERREAD_TEST_S3_KEY"]

import eventlet

eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)

from eventlet import semaphore, wsgi
from swift.common import utils
from swift.common.middleware.s3api.s3request import S3Request
from swift.common.ring import RingBuilder
from swift.common.wsgi import SwiftHttpProtocol, loadapp

utils.HASH_PATH_PREFIX = utils.HASH_PATH_SUFFIX = b"test"
os.makedirs(os.path.join(folder, "devices/one"))


class Quiet:
    def write(self, *_):
        pass

    def __getattr__(self, _):
        return self.write


def conf(name, text):
    path = os.path.join(folder, name + ".conf")
    with open(path, "w") as out:
        out.write("[DEFAULT]\nswift_dir = %s\nlog_address = /nowhere\n%s" % (folder, text))
    return path


def serve(listener, app):
    eventlet.spawn(
        wsgi.server, listener, app, Quiet(), protocol=SwiftHttpProtocol, capitalize_response_headers=False,
        keepalive=True, socket_timeout=120, debug=False,
    )


for service in ("account", "container", "object"):
    listener = eventlet.listen(("127.0.0.1", 0))
    builder = RingBuilder(4, 1, 0)
    device = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": listener.getsockname()[1], "device": "one", "weight": 1}
    builder.add_dev(dict(device, id=0))
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, service + ".ring.gz"))
    serve(listener, loadapp(conf(service, """devices = %s/devices
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = %s-server
[app:%s-server]
use = egg:swift#%s
""" % (folder, service, service, service))))

proxy = loadapp(conf("proxy", """[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth copy slo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
# A page of a list: a list of the test has three.
max_bucket_listing = 10
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = %s .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
""" % key))

if conditional:
    # s3api refuses every conditional put, though Swift itself knows `If-None-Match: *`. Here the header goes through, and two puts
    # of one name wait for each other, as S3 promises.
    refuse = S3Request._validate_headers

    def let_through(self):
        condition = self.environ.pop("HTTP_IF_NONE_MATCH", None)
        refuse(self)
        if condition is not None:
            self.environ["HTTP_IF_NONE_MATCH"] = condition

    S3Request._validate_headers = let_through
    turns = {}
    inner = proxy

    def proxy(env, start_response):
        if env["REQUEST_METHOD"] != "PUT" or "HTTP_IF_NONE_MATCH" not in env:
            return inner(env, start_response)
        with turns.setdefault(env["PATH_INFO"], semaphore.Semaphore(1)):
            return list(inner(env, start_response))



class Cache:
    """What Swift keeps in memcached."""

    def __init__(self):
        self.kept = {}

    def get(self, key, *_, **__):
        return self.kept.get(key)

    def set(self, key, value, *_, **__):
        self.kept[key] = value

    def delete(self, key, *_, **__):
        self.kept.pop(key, None)


cache = Cache()


def with_cache(env, start_response):
    env["swift.cache"] = cache
    return proxy(env, start_response)


listener = eventlet.listen(("127.0.0.1", 0))
serve(listener, with_cache)
print("listening %d" % listener.getsockname()[1], flush=True)
# Ends with whoever started it.
eventlet.hubs.trampoline(sys.stdin.fileno(), read=True)
