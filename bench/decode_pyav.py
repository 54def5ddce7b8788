"""Decodes clips with PyAV, single-threaded in each of several processes, and tells how long it took.

Reads from standard input {"processes": P, "clips": [{"path", "frames", "pts", "width", "height", "crop", "size"}]}
where "pts" are the times of the frames, or null for a file that is counted from its start. Prints {"seconds",
"cpu"}: from the first clip to the last, imports not counted. Started by decode_compare.ts.
"""

import json
import multiprocessing
import resource
import sys
import time

import av
import numpy


def read_clip(job):
    size, crop = job["size"], job["crop"]
    scale = size / crop["width"]
    width, height = round(job["width"] * scale), round(job["height"] * scale)
    x, y = round(crop["x"] * scale), round(crop["y"] * scale)
    wanted = job["pts"] or job["frames"]
    clip = numpy.empty((len(wanted), size, size, 3), numpy.uint8)
    done = 0
    with av.open(job["path"]) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        if job["pts"]:
            container.seek(wanted[0], stream=stream)
        for number, frame in enumerate(container.decode(stream)):
            if (frame.pts if job["pts"] else number) != wanted[done]:
                continue
            image = frame.reformat(width, height, "rgb24", interpolation="BILINEAR").to_ndarray()
            clip[done] = image[y : y + size, x : x + size]
            done += 1
            if done == len(wanted):
                return clip
    raise ValueError(f"{job['path']}: {done} of {len(wanted)} frames")


def work(jobs):
    before = resource.getrusage(resource.RUSAGE_SELF)
    for job in jobs:
        read_clip(job)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    request = json.load(sys.stdin)
    clips, processes = request["clips"], request["processes"]
    with multiprocessing.Pool(processes) as pool:
        pool.map(abs, range(processes))  # all of them are there
        start = time.perf_counter()
        cpu = sum(pool.map(work, [clips[i::processes] for i in range(processes)], 1))
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "cpu": cpu}))


main()
