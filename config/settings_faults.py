"""What pydantic finds wrong with settings, in the words of those who run the program."""

from collections.abc import Iterable

from pydantic_core import ErrorDetails

from config.faults import Fault, suggestion
from config.secret_files import SecretFileUnreadable


def fault(
    where: str,
    detail: ErrorDetails,
    *,
    line: int,
    variable: str,
    known: Iterable[str],
) -> Fault:
    """One of pydantic's findings, told so that an operator can put it right; `variable` is empty
    where it came from the file.
    """
    location = [str(part) for part in detail["loc"]]
    problem, remedy = _told(".".join(location), detail, known)
    if location and variable:
        remedy = f"{remedy}（环境变量 {variable}）"
    return Fault(file=where, line=line, problem=problem, remedy=remedy)


def _told(key: str, detail: ErrorDetails, known: Iterable[str]) -> tuple[str, str]:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return f"不认识的设置“{key}”", suggestion(
                key.rpartition(".")[2], known, "删去，或查设置说明"
            )
        case "too_short" | "string_too_short":
            return f"“{key}”是空的", "填上"
        case "missing":
            return f"缺设置“{key}”", "补上"
        case "int_parsing" | "int_type" | "int_from_float" | "float_parsing" | "float_type":
            return f"“{key}”要写数字", "只写数字，不带单位"
        case "bool_parsing" | "bool_type":
            return f"“{key}”要写 true 或 false", "改成 true 或 false"
        case "greater_than" | "greater_than_equal":
            return f"“{key}”太小", f"至少 {limits.get('ge', limits.get('gt'))}"
        case "less_than" | "less_than_equal":
            return f"“{key}”太大", f"至多 {limits.get('le', limits.get('lt'))}"
        case "literal_error":
            return f"“{key}”的值不能用", f"可用的：{limits.get('expected', '')}"
        case "value_error":
            cause = limits.get("error", "")
            told = f"“{key}”不对：{cause}" if key else str(cause)
            remedy = "查一查文件的路径和权限" if isinstance(cause, SecretFileUnreadable) else "改好"
            return told, remedy
        case _:
            return f"“{key}”的写法不对", "查设置说明里这一项的写法"
