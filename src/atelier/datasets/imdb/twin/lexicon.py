"""The words of film reviews, by part of speech."""

from atelier.datasets.imdb.twin.grammar import Production

_ONE = {"is": "is", "was": "was", "has": "has", "does": "does", "it": "it", "its": "its", "s": "s", "one": "one"}
_MANY = {"is": "are", "was": "were", "has": "have", "does": "do", "it": "they", "its": "their", "s": "", "one": "ones"}


def ranked(words: str) -> list[Production]:
    """Split words at commas; the n-th word has weight 1/n."""
    return [Production(word.strip(), 1 / rank) for rank, word in enumerate(words.split(","), 1)]


def numbered(singular: str, plural: str) -> list[Production]:
    """Return nouns with the verbs that agree with them."""
    return [
        Production(word.text, word.weight, features)
        for words, features in ((singular, _ONE), (plural, _MANY))
        for word in ranked(words)
    ]


def sentences(*texts: str) -> list[Production]:
    """Return equally likely sentences."""
    return [Production(text) for text in texts]


WORDS: dict[str, list[Production]] = {
    # Parts of a film that can be good or bad.
    "part": numbered(
        "the script, the plot, the music, the photography, the dialogue, the pacing, the ending, the editing, "
        "the whole story, the second act, the supporting cast, the atmosphere, the score, the sound, the opening",
        "the characters, the jokes, the performances, the special effects, the costumes, the songs, the sets, "
        "the action scenes, the flashbacks, the minor roles, the last twenty minutes, the landscapes, the fights",
    ),
    "other": ranked(
        "the producers, the studio, the camera, the budget, the trailer, the poster, the critics, the audience, "
        "the novel, the first film, the sequel, the writers, the editor, the voice-over"
    ),
    "praise": ranked(
        "great, wonderful, excellent, funny, beautiful, moving, brilliant, superb, clever, touching, charming, "
        "fresh, gripping, honest, witty, delightful, haunting, tender, graceful, flawless, luminous, exquisite"
    ),
    "blame": ranked(
        "bad, boring, terrible, awful, dull, predictable, stupid, weak, flat, silly, lifeless, clumsy, tedious, "
        "forgettable, lazy, wooden, shallow, hollow, painful, pointless, incoherent, insipid"
    ),
    "degree": ranked("very, really, quite, so, truly, absolutely, utterly, surprisingly, remarkably, simply"),
    "joy": ranked("joy, surprise, pleasure, treat, delight, gem, triumph, small miracle, masterpiece, revelation"),
    "woe": ranked("mess, waste of time, disappointment, bore, disaster, failure, insult, chore, missed chance, wreck"),
    "genre": ranked(
        "comedy, thriller, drama, horror film, western, love story, mystery, war film, musical, crime story, "
        "family film, science fiction film, documentary, costume drama, road movie, satire, ghost story, fairy tale"
    ),
    "job": ranked(
        "detective, teacher, doctor, farmer, gardener, soldier, singer, journalist, thief, pilot, lawyer, painter, "
        "sailor, nurse, baker, chess player, clockmaker, lighthouse keeper, beekeeper, cartographer, taxidermist"
    ),
    "goal": ranked(
        "find {lead.his} missing brother, win back {lead.his} old job, save the family farm, rob the town's only bank, "
        "forget the war, sell a house that nobody wants, clear {lead.his} name, cross the desert, "
        "learn who {lead.he} really is, bury an old secret, write one last song, teach a parrot to sing"
    ),
    "trouble": ranked(
        "a storm cuts off the town, the money disappears, an old friend returns, the police arrive, a letter arrives, "
        "the train never comes, a stranger moves in next door, the bridge collapses, the dog begins to talk, "
        "the dead begin to telephone, a child recognises {lead.him}, the lights go out"
    ),
    "noun": ranked(
        "night, house, river, summer, garden, road, winter, letter, stranger, island, shadow, mirror, train, harvest, "
        "lantern, orchard, clock, tide, carousel, sparrow, violin, cellar, comet, labyrinth, lighthouse, umbrella"
    ),
    "quality": ranked(
        "last, long, dark, lost, silent, red, secret, golden, broken, empty, distant, hollow, crooked, burning, "
        "sleeping, forgotten, patient, invisible, borrowed, velvet"
    ),
    "company": ranked(
        "my wife, my sister, a friend, my brother, two colleagues, my father, the children, my neighbours"
    ),
    "occasion": ranked(
        "last night, on television, at a festival, on a long flight, in an almost empty cinema, on an old tape, "
        "by accident, on a rainy Sunday, at a friend's house, for the third time"
    ),
    "age": ranked("ten, twelve, fifteen, twenty, thirty, forty, six, fifty"),
    "minutes": ranked("ninety, twenty, thirty, forty, ten, fifteen, a hundred and ten, seventy"),
}
