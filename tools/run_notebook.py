"""
Runs the cells of a notebook by Jupyter's kernel of Deno. Standard input is a JSON list of their sources; standard output
gets a JSON line for each message of the kernel: the number of its cell, its type and its content. Ends at an error.
"""

import json
import queue
import sys

from jupyter_client.manager import start_new_kernel

# The kernel may send the result of a cell after it has said that it is idle, as one of the next request, but always
# before what that request shows itself. So it is known to have sent all when this mark comes.
MARK = "end-of-cell"
END = f'await Deno.jupyter.broadcast("display_data", {{data: {{"{MARK}": ""}}, metadata: {{}}, transient: {{}}}})'


def messages(manager, client):
    while True:
        try:
            yield client.get_iopub_msg(timeout=1)
        except queue.Empty:
            if not manager.is_alive():
                sys.exit("the kernel has ended")


def run_cell(manager, client, place, source):
    """Runs a cell and passes on its messages; whether it ended without an error."""
    client.execute(source)
    client.execute(END, store_history=False)
    for message in messages(manager, client):
        kind, content = message["msg_type"], message["content"]
        if MARK in content.get("data", {}):
            return True
        if kind in ("status", "execute_input"):
            continue
        print(json.dumps([place, kind, content]), flush=True)
        if kind == "error":
            return False


manager, client = start_new_kernel(startup_timeout=600, kernel_name="deno", cwd=sys.argv[1])
try:
    for place, source in enumerate(json.load(sys.stdin)):
        if not run_cell(manager, client, place, source):
            break
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
