#!/usr/bin/env python3
"""Many clients on a running server: errors, requests per second, p50, p99. Standard library only.

    benches/serve_load.py [--url http://127.0.0.1:8080] [--clients 200] [--seconds 30] [PATH ...]

Every client keeps one connection and asks for the paths in turn, as fast as the answers come. Whatever is not 200 with a
body of the announced length is an error. Ends with 1 where there was one.
"""
import argparse
import asyncio
import ssl
import time
from urllib.parse import urlsplit

PATHS = ["/", "/wilayah/36", "/wilayah/36.02", "/wilayah/31.74", "/peta", "/prioritas", "/cakupan", "/mutu-data"]

# The load is measured, not the certificate.
UNVERIFIED = ssl._create_unverified_context()


async def answer(reader):
    """Reads one answer: (status, bytes). Knows Content-Length and chunks, which is all the server sends."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    status = int(head[0].split()[1])
    fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    if "content-length" in fields:
        length = int(fields["content-length"])
        await reader.readexactly(length)
        return status, length
    total = 0
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
        total += size
    await reader.readexactly(2)
    return status, total


async def client(number, target, paths, encoding, until, times, errors, totals):
    reader = writer = None
    turn = number
    while time.monotonic() < until:
        path = paths[turn % len(paths)]
        turn += 1
        begin = time.monotonic()
        try:
            if writer is None:
                secure = UNVERIFIED if target.scheme == "https" else None
                reader, writer = await asyncio.open_connection(target.hostname, target.port or (443 if secure else 80), ssl=secure)
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {target.netloc}\r\nAccept-Encoding: {encoding}\r\nConnection: keep-alive\r\n\r\n".encode()
            )
            await writer.drain()
            status, length = await asyncio.wait_for(answer(reader), 30)
            if status != 200 or length == 0:
                raise ValueError(f"status {status}, {length} bytes")
            times.append(time.monotonic() - begin)
            totals[0] += length
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError) as fault:
            text = f"{path}: {type(fault).__name__} {fault}"
            errors[text] = errors.get(text, 0) + 1
            if writer is not None:
                writer.close()
                writer = None
    if writer is not None:
        writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--encoding", default="gzip")
    parser.add_argument("paths", nargs="*", default=PATHS)
    given = parser.parse_args()
    target, times, errors, totals = urlsplit(given.url), [], {}, [0]
    begin = time.monotonic()
    until = begin + given.seconds
    paths = given.paths or PATHS
    await asyncio.gather(*(client(n, target, paths, given.encoding, until, times, errors, totals) for n in range(given.clients)))
    took = time.monotonic() - begin
    times.sort()
    if times:
        at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000
        print(f"{given.clients} clients, {took:.1f} s: {len(times)} answers, {len(times) / took:.0f} a second, {totals[0] / took / 1e6:.1f} MB/s")
        print(f"p50 {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms, slowest {times[-1] * 1000:.0f} ms")
    print(f"errors: {sum(errors.values())}")
    for text, count in sorted(errors.items(), key=lambda item: -item[1])[:10]:
        print(f"  {count} x {text}")
    raise SystemExit(1 if errors or not times else 0)


if __name__ == "__main__":
    asyncio.run(main())
