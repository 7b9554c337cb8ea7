"""What the resident's page shows of a conversation: both sides, in order, each thing once."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from channels.message import Attachment, Contact, InboundMessage, Point
from intake import history, inbox
from intake.services import Services
from routing import store
from routing.order import Order
from tests.clock import Clock

Say = Callable[..., InboundMessage]
WEB = Contact(scheme="web", path="a")


async def lines(services: Services) -> list[str]:
    """The conversation, one line each: who, what, and what came along."""
    read = await services.database.read(
        lambda c: history.read(c, WEB, lambda reply: f"<{reply.key}>")
    )
    return [
        " ".join(
            [
                "us" if line.from_us else "you",
                line.text,
                *(["pinned"] if line.pinned else []),
                *line.pictures,
                *line.choices,
            ]
        )
        for line in read
    ]


async def test_what_came_along_is_said_beside_the_words(services: Services, say: Say) -> None:
    photo = Attachment(kind="image", reference="store:1", media_type="image/jpeg")
    point = Point(latitude=37.0, longitude=114.7, label="手机定位")
    message = replace(say("东韩村村口的路灯坏了"), attachments=(photo,), point=point)
    await services.desk.receive(message)
    assert await lines(services) == ["you 东韩村村口的路灯坏了 pinned store:1", "us <receipt>"]


async def test_answers_offered_by_a_question_are_kept(services: Services, say: Say) -> None:
    await services.desk.receive(say("东韩村村口的路灯坏了", key="1"))
    await services.desk.receive(say("撤单", key="2"))
    assert (await lines(services))[-1] == "us <withdraw_ask> 确认撤单 不撤了"


async def test_notice_comes_after_the_words_before_it(
    services: Services, say: Say, clock: Clock
) -> None:
    number = (await services.desk.receive(say("东韩村村口的路灯坏了"))).ticket
    clock.forward(hours=1)
    await services.database.write(
        lambda c: services.dispatcher.answer(
            c, Order(number=number, version=1, by="operator:a"), text="已换新灯。"
        )
    )
    assert (await lines(services))[-1] == "us <result> 解决了 没解决"


async def test_answer_that_nobody_waited_for_is_shown_once(services: Services, say: Say) -> None:
    message = say("东韩村村口的路灯坏了")
    await services.database.write(lambda c: inbox.add(c, message, "i1"))
    await services.desk.settle("i1", message, answer_later=True)
    assert await lines(services) == ["you 东韩村村口的路灯坏了", "us <receipt>"]


async def test_notice_in_the_words_of_an_earlier_one_is_shown_too(
    services: Services, say: Say, clock: Clock
) -> None:
    number = (await services.desk.receive(say("东韩村村口的路灯坏了"))).ticket
    for times in (1, 2):
        clock.forward(hours=1)

        def answer(connection: Connection) -> None:
            order = Order.on(store.load(connection, number), by="operator:a")
            services.dispatcher.answer(connection, order, text="已换新灯。")

        await services.database.write(answer)
        assert (await lines(services)).count("us <result> 解决了 没解决") == times
        clock.forward(hours=1)
        await services.desk.receive(say("没解决", key=f"no{times}"))
    assert (await lines(services)).count("us <notice_reopened>") == 2


async def test_strangers_are_not_in_it(services: Services, say: Say) -> None:
    await services.desk.receive(say("东韩村村口的路灯坏了", sender="b"))
    assert await lines(services) == []
