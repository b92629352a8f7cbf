"""How quickly a running server answers searches over all regions: p50, p99 and the slowest.

    benches/search_load.py http://127.0.0.1:8080 [ROUNDS]
"""
import sys
import time
import urllib.parse
import urllib.request

QUERIES = [
    "sidomulyo", "serang", "36.02", "1101", "91.01", "kab. lebak", "tanggerang selatn", "su", "suka",
    "kota", "jakarta pusat", "koedoes", "sidomulyo, kulon progo", "sidomulyo lampung", "yogyakrta",
    "3602010006", "a", "pulau", "zzzzqqqq", "bandar lampung kedaton",
]

base, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
taken, by_query = [], {}
for _ in range(rounds):
    for query in QUERIES:
        start = time.perf_counter()
        with urllib.request.urlopen(f"{base}/cari?q={urllib.parse.quote(query)}") as answer:
            answer.read()
        span = (time.perf_counter() - start) * 1000
        taken.append(span)
        by_query.setdefault(query, []).append(span)
taken.sort()
at = lambda share: taken[min(len(taken) - 1, int(len(taken) * share))]
print(f"{len(taken)} searches: p50 {at(.5):.1f} ms, p99 {at(.99):.1f} ms, slowest {taken[-1]:.1f} ms")
slow = sorted(((sum(v) / len(v), q) for q, v in by_query.items()), reverse=True)[:3]
print("slowest queries on average: " + "; ".join(f"{q!r} {ms:.1f} ms" for ms, q in slow))
