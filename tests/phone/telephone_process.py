"""A SIP telephone without a sound card: lines of JSON come in as orders, go out as events.

A process of its own: pjsua2 wants one thread for all it does, and may crash at exit.
"""

import json
import os
import selectors
import sys
import time
from contextlib import suppress
from typing import Any

import pjsua2 as pj

USER, PASSWORD, REGISTRAR, PORT = sys.argv[1:5]
with suppress(PermissionError):
    os.nice(-10)  # a telephone has a clock of its own; here it must share the cores with tests
calls: list["Call"] = []
ended: list[tuple[float, int]] = []
began = time.monotonic()
wish: dict[str, Any] = {"answer": 200, "first": 0, "after_s": 0.3, "play": "", "record": ""}


def tell(event: str, **fields: Any) -> None:
    line = {"event": event, "at": round(time.monotonic() - began, 3), **fields}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class Call(pj.Call):  # type: ignore[misc]
    def __init__(self, account: Any, sounds: dict[str, Any], number: int = -1) -> None:
        super().__init__(account, number)
        self.sounds = sounds
        self.player: Any = None
        self.recorder: Any = None
        self.media: Any = None
        self.answer_at = 0.0
        self.answer_code = 200
        self.confirmed = False

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        tell("state", state=info.stateText.lower(), code=info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED and not self.confirmed:
            self.confirmed = True
            tell("confirmed", caller=info.remoteUri)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.player = self.recorder = self.media = None
            if self in calls:
                calls.remove(self)
            # The recorder closes its file on the bridge's next beats; then the test may read it.
            ended.append((time.monotonic() + 0.1, info.lastStatusCode))

    def onCallMediaState(self, prm: Any) -> None:
        info = self.getInfo()  # kept: its list of media dies with it
        for index, each in enumerate(info.media):
            active = each.status == pj.PJSUA_CALL_MEDIA_ACTIVE
            if each.type == pj.PJMEDIA_TYPE_AUDIO and active and self.media is None:
                self.media = self.getAudioMedia(index)
                if self.sounds.get("record"):
                    self.recorder = pj.AudioMediaRecorder()
                    self.recorder.createRecorder(self.sounds["record"])
                    self.media.startTransmit(self.recorder)
                if self.sounds.get("play"):
                    self.play(self.sounds["play"])
                tell("media")

    def play(self, path: str) -> None:
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        self.player.startTransmit(self.media)
        tell("playing", path=path)


class Account(pj.Account):  # type: ignore[misc]
    def onRegState(self, prm: Any) -> None:
        tell("registered" if prm.code == 200 and prm.expiration else "unregistered", code=prm.code)

    def onIncomingCall(self, prm: Any) -> None:
        call = Call(self, dict(wish), prm.callId)
        calls.append(call)
        tell("ringing", caller=call.getInfo().remoteUri)
        answer = pj.CallOpParam()
        code = int(wish["answer"])
        first = int(wish["first"]) or (180 if code in (180, 200) else code)
        answer.statusCode = first
        call.answer(answer)
        if first != code:
            call.answer_code = code
            call.answer_at = time.monotonic() + float(wish["after_s"])


def endpoint() -> Any:
    made = pj.Endpoint()
    made.libCreate()
    settings = pj.EpConfig()
    settings.logConfig.level = settings.logConfig.consoleLevel = int(os.environ.get("SIP_LOG", "0"))
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.medConfig.noVad = True
    settings.medConfig.ecTailLen = 0
    settings.medConfig.sndAutoCloseTime = -1  # else a second call without sound sends no keys
    settings.medConfig.clockRate = settings.medConfig.sndClockRate = 8000
    made.libInit(settings)
    transport = pj.TransportConfig()
    transport.port = int(PORT)
    transport.boundAddress = transport.publicAddress = "127.0.0.1"
    made.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    made.libStart()
    made.audDevManager().setNullDev()
    for codec in made.codecEnum2():
        made.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith("PCMA") else 0)
    return made


def account() -> Any:
    settings = pj.AccountConfig()
    settings.idUri = f"sip:{USER}@127.0.0.1"
    settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    if REGISTRAR:
        settings.regConfig.registrarUri = REGISTRAR
        settings.regConfig.timeoutSec = 60
        settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", USER, 0, PASSWORD))
    made = Account()
    made.create(settings)
    return made


def obey(order: dict[str, Any], own: Any) -> None:
    match order["do"]:
        case "call":
            call = Call(own, order)
            calls.append(call)
            call.makeCall(order["to"], pj.CallOpParam(True))
        case "play" if calls:
            calls[0].play(order["path"])
        case "press" if calls:
            for digit in order["digits"]:
                key = pj.CallSendDtmfParam()
                key.digits, key.duration = digit, 160
                key.method = pj.PJSUA_DTMF_METHOD_RFC2833
                calls[0].sendDtmf(key)
        case "tell-rtp" if calls:
            stream = calls[0].getStreamStat(0)
            came, buffer = stream.rtcp.rxStat, stream.jbuf
            tell("rtp", came=came.pkt, lost=came.loss, late=came.discard, empty=buffer.empty)
        case "hang-up":
            for call in list(calls):
                call.hangup(pj.CallOpParam(True))
        case "answer":
            wish.update(order)
            tell("will-answer", code=order["answer"])
        case "unregister":
            own.setRegistration(False)


def main() -> None:
    sip = endpoint()
    own = account()
    tell("ready")
    inputs = selectors.DefaultSelector()
    inputs.register(sys.stdin, selectors.EVENT_READ)
    os.set_blocking(sys.stdin.fileno(), False)
    rest = b""
    while True:
        sip.libHandleEvents(10)
        for call in list(calls):
            if call.answer_at and time.monotonic() >= call.answer_at:
                call.answer_at = 0.0
                answer = pj.CallOpParam()
                answer.statusCode = call.answer_code
                call.answer(answer)
        while ended and time.monotonic() >= ended[0][0]:
            tell("disconnected", code=ended.pop(0)[1])
        if inputs.select(0):
            data = os.read(sys.stdin.fileno(), 65536)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                obey(json.loads(line), own)
    sip.hangupAllCalls()
    if REGISTRAR:
        own.setRegistration(False)
    for _ in range(20):
        sip.libHandleEvents(10)
    os._exit(0)


main()
