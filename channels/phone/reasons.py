"""Why a call went to a person, or what else is to be said of its end (Chinese, for operators)."""

ASKED_BY_KEY = "居民按 0 要求人工服务"
MARKED = "这个号码标了直接转人工"
NO_SOUND = "居民没有说话"
NO_ANSWER = "复述或追问后，居民没有回答"
DANGER_SILENT = "有危险，居民没有再说话"
NOT_HEARD = "两次没有听清居民的话"
NEVER_HEARD = "没有听清居民的话，他已经挂断，请听录音，给他回电话"
TAKEN_AWAY = "通话中系统没有响应，转给了工作人员"
DEAF = "语音识别出错，后面的话没有听到"
TOO_LONG = "通话时间太长"
LIMITED_UNHEARD = "没有听清他的话，挂断以后机器再听一遍录音"  # of a limited call
PROGRAM_FAILED = "系统处理时出错"
