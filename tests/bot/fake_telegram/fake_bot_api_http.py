"""The HTTP side of the fake: reads calls, lets faults happen, answers, and checks both ways against the spec."""

import asyncio
import inspect
import json
import time
import traceback

from aiohttp import web

from tests.bot.fake_telegram.fake_bot_api_calls import Call
from tests.bot.fake_telegram.fake_bot_api_errors import ApiError
from tests.bot.fake_telegram.fake_bot_api_methods import METHODS

MAX_REQUEST_BYTES = 64 * 1024 * 1024


class Door:
    """Serves `world` over HTTP; `calls` holds every call, `violations` what the specification does not allow."""

    def __init__(self, world, faults, spec):
        self.world, self.faults, self.spec = world, faults, spec
        self.calls: list[Call] = []
        self.violations: list[str] = []

    def application(self):
        """The aiohttp application: methods under /bot<token>/, files under /file/bot<token>/."""
        application = web.Application(client_max_size=MAX_REQUEST_BYTES)
        application.router.add_route("*", "/bot{token}/{method}", self._method)
        application.router.add_get("/file/bot{token}/{path:.+}", self._file)
        return application

    def check_update(self, update):
        """Check an update that goes out, unless a test made it wrong on purpose."""
        if self.spec and update["update_id"] not in self.world.updates.unchecked:
            self._note(self.spec.update(update))

    def _note(self, problems):
        self.violations += [problem for problem in problems if problem not in self.violations]

    async def _file(self, request):
        files = {file.path: file for file in self.world.files.values()}
        if request.match_info["token"] != self.world.token or request.match_info["path"] not in files:
            return web.json_response(ApiError(404, "Not Found").envelope(), status=404)
        call = Call("(download)", {"path": request.match_info["path"]})
        self.calls.append(call)
        fault = self.faults.take(call)
        await self.faults.delay(call)
        if fault and fault.kind == "refuse":
            return self._refused(call, fault.error, fault.body)
        call.status = 200
        return await self._deliver(
            request, fault, files[request.match_info["path"]].content, "application/octet-stream"
        )

    async def _method(self, request):
        if request.match_info["token"] != self.world.token:
            return web.json_response(ApiError(401, "Unauthorized").envelope(), status=401)
        call = await read_call(request)
        self.calls.append(call)
        self.world.changes.notify()  # on arrival, so that a test can wait for a call that is held
        if self.spec:
            self._note(self.spec.request(call.method, call.raw, tuple(call.files)))
        fault = self.faults.take(call)
        await self.faults.delay(call)
        if fault and fault.kind == "drop":
            return await self._deliver(request, fault, b"", "")
        try:
            if fault and fault.kind == "refuse":
                return self._refused(call, fault.error, fault.body)
            call.result = await self._perform(call)
        except ApiError as error:
            return self._refused(call, error)
        call.status, call.answered_at = 200, time.monotonic()
        self.world.changes.notify()
        body = json.dumps({"ok": True, "result": call.result}, ensure_ascii=False).encode("utf-8", "replace")
        return await self._deliver(request, fault, body, "application/json")

    async def _perform(self, call):
        if call.method not in METHODS:
            known = self.spec is None or call.method in self.spec.methods
            self._note([f"{call.method}: the fake does not know this method"] if known else [])
            raise ApiError(404, "Not Found")
        self.faults.count(call, self.world.chats.get(call.get("chat_id")))
        try:
            result = METHODS[call.method](self.world, call)
            result = await result if inspect.isawaitable(result) else result
        except (ApiError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._note([f"{call.method}: the fake itself failed: {traceback.format_exc()}"])
            raise ApiError(500, "Internal Server Error") from error
        result = json.loads(json.dumps(result))  # a copy: what was answered stays as it was
        self._check_answer(call.method, result)
        return result

    def _check_answer(self, method, result):
        if method == "getUpdates":
            for update in result:
                self.check_update(update)
        elif self.spec:
            self._note(self.spec.answer(method, result))

    def _refused(self, call, error, body=None):
        call.status, call.answered_at = error.code, time.monotonic()
        if self.spec:
            self._note(self.spec.failure(error.envelope()))
        self.world.changes.notify()
        if body is not None:
            return web.Response(body=body, status=error.code, content_type="text/html")
        return web.json_response(error.envelope(), status=error.code)

    async def _deliver(self, request, fault, body, content_type):
        """The answer, or as much of it as the fault lets through."""
        if fault and fault.kind == "hold":
            await fault.released.wait()
        if fault and fault.kind == "garble":
            return web.Response(body=fault.body, content_type="text/html")
        if not fault or fault.kind not in ("drop", "lose", "cut"):
            return web.Response(body=body, content_type=content_type)
        answer = web.StreamResponse(headers={"Content-Type": content_type, "Content-Length": str(len(body))})
        if fault.kind == "cut":
            await answer.prepare(request)
            await answer.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return answer


async def read_call(request):
    """The call that an HTTP request stands for: parameters in the address, a form, its parts, or JSON."""
    raw, files = dict(request.query), {}
    if request.content_type == "application/json":
        raw |= await request.json()
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = value.filename, value.file.read(), value.content_type
                value.file.close()
            else:
                raw[name] = value
    return Call(request.match_info["method"], raw, files)
