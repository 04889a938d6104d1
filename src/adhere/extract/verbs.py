"""Verbs that instructions begin with."""

from __future__ import annotations

from typing import Final

TASKS: Final = frozenset(
    """
    add adapt address advise analyse analyze answer apply argue arrange ask assess assist assume
    brainstorm break build calculate capitalize change check choose cite clarify classify
    collect come combine comment compare complete comply compose compute conclude confirm
    consider contain continue convert correct count craft create critique debug decide deduce
    define deliver deny derive describe design determine develop discuss display divide do
    double draft draw edit elaborate emphasize employ end ensure enter estimate evaluate examine
    expand explain explore express extract fill find finish fix focus follow format formulate
    fulfil fulfill gather generate get give go greet guess guide handle have help highlight
    identify imagine imitate implement improve include incorporate indicate infer insert
    introduce investigate judge keep label leave let limit link list listen look make mark match
    mention mimic modify name narrate note obtain offer omit optimise optimize organise organize
    outline output paraphrase perform pick plan play predict prepare present pretend print
    proceed produce propose provide put quote rank rate read rearrange recommend reduce refer
    reformulate refuse remember remind remove rename reorder repeat rephrase replace reply
    report request respond restrict return reveal review revise rewrite say scan search select
    separate set show simplify sing solve sort speak specify split spell start state steer stick
    structure style submit suggest summarise summarize support switch take talk tell think tldr
    track translate treat try turn type use utilize validate verify view walk weave wrap write
    aim allow begin bold bring conduct control cover demonstrate devise enclose enumerate extend
    frame hallucinate illustrate inform italicise italicize itemize justify map number phrase
    pitch point pose prefix prove punctuate quiz reason recap recite recount reformat relate
    render research resolve retell reword rhyme script shorten sketch stress surround synthesize
    synthesise target teach test trim underline vary
    """.split()  # noqa: SIM905  (prose is easier to read and to sort)
)
"""Those that ask for words."""

DEEDS: Final = frozenset(
    """
    accept approve assign authorise authorize backup ban block book buy call cancel charge close
    commit connect copy delete deploy disable disclose dm donate download email enable erase
    execute exfiltrate export fetch file forward grant hire import install invite invoke launch
    log mail merge message move notify open order overwrite pay ping post publish pull purchase
    push rebuy refund register reject release remit rent reschedule reserve reset return revoke
    run schedule sell send share ship sign star store subscribe sync text transfer tweet
    uninstall unlock unstar unsubscribe update upgrade upload visit withdraw wire navigate click
    """.split()  # noqa: SIM905  (prose is easier to read and to sort)
)
"""Those that ask for something done in the world."""

MANNERS: Final = frozenset(
    """
    abide accede act adhere adopt assume avoid be become begin behave bypass disregard forget
    ignore maintain obey override pretend refrain roleplay role-play simulate skip stay stop
    wait
    """.split()  # noqa: SIM905  (prose is easier to read and to sort)
)
"""Those that ask for a way of behaving."""

VERBS: Final = TASKS | DEEDS | MANNERS
