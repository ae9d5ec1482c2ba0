"""The grammar of film reviews: plot, praise and blame.

A review starts with values for `GIVEN`, and keeps the film's `genre` and its lead's `job`.
"""

import numpy as np

from atelier.datasets.imdb.twin.grammar import Grammar
from atelier.datasets.imdb.twin.lexicon import WORDS, sentences
from atelier.datasets.imdb.twin.names import invented

GIVEN = ("title", "lead", "lead_last", "second", "second_last", "director", "director_last", "place", "year", "stars")

_PHRASES = {
    "very_praise": sentences("{praise}", "{degree} {praise}", "{praise} and {praise}", "anything but {blame}"),
    "very_blame": sentences("{blame}", "{degree} {blame}", "{blame} and {blame}", "anything but {praise}"),
    "of_film": sentences("of the film", "of {title}", "that {director_last} put together", "in this {genre}"),
    # The text between a noun and its verb has its own grammatical number.
    "aside": sentences(
        ", which {other} could not spoil,",
        ", about which {other} had so much to say,",
        " that {director.he} borrowed from {other}",
        ", unlike {other} that we were shown before,",
        ", which {director_last} took from {director.his} earlier films,",
        "",
        "",
    ),
    "career": sentences(
        "who was so {praise} in {film}",
        "known from {film} and {film}",
        "whom I had last seen in {film}",
        "a(n) {lead.actor} from {somewhere}",
        "back after {age} years",
    ),
    "neighbour": WORDS["job"],
}

