"""Protected attributes, by the words that columns are named with: they are dropped before anything is kept."""

import re

PROTECTED_WORDS: dict[str, tuple[str, ...]] = {
    "ethnicity": ("民族", "族别", "族裔", "种族", "ethnicity", "ethnic", "ethnic_group", "race", "nationality"),
    "religion": ("宗教", "信仰", "religion", "religious", "faith"),
    "politics": ("政治面貌", "政治身份", "党派", "党员", "党籍", "party_member", "political", "politics"),
    "fertility": (
        "婚育",
        "生育",
        "计生",
        "节育",
        "避孕",
        "怀孕",
        "fertility",
        "pregnancy",
        "pregnant",
        "contraception",
    ),
    "health": (
        "健康",
        "疾病",
        "病史",
        "残疾",
        "残障",
        "病种",
        "health",
        "disease",
        "illness",
        "disability",
        "disabled",
    ),
    "blood group": ("血型", "blood_type", "blood_group"),
    "biometrics": ("指纹", "虹膜", "人脸", "声纹", "基因", "fingerprint", "iris", "face_image", "dna", "biometric"),
    "sexuality": ("性取向", "sexual_orientation"),
}


def protected_attribute(name: str) -> str | None:
    """The protected attribute that a column of this name carries, or None.

    Chinese words count anywhere in the name, English ones as whole words of it.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[^0-9A-Za-z\u3400-\u9fff]+", "_", name).lower()
    for attribute, words in PROTECTED_WORDS.items():
        for word in words:
            found = f"_{word}_" in f"_{spaced}_" if word.isascii() else word in name
            if found:
                return attribute
    return None
