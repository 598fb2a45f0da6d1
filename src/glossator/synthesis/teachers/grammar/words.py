"""Word lists and word forms: what the rules know about English."""

from __future__ import annotations

import re


def word_set(text: str) -> frozenset[str]:
    """Split text at white space into a set of words."""
    return frozenset(text.split())


BE = frozenset({"is", "are", "was", "were"})
MODALS = frozenset({"can", "could", "may", "might", "will", "should", "must"})
HAVE = frozenset({"has", "have"})

DETERMINERS = frozenset({"the", "a", "an"})
NUMBER_WORDS = word_set(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen twenty
    thirty forty fifty sixty hundred
    """
)
PREPOSITIONS = word_set(
    """
    of for in on with from between at by over within into to through using via across during under after
    before without among upon onto around inside outside throughout against toward towards as about than per like such
    """
)
NOUN_PHRASE_PREPOSITIONS = word_set("of for in on with from between at within across")
CONJUNCTIONS = word_set("and or but nor so yet")
SUBORDINATORS = word_set(
    """
    that which who whom whose where when while if because since although though whilst unless whether how why what
    """
)
PRONOUNS = word_set(
    """
    it they he she we i you this these those them him her us me its their his our my your one ones itself
    themselves ourselves there here both each either neither none
    """
)
CLOSED_CLASS = (
    BE
    | MODALS
    | HAVE
    | DETERMINERS
    | PREPOSITIONS
    | CONJUNCTIONS
    | SUBORDINATORS
    | PRONOUNS
    | word_set(
        """
    be been being had do does did not no also then thus hence therefore however only even just
    """
    )
)

DEICTIC = word_set(
    """
    this these former latter above below following previous later earlier subsequent aforementioned preceding next same
    other another such first second third fourth fifth sixth seventh eighth ninth tenth last resulting given
    corresponding proposed here rest remaining remainder next certain
    """
)
"""Words that point at another place of the text: a question with one of them needs the passage to be understood."""

VAGUE_STARTS = word_set(
    """
    some several one many most once only all any every few more less much both each either neither none such another
    other two three four five six seven eight nine ten no nothing everything something anything people those
    """
)

PEOPLE = word_set(
    """
    students users learners instructors researchers teachers developers participants educators readers
    people scientists practitioners faculty user student learner instructor reader programmers engineers
    groups
    """
)

VAGUE_NOUNS = word_set(
    """
    research application system data comparisons network networks arrays researchers team
    method methods approach approaches result results case cases function functions value values problem
    problems idea ideas process list section way ways number set point points step steps example examples
    type types kind term terms reason reasons issue issues difference differences choice option options
    variable variables object objects element elements figure table code line lines question questions
    answer work paper article study author class property properties condition conditions order form matrix
    vector space parameter parameters operation operations argument arguments field fields name names input
    output state states procedure task tasks statement equation equations algorithm algorithms technique
    techniques goal purpose advantage benefit one ones latter former user
    """
)
"""Nouns that say nothing without an adjective: `the method`, `the result`."""

RELATIONAL_NOUNS = word_set(
    """
    effect effects consequence consequences impact impacts benefits advantages disadvantages limitations drawbacks
    outcomes causes examples strengths weaknesses exceptions differences similarities
    """
)
"""Nouns that are clear only with their `of …`."""
FIGURE_WORDS = word_set(
    "panel panels bar bars figure figures plot plots table tables curve curves upper lower left right"
)
"""Words about what one sees only on the page."""
QUANTITY_NOUNS = word_set("lot lots number majority variety plenty couple")
COUNTED_NOUNS = word_set(
    """
    dataset package library model problem algorithm method function approach strength module system network framework
    tool language project course interface operator process theory program platform experiment variable class object
    """
)
"""Singular nouns that need an article: `FordB dataset is …` is no English subject."""
LONELY_NOUNS = VAGUE_NOUNS | word_set(
    """
    topics applications requirements implementation features components advantages benefits limitations tools
    materials challenges activities exercises lessons sections chapters sessions content contents
    """
)
"""Nouns that say nothing when they stand alone: `topics include`, `implementation requires`."""

LANGUAGES = word_set(
    """
    python julia r c c++ java javascript matlab fortran stata jupyter rust scala ruby perl sas open gpu cpu sql
    html pdf markdown latex linux windows unix ml ai web phd msc english european american online introductory
    """
)
"""Names that say in what something is written, not what it is called: `a Julia package`."""

_REGULAR = word_set(
    """
    accumulate adapt aggregate allocate append assemble attach augment broadcast calibrate coordinate
    decompose delegate diagonalize duplicate enumerate exchange factorize fetch flatten fuse import infer insert
    inspect instantiate interpolate interpret invert isolate lack marginalize merge migrate monitor multiply mutate
    navigate observe overload override partition penalize permute populate possess predict prescribe propagate prove
    quantify rearrange recover reformulate reparameterize reshape resize restore retrieve rewrite rotate save
    serialize spawn standardize suffer supplement swap synchronize tune unify upgrade vary vectorize visit
    accelerate accept access accompany accomplish achieve acquaint acquire add address adjust administer adopt
    affect aim allow analyse analyze annotate apply approximate arise ask assess assign assist assume attempt
    attend automate avoid base belong benefit bound call capture cause chain challenge characterize check cite
    claim classify cluster collect combine compare compile complement complete compose comprise compute conduct
    configure confirm connect consider consist constrain construct contain contribute control converge convert
    correspond count cover create cultivate customize deal decrease define deliver demonstrate depend deploy
    derive describe design detect determine develop differ discretize discuss dispatch display distribute divide
    document download ease eliminate embed emerge emphasise emphasize employ empower enable encapsulate encode
    encounter encourage enforce engage enhance enroll ensure enter equip establish estimate evaluate evolve
    examine exceed execute exhibit exist expand expect explain exploit explore expose express extend extract
    facilitate familiarize feature filter finish focus follow force formulate foster free fund gather generate
    group guarantee guide handle happen help highlight host identify illustrate implement improve include
    incorporate increase indicate influence inform inherit initialize inspire install integrate intend interact
    introduce investigate invite invoke involve iterate last launch learn leverage license limit link list load
    localize locate maintain manage map mark match maximize measure mimic minimize mirror mitigate model modify
    motivate need normalize obtain occur offer operate optimize orchestrate organise organize outline outperform
    pair parameterize parse participate perform permit place plot pose prepare present preserve prevent
    prioritize process produce promote propose provide publish range reach receive recommend record reduce refer
    reflect register release rely remain remove render replace report represent require resolve respect restrict
    result return reuse reveal review run sample scale schedule score seek select separate serve share show
    simplify simulate solve sort specify split stand start state stem store strengthen structure study submit
    suggest suit summarize support surpass switch tackle tailor target teach terminate test track train
    transform translate treat trigger try update use utilize validate verify view visualize want warn work wrap
    yield
    """
)

_IRREGULAR: dict[str, tuple[str, str, str]] = {
    # lemma: third person, past, past participle
    "build": ("builds", "built", "built"),
    "write": ("writes", "wrote", "written"),
    "make": ("makes", "made", "made"),
    "give": ("gives", "gave", "given"),
    "take": ("takes", "took", "taken"),
    "show": ("shows", "showed", "shown"),
    "find": ("finds", "found", "found"),
    "choose": ("chooses", "chose", "chosen"),
    "draw": ("draws", "drew", "drawn"),
    "run": ("runs", "ran", "run"),
    "set": ("sets", "set", "set"),
    "teach": ("teaches", "taught", "taught"),
    "hold": ("holds", "held", "held"),
    "see": ("sees", "saw", "seen"),
    "know": ("knows", "knew", "known"),
    "lead": ("leads", "led", "led"),
    "let": ("lets", "let", "let"),
    "mean": ("means", "meant", "meant"),
    "keep": ("keeps", "kept", "kept"),
    "split": ("splits", "split", "split"),
    "begin": ("begins", "began", "begun"),
    "arise": ("arises", "arose", "arisen"),
    "seek": ("seeks", "sought", "sought"),
    "stand": ("stands", "stood", "stood"),
    "deal": ("deals", "dealt", "dealt"),
    "try": ("tries", "tried", "tried"),
    "refer": ("refers", "referred", "referred"),
    "rely": ("relies", "relied", "relied"),
    "permit": ("permits", "permitted", "permitted"),
    "have": ("has", "had", "had"),
    "grow": ("grows", "grew", "grown"),
    "bring": ("brings", "brought", "brought"),
    "come": ("comes", "came", "come"),
    "overcome": ("overcomes", "overcame", "overcome"),
    "get": ("gets", "got", "gotten"),
    "become": ("becomes", "became", "become"),
    "submit": ("submits", "submitted", "submitted"),
    "plot": ("plots", "plotted", "plotted"),
    "map": ("maps", "mapped", "mapped"),
    "wrap": ("wraps", "wrapped", "wrapped"),
    "embed": ("embeds", "embedded", "embedded"),
    "break": ("breaks", "broke", "broken"),
    "read": ("reads", "read", "read"),
    "send": ("sends", "sent", "sent"),
    "say": ("says", "said", "said"),
    "bind": ("binds", "bound", "bound"),
    "feed": ("feeds", "fed", "fed"),
    "spread": ("spreads", "spread", "spread"),
    "put": ("puts", "put", "put"),
    "equip": ("equips", "equipped", "equipped"),
}


def _third_person(lemma: str) -> str:
    if lemma.endswith(("s", "x", "z", "ch", "sh")):
        return lemma + "es"
    if lemma.endswith("y") and lemma[-2] not in "aeiou":
        return lemma[:-1] + "ies"
    return lemma + "s"


def _past(lemma: str) -> str:
    if lemma.endswith("e"):
        return lemma + "d"
    if lemma.endswith("y") and lemma[-2] not in "aeiou":
        return lemma[:-1] + "ied"
    return lemma + "ed"


BASE_VERBS = frozenset(_REGULAR) | frozenset(_IRREGULAR) | {"be", "do", "go", "understand", "read", "think", "put"}
THIRD_PERSON = {_IRREGULAR.get(v, (_third_person(v),))[0]: v for v in [*_REGULAR, *_IRREGULAR]}
PAST = {(_IRREGULAR[v][1] if v in _IRREGULAR else _past(v)): v for v in [*_REGULAR, *_IRREGULAR]}
PARTICIPLE_OF = {v: (_IRREGULAR[v][2] if v in _IRREGULAR else _past(v)) for v in [*_REGULAR, *_IRREGULAR]}
PARTICIPLES = {(_IRREGULAR[v][2] if v in _IRREGULAR else _past(v)): v for v in [*_REGULAR, *_IRREGULAR]}

ALSO_NOUNS = word_set(
    """
    uses features results supports models shows works needs measures tests aims focuses benefits plots
    returns covers scores states challenges ranges limits links lists marks matches maps groups filters
    designs displays documents downloads guides highlights helps influences increases loads offers outlines
    places processes programs projects records releases reports requests reviews runs samples scales
    schedules sets shares sorts starts structures studies switches targets tracks trains transforms updates
    views switches causes calls checks claims clusters controls cites leads makes takes turns accounts
    estimates causes builds yields attempts
    """
)
"""Third-person forms that are plural nouns as well."""

IRREGULAR_PLURALS = word_set("people data children criteria media phenomena analyses women men staff")

NOUN_LIKE_VERBS = word_set(
    """
    access support use control test model measure plot sample study process scale focus document function
    feature set run view research work change design interest help data
    """
)
"""Base verbs that are more often nouns after a verb."""

SAYS_LITTLE = re.compile(
    r"(?:offers |performs )?(?:the same|an? good|an? great|important|ideas|useful|valuable|an? important|"
    r"an? way|many|several|various|"
    r"the (?:typical|usual|standard|necessary|required)|no|not)\b"
)
"""Openings of objects that answer little: `Modia3D combines ideas from different communities.`"""

_NAME = re.compile(r"[A-Z].*[A-Z0-9]|\w*[a-z][A-Z]\w*|[A-Z]{2,}[\w-]*[a-z]\w*|.+\.jl|[a-z]+\d\w*|\w+_\w+")


def looks_like_name(word: str) -> bool:
    """Whether a word is written like a program's name or an acronym: `PyTorch`, `JuMP.jl`, `ggplot2`, `NASA`."""
    return bool(_NAME.fullmatch(word))


def is_plural(word: str) -> bool:
    """Whether a noun looks plural. Names and words in -ss, -us, -is, -ics count as singular."""
    lowered = word.lower()
    if lowered in IRREGULAR_PLURALS or lowered.endswith(("metrics", "topics", "basics", "graphics", "teristics")):
        return True
    if looks_like_name(word) and not re.fullmatch(r"[A-Z]{2,}s", word):
        return False
    return lowered.endswith("s") and not lowered.endswith(("ss", "us", "is", "ics", "'s", "’s"))


def is_adverb(word: str) -> bool:
    """Whether a word is an adverb that may stand between an auxiliary and its verb."""
    lowered = word.lower()
    if lowered in {"family", "assembly", "supply", "reply", "apply", "rely", "only", "anomaly", "early", "italy"}:
        return False
    return lowered.endswith("ly") or lowered in {
        "also",
        "often",
        "now",
        "then",
        "thus",
        "well",
        "best",
        "even",
        "ever",
        "always",
    }


def is_infinitive(word: str) -> bool:
    """Whether a word after `to` is plainly a verb: a known one, or at least no article, name, number or plural."""
    if word in BASE_VERBS:
        return True
    return (
        word.isalpha() and word.islower() and word not in CLOSED_CLASS and not is_plural(word) and not is_adverb(word)
    )


def stem(word: str) -> str:
    """Cut a word to a rough stem, so that `provides`, `provided` and `providing` meet."""
    lowered = word.lower()
    for ending in ("ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "s", "e"):
        if lowered.endswith(ending) and len(lowered) - len(ending) >= 3:
            return lowered[: -len(ending)]
    return lowered
