"""保密: who asks for it is heard, a person decides, and departments learn only that there is something."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from intake.services import Services
from routing import schema, store
from routing.dispatch import Order
from routing.ticket import Status

LAMP = "东韩村村口的路灯坏了三天了没人修"


@pytest.mark.parametrize(
    "wish", ["请给我保密", "要求保密", "替我保密，谢谢", "别说是我反映的", "不要透露我的名字"]
)
async def test_who_asks_for_secrecy_is_heard_and_a_person_decides(
    services: Services, say: Callable[..., InboundMessage], wish: str
) -> None:
    number = (await services.desk.receive(say(f"{LAMP}，{wish}"))).ticket
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert (ticket.confidential, ticket.status) == (True, Status.DECIDING)
    assert ticket.handover_reason == "居民要求保密"
    order = Order.on(ticket, by="operator:a")
    await services.database.write(
        lambda c: services.dispatcher.dispatch(c, order, unit="city-management")
    )
    query = sa.select(schema.outbox.c.body).where(
        schema.outbox.c.destination == "webhook:city-management"
    )
    told = json.loads(await services.database.read(lambda c: c.execute(query).scalar_one()))
    assert told["data"]["confidential"] and "路灯" not in told["data"]["text"]


@pytest.mark.parametrize("wish", ["不用保密", "不需要保密", "保密局门口也是", "别说修了，人都没来"])
async def test_who_asks_for_no_secrecy_gets_none(
    services: Services, say: Callable[..., InboundMessage], wish: str
) -> None:
    number = (await services.desk.receive(say(f"{LAMP}，{wish}"))).ticket
    assert not (await services.database.read(lambda c: store.load(c, number))).confidential
