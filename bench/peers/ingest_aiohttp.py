"""What ingestUrls is measured against: the script that people write with aiohttp and boto3, a multipart upload per file.

One line of JSON on stdin says what to do; "ready" and "done" on stdout bound the work, so that starting Python and
importing boto3 are not measured; a small file is moved before. The process then waits until stdin ends, so that its counters can still be read.
"""

import asyncio
import json
import sys

import aiohttp
import boto3
from botocore.config import Config


async def move(session, s3, gate, job, url):
    """Streams one URL into S3: chunks are collected into parts, and each part is sent from a thread."""
    loop = asyncio.get_running_loop()
    place = {"Bucket": job["bucket"], "Key": job["prefix"] + url.rsplit("/", 1)[-1]}

    async def call(operation, **arguments):
        return await loop.run_in_executor(None, lambda: operation(**place, **arguments))

    async with gate, session.get(url) as reply:
        reply.raise_for_status()
        upload_id = (await call(s3.create_multipart_upload, ContentType="text/csv"))["UploadId"]
        parts, buffer = [], bytearray()

        async def send():
            number, body = len(parts) + 1, bytes(buffer)
            buffer.clear()
            sent = await call(s3.upload_part, UploadId=upload_id, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})

        try:
            async for chunk in reply.content.iter_chunked(job["chunkBytes"]):
                buffer.extend(chunk)
                if len(buffer) >= job["partBytes"]:
                    await send()
            if buffer:
                await send()
            await call(s3.complete_multipart_upload, UploadId=upload_id, MultipartUpload={"Parts": parts})
        except BaseException:
            await call(s3.abort_multipart_upload, UploadId=upload_id)
            raise


async def main(job, s3, urls):
    gate = asyncio.Semaphore(job["concurrency"])
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        await asyncio.gather(*(move(session, s3, gate, job, url) for url in urls))


job = json.loads(sys.stdin.readline())
client = boto3.client("s3", endpoint_url=job["endpoint"], config=Config(s3={"addressing_style": "path"}))
asyncio.run(main(job, client, job["warmUpUrls"]))
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main(job, client, job["urls"]))
print("done", flush=True)
sys.stdin.read()
