"""What bench/relay is measured against: requests and boto3, as people write it, in threads where there are many objects.

One line of JSON on stdin says what to do; "ready" and "done" on stdout bound the work, so that starting Python and
importing boto3 are not measured. The process then waits until stdin ends, so that its counters can still be read.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import requests
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

# Below this upload_fileobj would send one PutObject too, through threads of its own.
SMALL_BYTES = 8 * 2**20

job = json.loads(sys.stdin.readline())
s3 = boto3.client(
    "s3",
    endpoint_url=job["endpoint"],
    config=Config(s3={"addressing_style": "path"}, max_pool_connections=max(10, job["concurrency"])),
)
transfer = TransferConfig(preferred_transfer_client="crt" if job["crt"] else "classic")
local = threading.local()


def session():
    if not hasattr(local, "session"):
        local.session = requests.Session()
    return local.session


def move(place):
    number, url, prefix = place
    key = f"{prefix}{number}"
    with session().get(url, stream=True) as reply:
        reply.raise_for_status()
        if int(reply.headers["content-length"]) < SMALL_BYTES:
            s3.put_object(Bucket=job["bucket"], Key=key, Body=reply.content)
        else:
            s3.upload_fileobj(reply.raw, job["bucket"], key, Config=transfer)


def move_all(urls, prefix):
    with ThreadPoolExecutor(job["concurrency"]) as pool:
        list(pool.map(move, [(number, url, prefix) for number, url in enumerate(urls)]))


move_all(job["warmUpUrls"], job["prefix"] + "warm-")
print("ready", flush=True)
sys.stdin.readline()
move_all(job["urls"], job["prefix"])
print("done", flush=True)
sys.stdin.read()
