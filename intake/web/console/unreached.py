"""Whom somebody has to ring because the program can't tell his unit: name and telephone, or where
these are written down. Pure.
"""

from channels.message import Contact
from config.county import HELPERS, County, UnitKind, Worker
from intake.web import spoken

_FILES = {UnitKind.DEPARTMENT: "departments.toml", UnitKind.MEDIATION: "mediation.toml"}


def line(county: County, code: str) -> str:
    """`东韩村网格站：王芳，电话 13900000000`; without a number, where it can be written in."""
    unit, workers = county.units.get(code), county.workers.get(code, ())
    told = [_person(each) for each in workers if not each.placeholder]
    told += [f"单位电话 {unit.phone}"] if unit and unit.phone else []
    if not (unit and unit.phone) and not any(_phone(each) for each in workers):
        told.append(f"没有写电话，请告诉维护人员，写进{_where(county, code)}")
    return f"{county.unit_name(code)}：{'；'.join(told)}"


def _person(worker: Worker) -> str:
    name, phone = worker.name + ("（副手）" if worker.deputy else ""), _phone(worker)
    return f"{name}，电话 {phone}" if phone else name


def _phone(worker: Worker) -> str:
    scheme, _, path = worker.contact.partition(":")
    return spoken.whole(Contact(scheme=scheme, path=path)) if scheme == "tel" else ""


def _where(county: County, code: str) -> str:
    """The file of the county's folder, and the line in it."""
    unit = county.units.get(code)
    if unit is not None and unit.kind in HELPERS:
        return f" {_FILES[unit.kind]}（code 是 {code} 的那一段，phone）"
    return f" workers.csv（unit 是 {code} 的那一行，contact 写 tel:号码）"
