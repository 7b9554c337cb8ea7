"""Why a person decides, as the front desk writes it into a ticket (Chinese, for operators)."""

from routing import entails

PERSON_ASKED = entails.ASKED_PERSON
NOT_UNDERSTOOD = "没有听明白居民反映的事"
PLACE_UNKNOWN = "没有对上具体地点"
NOT_AGREED = "复述两次，居民仍说不对"
DANGER_FIRST = "涉及人身或财产危险，请立即核实"
DANGER_IN_PUBLIC = "公开平台上说的险情，还没有核实，请马上看"
DANGER_TRANSFER = "有危险，居民要求现在就和值班的人说"
NO_ANSWER = "追问后居民没有再回话"
PROGRAM_FAILED = "系统处理时出错，请人工办理"
PUBLIC_CANDIDATE = "公开平台上的留言，居民本人还没有确认"
HUNG_UP = "电话没说完就挂断了，请回电核实"
UNCONFIRMED = "居民没有确认就挂断"
MISSED = "未接来电，请回电"
HEARD_AFTER = "挂断以后从录音里听出来的，请核对"
CALL_FAILED = "电话里没有办成，请人工接着办"  # a hand-over that gives no reason

NOTHING_HEARD = "［来电，没有听清说话］"  # stands for words: none, or none understood
RECORDING = "［电话录音］"
MUCH_TOLD = "说了很多条，还没有成单，请人工看一遍"
PERHAPS_ANOTHER = "刚报过工单 {number}，这次说的可能是另一件事，请看一下"
LATER_ANOTHER = "居民接着说的可能是另一件事，请看一下，是就另记一件"
LATER_PLACE = "居民接着说的地点和单子上的不一样，请看一下"
SECRET_LATER = "居民后来要求保密，请看要不要换个单位办"
WHICH_UNSAID = "居民没有说清是哪一件，先记在这里，请看一下"
MATTER_DENIED = "居民说记的事不对，请看一下"
NOTE_HEARD = "居民发的是语音，文字是机器听的，请核对"
FOLLOWS = "［接着工单 {number} 说的，那一张已经结束］"
NOTHING_KNOWN = frozenset({RECORDING, NOTHING_HEARD})
