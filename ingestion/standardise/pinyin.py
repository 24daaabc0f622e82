"""Toneless pinyin as ASCII comparison keys, one reading per character, with the readings that surnames have."""

import re
import unicodedata
from functools import cache

import opencc
from pypinyin import Style, lazy_pinyin


def _words(text: str) -> list[str]:
    return text.split()


COMPOUND_SURNAMES = frozenset(
    _words(
        """
        欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔
        申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正
        宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 南荣 第五 完颜 纳兰
        叶赫 那拉 富察 钮祜 耶律 贺兰 侯莫 达奚 哥舒
        """
    )
)

# The most frequent single-character surnames; they tell a Han name of four characters from a name of another people.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
    "钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫雷龙段史陶黎贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易"
    "乔赖文施洪季俞章毕柯温舒牛华霍喻葛樊焦申倪殷庄柳路左邢辛管成翟符安祝鲍岳兰宁齐关纪鲁童单阮裴耿涂柴詹聂梅"
    "骆欧凌解卫费盛包游辜应车卜蓝闵卞吉古查翁臧裘缪干宗宣贲郁杭诸芮羿储靳汲邴糜松井富巫乌巴弓牧隗山谷宓蓬全郗"
    "班仰秋仲伊宫仇栾暴甘厉戎祖景束幸司韶郜蓟薄印宿怀蒲邰鄂索咸籍卓蔺屠蒙池阴胥能苍双闻莘党贡劳逄姬扶堵冉宰郦"
    "雍璩桑桂濮寿通边扈燕冀浦尚农别晏瞿阎充慕连茹习宦艾鱼容慎戈庾终暨居衡步都满弘匡国寇广禄阙东沃利蔚越夔隆师"
    "巩厍晁勾敖融冷訾阚那简饶空沙养鞠须丰巢蒯相荆红竺权逯盖益桓公米明苗房麻危丘屈项计郎初尧佟苟奚占区尤操"
)

_SURNAME_READINGS = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "区": "ou", "盖": "ge",
    "乐": "yue", "尉迟": "yu chi", "万俟": "mo qi", "朴": "piao", "洗": "xian", "冼": "xian", "缪": "miao",
    "翟": "zhai", "覃": "qin", "逄": "pang", "秘": "bi", "繁": "po", "种": "chong", "员": "yun", "黑": "he",
    "折": "she", "召": "shao", "华": "hua", "宁": "ning", "纪": "ji", "葛": "ge", "石": "shi", "车": "che",
    "燕": "yan", "应": "ying", "洪": "hong", "卜": "bu", "长孙": "zhang sun", "澹台": "tan tai",
    "令狐": "ling hu", "宓": "mi", "晁": "chao", "隗": "wei", "郗": "xi", "郇": "xun", "乜": "nie", "那": "na",
    "柏": "bai", "尹": "yin", "麹": "qu", "祭": "zhai", "厍": "she", "肖": "xiao", "教": "jiao", "钭": "tou",
    "呙": "guo", "佴": "nai", "牟": "mou", "曲": "qu", "臧": "zang", "藏": "zang", "訾": "zi", "眭": "sui",
    "昝": "zan", "郄": "qie", "亓": "qi", "亓官": "qi guan", "闫": "yan", "夏侯": "xia hou", "鲜于": "xian yu",
    "乐正": "yue zheng", "子车": "zi ju", "谷梁": "gu liang", "哥舒": "ge shu",
}  # fmt: skip

_HAN = "〇\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U000323af"
HAN = f"[{_HAN}]"
_SYLLABLES = re.compile(rf"[{_HAN}]|[a-z]+|[0-9]+|[*]")
_IS_ASCII_NAME = re.compile(r"[a-z0-9 ]*")
_BLOCKS = (range(0x20, 0x7F), range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))
_READINGS: dict[str, str] = {}


def reading(character: str) -> str:
    """The commonest toneless reading of one character in ASCII (ü as v); u<code point> where none is known."""
    found = _READINGS.get(character)
    if found is None:
        found = lazy_pinyin(character, style=Style.NORMAL, v_to_u=False)[0].replace("ü", "v")
        found = found if found.isascii() and found.isalpha() else f"u{ord(character):x}"
        _READINGS[character] = found
    return found


@cache
def _simplified_forms() -> dict[int, str]:
    """The simplified form of every character of the basic plane that has pinyin; the converter is let go at once."""
    characters = [chr(point) for block in _BLOCKS for point in block]
    # A line each, so that no phrase is recognised.
    forms = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(character): form for character, form in zip(characters, forms, strict=True)}


@cache
def _traditional() -> re.Pattern[str]:
    changed = (chr(point) for point, form in _simplified_forms().items() if chr(point) != form)
    return re.compile(f"[{re.escape(''.join(changed))}]")


def simplified(text: str) -> str:
    """The text in simplified characters, character by character; for comparison only, never for the record."""
    return text.translate(_simplified_forms()) if _traditional().search(text) else text


def without_accents(text: str) -> str:
    """The text with its combining marks taken off: yì is yi."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def syllables(text: str) -> list[str]:
    """Readings of the Han characters and runs of Latin letters, digits and masks in between, in order."""
    lower = without_accents(text.lower())
    if _IS_ASCII_NAME.fullmatch(lower):
        return lower.split()
    return [part if part.isascii() else reading(part) for part in _SYLLABLES.findall(lower)]


def surname_syllables(surname: str) -> list[str]:
    """Readings of a surname: 单 shan, 曾 zeng, 尉迟 yu chi; the commonest reading where surnames have no own."""
    own = _SURNAME_READINGS.get(simplified(surname))
    return own.split() if own else syllables(surname)
