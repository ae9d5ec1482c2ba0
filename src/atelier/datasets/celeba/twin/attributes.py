"""The forty attributes of CelebA (Liu et al., 2015), with realistic correlations.

Base rates are close to CelebA's, but attributes that are rare there (bald, hat, eyeglasses, mustache, gray hair, pale
skin) occur in about every tenth face, because a small dataset needs enough of each.

Sixteen attributes are visible at 32×32 pixels: age, sex, smile and open mouth, the hair colours, bangs, baldness, hat,
glasses, lipstick, pale skin, beard and mustache. The others are small details. Only `Attractive` changes nothing in the
drawing; its probability depends on age and sex.
"""

import numpy as np

NAMES = (
    *("5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips", "Big_Nose"),
    *("Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin", "Eyeglasses"),
    *("Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache"),
    *("Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks"),
    *("Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick"),
    *("Wearing_Necklace", "Wearing_Necktie", "Young"),
)
HAIR_COLOURS = ("Gray_Hair", "Black_Hair", "Brown_Hair", "Blond_Hair")


def sample(rng: np.random.Generator) -> dict[str, bool]:
    """Draw the attributes of a person, by name in the order of `NAMES`."""
    chance = dict(zip(NAMES, rng.random(len(NAMES)).tolist(), strict=True))
    has = dict.fromkeys(NAMES, False)

    def decide(name: str, probability: float) -> bool:
        has[name] = chance[name] < probability
        return has[name]

    male = decide("Male", 0.42)
    young = decide("Young", 0.66 if male else 0.85)
    _hair(has, chance, rng)
    _beard(has, chance)
    smiling = decide("Smiling", 0.41 if male else 0.53)
    decide("Mouth_Slightly_Open", 0.70 if smiling else 0.28)
    decide("High_Cheekbones", 0.82 if smiling else 0.14)
    lipstick = decide("Wearing_Lipstick", 0.0 if male else (0.84 if young else 0.66))
    decide("Heavy_Makeup", 0.78 if lipstick else 0.0 if male else 0.05)
    decide("Rosy_Cheeks", 0.22 if has["Heavy_Makeup"] else 0.01)
    decide("Pale_Skin", 0.08 if male else 0.12)
    decide("Eyeglasses", (0.08 if young else 0.24) + (0.03 if male else -0.03))
    chubby = decide("Chubby", (0.03 if young else 0.18) + (0.04 if male else 0))
    decide("Double_Chin", 0.5 if chubby else 0.01 if young else 0.08)
    decide("Oval_Face", 0.02 if chubby else 0.22 if male else 0.34)
    decide("Big_Nose", (0.42 if male else 0.08) + (0 if young else 0.12))
    decide("Pointy_Nose", 0.0 if has["Big_Nose"] else 0.2 if male else 0.4)
    decide("Big_Lips", 0.16 if male else 0.3)
    decide("Narrow_Eyes", 0.13)
    decide("Bags_Under_Eyes", (0.3 if male else 0.08) + (0 if young else 0.22))
    decide("Bushy_Eyebrows", 0.26 if male else 0.06)
    decide("Arched_Eyebrows", 0.0 if has["Bushy_Eyebrows"] else 0.06 if male else 0.4)
    decide("Attractive", (0.2 if male else 0.55) + (0.15 if young else -0.15))
    decide("Blurry", 0.05)
    decide("Wearing_Earrings", 0.02 if male else 0.31)
    decide("Wearing_Necklace", 0.01 if male else 0.2)
    decide("Wearing_Necktie", (0.12 if young else 0.28) if male else 0.0)
    return has


def _hair(has: dict[str, bool], chance: dict[str, float], rng: np.random.Generator) -> None:
    """Draw the hair: at most one colour; a bald head has no attribute of hair and no hat."""
    male, young = has["Male"], has["Young"]
    colour = float(rng.random())
    has["Bald"] = male and chance["Bald"] < (0.16 if young else 0.45)
    if has["Bald"]:
        return
    has["Wearing_Hat"] = chance["Wearing_Hat"] < (0.18 if male else 0.08)
    gray = (0.03 if young else 0.52) if male else (0.02 if young else 0.46)
    black, brown, blond = (0.36, 0.20, 0.07) if male else (0.26, 0.27, 0.26)
    left = 1 - gray
    edges = np.cumsum([gray, black * left, brown * left, blond * left])
    if colour < edges[-1]:
        has[HAIR_COLOURS[int(np.searchsorted(edges, colour, side="right"))]] = True
    hat = has["Wearing_Hat"]
    receding = (0.06 if young else 0.45) if male else (0.02 if young else 0.12)
    has["Receding_Hairline"] = not hat and chance["Receding_Hairline"] < receding
    has["Bangs"] = not hat and not has["Receding_Hairline"] and chance["Bangs"] < (0.1 if male else 0.25)
    has["Wavy_Hair"] = chance["Wavy_Hair"] < (0.15 if male else 0.45)
    has["Straight_Hair"] = not has["Wavy_Hair"] and chance["Straight_Hair"] < 0.33


def _beard(has: dict[str, bool], chance: dict[str, float]) -> None:
    """Draw the beard, of men only: goatee and sideburns are parts of a beard, and a shadow excludes a beard."""
    male = has["Male"]
    has["No_Beard"] = not male or chance["No_Beard"] < 0.59
    beard = not has["No_Beard"]
    has["Mustache"] = male and chance["Mustache"] < (0.4 if beard else 0.14)
    has["Goatee"] = beard and chance["Goatee"] < 0.3
    has["Sideburns"] = beard and not (has["Goatee"] or has["Bald"]) and chance["Sideburns"] < 0.5
    has["5_o_Clock_Shadow"] = male and not beard and chance["5_o_Clock_Shadow"] < 0.3
