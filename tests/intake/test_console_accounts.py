"""The administrator's page of accounts: everything that the command line does, and nobody else's."""

import re
from collections.abc import AsyncIterator

import pytest

from intake.accounts import Role
from intake.services import Services
from tests.intake.console import PASSWORD, Desk, enter, hire

PATH = "/console/accounts"
ONE_TIME = re.compile(r"一次性密码：(\S+)（")


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def order(desk: Desk, task: str, name: str = "zhang", **more: str) -> tuple[int, str]:
    fields = {"csrf": await desk.token(), "task": task, "name": name, **more}
    return await desk.post(PATH, fields)


async def test_account_lives_from_its_first_password_to_its_end(
    desk: Desk, services: Services
) -> None:
    await enter(desk, services, Role.ADMIN)
    status, page = await order(desk, "add", display_name="张三", role="operator")
    found = ONE_TIME.search(page)
    assert status == 200 and found and "张三" in page
    assert found.group(1) not in (await desk.get(PATH))[1]  # shown once
    other = await Desk.opened(services)
    try:
        assert await other.log_in("zhang", found.group(1)) == 303
        assert await other.get("/console") == (303, "/console/password")
        _, renewed = await order(desk, "reset")
        assert await other.log_in("zhang", found.group(1)) == 401
        assert (await order(desk, "disable"))[0] == 200
        again = ONE_TIME.search(renewed)
        assert again and await other.log_in("zhang", again.group(1)) == 401
        _, back = await order(desk, "enable")
        last = ONE_TIME.search(back)
        assert last and await other.log_in("zhang", last.group(1)) == 303
        _, page = await other.get("/console/password")
        assert "主菜单" not in page and "换好密码就能用了" in page
    finally:
        await other.client.close()


REFUSED = (
    ("add", "zhang san", "登录名用字母"),
    ("add", "operator:x", "登录名用字母"),
    ("add", "admin", "已经有了"),
    ("reset", "nobody", "没有登录名 nobody"),
    ("enable", "ma", "没有停用过"),
    ("disable", "admin", "不能对自己的账号"),
)


@pytest.mark.parametrize(("task", "name", "why"), REFUSED)
async def test_what_can_not_be_is_refused_and_says_why(
    desk: Desk, services: Services, task: str, name: str, why: str
) -> None:
    await hire(services, "ma", Role.OPERATOR)
    await enter(desk, services, Role.ADMIN)
    status, page = await order(desk, task, name, display_name="某", role="leader")
    assert status == 409 and why in page
    assert await desk.log_in("admin", PASSWORD) == 303


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
async def test_nobody_but_the_administrator_sees_or_changes_accounts(
    desk: Desk, services: Services, role: Role
) -> None:
    await enter(desk, services, role)
    assert PATH not in (await desk.get("/console"))[1]
    assert (await desk.get(PATH))[0] == 403
    assert (await order(desk, "add", display_name="张三", role="admin"))[0] == 403
