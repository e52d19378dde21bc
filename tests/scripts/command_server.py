"""Runs `kuaizui` commands in processes of their own, forked from one that has loaded Keras: reads orders as JSON lines.

An order holds the arguments, and perhaps the `signal` that the command gets once the file `once` is there. The answer
holds its exit code (minus a signal that killed it), standard output and standard error.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import nlp.training  # noqa: F401  what takes seconds to import
import scripts.export
import scripts.fitting  # noqa: F401
from scripts.cli import run


def carry_out(order):
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if not child:
            sys.stdin = open(os.devnull)  # noqa: SIM115  for as long as this process lives
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = 99
            try:
                code = run(order["arguments"])
            finally:
                os._exit(code)
        code = waited(child, order)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read())
    return {"code": code, "out": texts[0], "err": texts[1]}


def waited(child, order):
    while order.get("once"):
        if Path(order["once"]).exists():
            os.kill(child, order["signal"])
            break
        time.sleep(0.005)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)