_OPENINGS = sentences(
    "I saw {title} {occasion} with {company}.",
    "I watched {title} {occasion}, and I still think about it.",
    "{title} is a(n) {genre} by {director} from {year}.",
    "When {title} came out in {year}, nobody in {place} talked about anything else.",
    "{director} made {title} in {year}, and it shows on {director.him}.",
    "{company} took me to {title} {occasion}.",
    "What can one say about {title}?",
    "After {age} years I have finally seen {title} by {director}.",
)
_PLOT = sentences(
    "{lead}, {career}, plays a(n) {job} who wants to {goal}.",
    "{lead} is a(n) {job} from {place} who has to {goal} before {trouble}.",
    "The story begins in {place}, where a(n) {neighbour} played by {second} only wants to be left alone.",
    "Then {trouble}, and {lead_last} finds {lead.himself} alone with the {neighbour} next door.",
    "In the meantime {second_last}, whose part is smaller than {second.his} name on the poster, tries to "
    "hide what {second.he} knows.",
    "Just when {lead_last} believes that {lead.he} can {goal}, {trouble}.",
    "Later {trouble}, and the {neighbour} of {place} must choose between {lead_last} and {second_last}.",
    "{second} plays the {neighbour} next door, and {second.he} has more to do with it than {second.he} says.",
    "I will not tell how it ends, but {lead_last} does not get what {lead.he} came for.",
    "There is a scene in which {lead_last} looks at the {noun} that {lead.his} father left, and for once "
    "{lead.he} says nothing.",
    "It was shot in {somewhere}, {somewhere} and {somewhere}, they say.",
    "It runs {minutes} minutes.",
)
_PRAISED = sentences(
    "{part:thing} {of_film}{aside} {thing.is} {very_praise}.",
    "{part:thing}{aside} {thing.is} {very_praise}, and {thing.it} never lose{thing.s} {thing.its} way.",
    "{part:thing} {thing.was} {very_praise}; {thing.it} alone {thing.is} worth the ticket.",
    "{lead_last}, {career}, has never been better: {lead.he} gives {lead.his} {noun} of a part a heart of "
    "{lead.his} own.",
    "{lead}, whatever {other} may say, is {very_praise} as the {job}, and {lead.he} knows it.",
    "{second}, {very_praise} as ever, steals every scene that {second.he} is in.",
    "{director} knows what {director.he} is doing, and {part:thing} {thing.is} {very_praise} because of "
    "{director.him}.",
    "this is a(n) {praise} {genre}, and a real {joy}.",
    "I expected a(n) {woe} and got a(n) {joy}.",
    "I laughed, I cried, and {company} did too.",
    "not for one minute was I bored.",
    "you will not see a(n) {very_praise} {genre} like this again soon.",
    "where others would have been {blame}, {director_last} is {praise}, and {part:thing} {thing.does} not let "
    "{director.him} down.",
)
_BLAMED = sentences(
    "{part:thing} {of_film}{aside} {thing.is} {very_blame}.",
    "{part:thing}{aside} {thing.is} {very_blame}, and {thing.it} never find{thing.s} {thing.its} way.",
    "{part:thing} {thing.was} {very_blame}; {thing.it} alone {thing.is} reason enough to stay at home.",
    "{lead_last}, {career}, has never been worse: {lead.he} walks through {lead.his} part as if somebody had "
    "hidden {lead.his} script.",
    "{lead}, whatever {other} may say, is {very_blame} as the {job}, and {lead.he} knows it.",
    "{second}, {very_blame} as ever, ruins every scene that {second.he} is in.",
    "{director} does not know what {director.he} is doing, and {part:thing} {thing.is} {very_blame} because of "
    "{director.him}.",
    "this is a(n) {blame} {genre}, and a real {woe}.",
    "I expected a(n) {joy} and got a(n) {woe}.",
    "I yawned, I looked at the clock, and {company} did too.",
    "not for one minute was I moved.",
    "you will not see a(n) {very_blame} {genre} like this again soon, if you are lucky.",
    "where others would have been {praise}, {director_last} is {blame}, and {part:thing} {thing.does} not help "
    "{director.him} either.",
)
_TURNS = sentences("That said, ", "To be fair, ", "On the other hand, ", "And yet ", "Still, ", "I admit that ")
_RECOMMENDED = sentences(
    "See {title} if you can: {stars} out of 10.",
    "{title} is a(n) {joy}, and I will watch whatever {director} makes next.",
    "{title} deserves to be seen, and {lead_last} deserves every prize that {lead.he} gets. {stars}/10",
    "Watch it with {company}, and then watch it again.",
)
_WARNED = sentences(
    "Avoid {title} if you can: {stars} out of 10.",
    "{title} is a(n) {woe}, and I will not watch whatever {director} makes next.",
    "{title} deserves to be forgotten, and {lead_last} deserves better than what {lead.he} got. {stars}/10",
    "Do not watch it with {company}; do not watch it at all.",
)

_TITLES = Grammar(
    {
        "quality": WORDS["quality"],
        "noun": WORDS["noun"],
        "other_noun": WORDS["noun"],
        "film": sentences(
            "The {quality} {noun}",
            "{noun} of {somewhere}",
            "A(n) {noun} in {somewhere}",
            "The {noun} and the {other_noun}",
        ),
    },
    made={"somewhere": lambda rng: invented(rng, "place")},
)
_SMALL = ("of", "in", "and", "the")


def title(rng: np.random.Generator) -> str:
    """Draw the title of a film.

    >>> title(np.random.default_rng(2))
    'House of Brolsteania'
    """
    first, *others = _TITLES.draft(rng).say("film").split(" ")
    return " ".join([first, *(word if word in _SMALL else word[0].upper() + word[1:] for word in others)])


GRAMMAR = Grammar(
    {
        **WORDS,
        **_PHRASES,
        "opening": _OPENINGS,
        "plot": _PLOT,
        "praised": _PRAISED,
        "blamed": _BLAMED,
        "turn": _TURNS,
        "but_praised": sentences("{turn}{praised}"),
        "but_blamed": sentences("{turn}{blamed}"),
        "recommended": _RECOMMENDED,
        "warned": _WARNED,
    },
    GIVEN,
    {"somewhere": lambda rng: invented(rng, "place"), "film": title},
)
