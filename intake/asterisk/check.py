"""Is an exchange ready for the hotline? Asked through the manager interface, told in Chinese."""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from channels.phone.exchange.ami import Link
from channels.phone.exchange.exchange import tells_digits
from channels.phone.exchange.packets import AmiFailed, AmiLost, AmiRefused
from channels.phone.voice import synthesis
from channels.phone.voice.synthesis import SynthesisFailed
from config.sections import Phone
from intake.asterisk.program import release


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `remedy` is empty where it is well."""

    what: str
    found: str
    remedy: str = ""


async def examine(phone: Phone) -> list[Finding]:
    """Everything, in the order in which it has to be put right."""
    exchange = phone.exchange
    link = Link(host=exchange.host, port=exchange.port, on_event=lambda packet: None)
    findings: list[Finding] = []
    try:
        await link.open(exchange.user, exchange.secret.get_secret_value())
        async with aclosing(_ask(link, phone)) as asked:
            async for finding in asked:
                findings.append(finding)
    except AmiRefused:
        findings.append(
            Finding(
                what="管理接口",
                found="不让登录",
                remedy="phone.exchange 的 user、secret 和 hotline_manager.conf 里的一样吗？",
            )
        )
    except AmiLost as lost:
        findings.append(
            Finding(
                what="管理接口",
                found=f"{exchange.host}:{exchange.port} 连不上（{lost}）",
                remedy="Asterisk 在运行吗？manager.conf 里 enabled = yes 吗？端口对吗？",
            )
        )
    finally:
        await link.close()
    findings.append(_folder("未接来电的文件夹", "missed", phone.missed))
    findings.append(_folder("通话录音的文件夹", "recordings", phone.recordings))
    findings.append(await _synthesis(phone.voice_command))
    return findings


async def _ask(link: Link, phone: Phone) -> AsyncGenerator[Finding, None]:
    version = (await link.ask("CoreSettings")).get("AsteriskVersion", "")
    yield Finding(what="管理接口", found="登录成功")
    yield _version(version, phone)
    contexts = (phone.operators_context, phone.callback_context)
    for context in ("hotline", "hotline-talk", "hotline-relay", *contexts):
        yield await _context(link, context)
    yield await _queue(link, phone)
    yield await _heartbeat(link)


def _version(version: str, phone: Phone) -> Finding:
    number = release(version)
    oldest = {20: 16, 21: 11, 22: 6}.get(number[0], 0)
    if number < (20, 0):
        remedy = "太旧，请用 20 或 22"
    elif phone.media == "websocket" and number[1] < oldest:
        remedy = "这个版本还没有 WebSocket 音频，请把 media 改成 audiosocket"
    else:
        remedy = ""
    keys = "按键由音频通道送来" if tells_digits(version) else "按键由管理接口送来"
    return Finding(what="版本", found=f"{version}，{keys}", remedy=remedy)


async def _context(link: Link, context: str) -> Finding:
    what = f"拨号方案 {context}"
    try:
        await link.ask_list("ShowDialPlan", Context=context)
    except AmiRefused:
        remedy = "extensions.conf 里 #include 了 hotline_extensions.conf 吗？core reload 了吗？"
        return Finding(what=what, found="没有", remedy=remedy)
    return Finding(what=what, found="有")


async def _queue(link: Link, phone: Phone) -> Finding:
    packets = await link.ask_list("QueueStatus", Queue=phone.queue)
    members = [each for each in packets if each.name == "QueueMember"]
    if not any(each.name == "QueueParams" for each in packets):
        remedy = "queues.conf 里 #include 了 hotline_queues.conf 吗？"
        return Finding(what=f"队列 {phone.queue}", found="没有", remedy=remedy)
    reachable = [each for each in members if each.fields.get("Status") in {"1", "2", "6", "7", "8"}]
    found = f"话务员 {len(members)} 个，电话已登录 {len(reachable)} 个"
    remedy = "" if members else "队列里没有话务员，请在 hotline_queues.conf 里写 member"
    return Finding(what=f"队列 {phone.queue}", found=found, remedy=remedy)


async def _heartbeat(link: Link) -> Finding:
    try:
        found = await link.ask("Getvar", Variable="GLOBAL(HOTLINE_BEAT)")
        await link.ask("Setvar", Variable="GLOBAL(HOTLINE_CHECKED)", Value="1")
    except AmiFailed:
        remedy = "hotline_manager.conf 里 write 要有 call"
        return Finding(what="心跳", found="写不进去", remedy=remedy)
    beating = found.get("Value", "") not in ("", "0")
    return Finding(what="心跳", found="热线程序在运行" if beating else "热线程序还没有连上，可以写")


def _folder(what: str, setting: str, folder: Path | None) -> Finding:
    if folder is None:
        return Finding(what=what, found="没有设置", remedy=f"请设置 phone.{setting}")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        remedy = "热线程序的用户要能读、能删里面的文件，见安装说明"
        return Finding(what=what, found=f"{folder} 打不开", remedy=remedy)
    return Finding(what=what, found=str(folder))


async def _synthesis(command: str) -> Finding:
    """Whatever speaks what nobody recorded, tried with a word."""
    engine = synthesis.by(command)
    what = "语音合成"
    try:
        await engine.say("您好")
    except SynthesisFailed as failure:
        remedy = "没有录音的话说不出来，来电会转人工。"
        remedy += "请改 phone.voice_command" if command else "请安装 espeak-ng"
        return Finding(what=what, found=f"不能用：{failure}", remedy=remedy)
    finally:
        await engine.close()
    return Finding(what=what, found=f"{engine.name} 能说")
