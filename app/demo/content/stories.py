"""Fourteen candidates with fixed numbers, K-200001 to K-200014, one for each promise of the product, and a few odd names after them.

Every person is made up. Days are counted back from today; a negative one is still to come. Tables that do not exist yet (invitations,
handovers, exclusions) will add their part to the same people. Their motivations and conversations stand in stories.json, by promise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.enums import (
    ConsentEvent,
    ConsentPurpose,
    DutchLevel,
    Education,
    Function,
    Holder,
    MatchParty,
    MatchState,
    Qualification,
    Route,
    Sector,
    Source,
    Stage,
    Status,
    Valuation,
)

S, A, M, P = Stage, Status.ACTIVE, MatchState, ConsentPurpose
GIVEN, WITHDRAWN = ConsentEvent.GIVEN, ConsentEvent.WITHDRAWN
UTRECHT, ROTTERDAM, GOOI, NATIONAL = "Regio Utrecht", "Regio Rotterdam", "Regio Gooi", "Landelijk"

Step = tuple[float, Stage, Status, str, bool, str | None]  # days ago, stage, status, region, with an adviser, reason
TaskText = tuple[str, Holder, int]  # title, who has the ball, due in so many days
Event = tuple[ConsentPurpose, ConsentEvent, float]


@dataclass(frozen=True)
class MatchText:
    """A match with the moves it made; at the school of the demo account unless a programme is named."""

    steps: tuple[tuple[MatchState, float], ...]
    programme: str | None = None
    by: MatchParty | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Story:
    """One candidate. `promise` says what this file shows."""

    promise: str
    name: tuple[str | None, str | None, str | None]
    pc4: str
    steps: tuple[Step, ...]
    email: str | None = None
    phone: int | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    sectors: frozenset[Sector] = frozenset({Sector.PO})
    routes: frozenset[Route] = frozenset({Route.UNKNOWN})
    qualification: Qualification = Qualification.NO_IDEA_YET
    function: Function = Function.TEACHER
    subjects: tuple[str, ...] = ()
    radius: int = 15
    source: Source = Source.DESK
    paused_for: int | None = None
    tasks: tuple[TaskText, ...] = ()
    consents: tuple[Event, ...] = ()
    match: MatchText | None = None
    activities: tuple[str, ...] = ()


def _schooling(education: Education, field_of_study: str, sector: str, function: str, employer: str | None = None) -> dict[str, Any]:
    return {
        "education": education,
        "field_of_study": field_of_study,
        "current_sector": sector,
        "current_function": function,
        "employer": employer,
    }


def _way(region: str, *steps: tuple[float, Stage], status: tuple[float, Status, str] | None = None) -> tuple[Step, ...]:
    """In the inbox first, taken by an adviser a day later, then stage by stage."""
    days, stage = steps[0]
    way: list[Step] = [(days, stage, A, region, False, None), (days - 1, stage, A, region, True, None)]
    way += [(ago, to, A, region, True, None) for ago, to in steps[1:]]
    if status:
        way.append((status[0], way[-1][1], status[1], region, True, status[2]))
    return tuple(way)


STORIES: tuple[Story, ...] = (
    Story(
        # 1 · The happy path: from first question to a meeting with a school, and she can sign in herself (fatima@demo.test).
        promise="the happy path",
        name=("Fatima", None, "El Idrissi"),
        email="fatima@demo.test",
        phone=661_000_001,
        pc4="3527",
        steps=_way(UTRECHT, (142, S.EXPLORING), (118, S.ORIENTING), (64, S.DECIDING), (30, S.MATCHING)),
        columns=_schooling(Education.HBO_BACHELOR, "communicatie", "overheid", "communicatieadviseur", "Gemeente Waterrijk")
        | {"birth_year": 1988, "hours_min": 24, "hours_max": 32},
        routes=frozenset({Route.ZIJ_INSTROOM}),
        qualification=Qualification.PABO,
        subjects=("Groepsonderwijs basisschool",),
        source=Source.EMBED,
        tasks=(("Laten weten hoe het gesprek met de school was", Holder.CANDIDATE, 4), ("Vragen hoe het gesprek ging", Holder.ADVISER, 6)),
        consents=((P.FINDABLE, GIVEN, 60), (P.MESSAGES, GIVEN, 142), (P.STATISTICS, GIVEN, 142)),
        match=MatchText(((M.PROPOSED, 26), (M.INTEREST_ORGANISATION, 20), (M.MUTUAL, 15), (M.MEETING_PLANNED, 8))),
        activities=("inloop-utrecht-2", "online"),
    ),
    Story(
        # 2 · Fits the PDG: no hbo diploma, but a trade that vocational education needs.
        promise="the PDG fitter",
        name=("Bram", "van den", "Heuvel"),
        email="bram.vandenheuvel@berkpost.test",
        phone=661_000_002,
        pc4="3071",
        steps=_way(ROTTERDAM, (95, S.ORIENTING), (40, S.DECIDING)),
        columns=_schooling(Education.MBO_4, "elektrotechniek", "installatietechniek", "installatiemonteur", "Stroomkracht")
        | {"birth_year": 1979, "hours_min": 32, "hours_max": 40},
        sectors=frozenset({Sector.MBO}),
        routes=frozenset({Route.PDG}),
        qualification=Qualification.PDG,
        subjects=("Elektrotechniek",),
        tasks=(("Gesprek met het roc over een geschiktheidsverklaring regelen", Holder.ADVISER, 5),),
        consents=((P.FINDABLE, GIVEN, 38), (P.MESSAGES, GIVEN, 95)),
    ),
    Story(
        # 3 · A refugee physicist: a foreign diploma under valuation and Dutch as a second language, level II.
        promise="the refugee physicist with NT2",
        name=("Selam", None, "Tesfay"),
        email="selam.tesfay@lindepost.test",
        phone=661_000_003,
        pc4="3564",
        steps=_way(UTRECHT, (80, S.EXPLORING), (52, S.ORIENTING)),
        columns=_schooling(Education.WO_MASTER, "natuurkunde", "detailhandel", "vulploegleider")
        | {"diploma_country": "ER", "diploma_valuation": Valuation.REQUESTED, "dutch_level": DutchLevel.NT2_II, "birth_year": 1990},
        sectors=frozenset({Sector.VO}),
        routes=frozenset({Route.ZIJ_INSTROOM, Route.EDUCATIEVE_MASTER}),
        qualification=Qualification.SECOND_DEGREE,
        subjects=("Natuurkunde", "Wiskunde"),
        tasks=(("Navragen hoe ver de diplomawaardering is", Holder.ADVISER, 2), ("Meelopen bij natuurkunde", Holder.CANDIDATE, 11)),
        consents=((P.FINDABLE, GIVEN, 50), (P.MESSAGES, GIVEN, 80)),
    ),
    Story(
        # 4 · The fallen-through match: back in the pool, with a follow-up for the adviser within five working days.
        promise="the fallen-through match",
        name=("Joanna", None, "Kowalska"),
        email="joanna.kowalska@wilgnet.test",
        phone=661_000_004,
        pc4="3431",
        steps=_way(UTRECHT, (210, S.EXPLORING), (180, S.ORIENTING), (110, S.DECIDING), (70, S.MATCHING)),
        columns=_schooling(Education.HBO_BACHELOR, "fysiotherapie", "zorg", "fysiotherapeut", "Ziekenhuis Rijnpoort")
        | {"hours_min": 16, "hours_max": 24},
        routes=frozenset({Route.ZIJ_INSTROOM}),
        qualification=Qualification.PABO,
        subjects=("Groepsonderwijs basisschool", "Bewegingsonderwijs"),
        tasks=(("Bellen over de match die niet doorging en twee andere scholen voorstellen", Holder.ADVISER, 3),),
        consents=((P.FINDABLE, GIVEN, 100), (P.MESSAGES, GIVEN, 210)),
        match=MatchText(
            (
                (M.PROPOSED, 40),
                (M.INTEREST_CANDIDATE, 36),
                (M.MUTUAL, 28),
                (M.MEETING_PLANNED, 20),
                (M.MEETING_HELD, 9),
                (M.FELL_THROUGH, 4),
            ),
            by=MatchParty.ORGANISATION,
            reason="Zoekt iemand voor meer dagen",
        ),
    ),
    Story(
        # 5 · Came in nationally and waits for a region: the national package.
        promise="the national package",
        name=("Kees", "de", "Vries"),
        email="kees.devries@molenpost.test",
        phone=661_000_005,
        pc4="3512",
        steps=_way(NATIONAL, (9, S.EXPLORING), (4, S.ORIENTING)),
        columns=_schooling(Education.WO_MASTER, "econometrie", "verzekeringen", "data-analist", "Verzekeraar De Brug"),
        sectors=frozenset({Sector.VO}),
        routes=frozenset({Route.EDUCATIEVE_MODULE}),
        qualification=Qualification.LIMITED_SECOND_DEGREE,
        subjects=("Wiskunde",),
        source=Source.NATIONAL,
        tasks=(("Vragen of Regio Utrecht de overdracht aanneemt", Holder.ADVISER, 1),),
        consents=((P.HANDOVER, GIVEN, 6), (P.FINDABLE, GIVEN, 6), (P.MESSAGES, GIVEN, 9)),
    ),
    Story(
        # 6 · Moved from Gooi to Rotterdam: the file moved whole, the history still says where it was.
        promise="moved to another region",
        name=("Aylin", None, "Yılmaz"),
        email="aylin.yilmaz@veldbus.test",
        phone=661_000_006,
        pc4="3039",
        steps=(
            *_way(GOOI, (160, S.EXPLORING), (120, S.ORIENTING)),
            (33, S.ORIENTING, A, ROTTERDAM, False, "Verhuisd naar Rotterdam"),
            (30, S.ORIENTING, A, ROTTERDAM, True, None),
            (14, S.DECIDING, A, ROTTERDAM, True, None),
        ),
        columns=_schooling(Education.HBO_BACHELOR, "marketing", "zakelijke dienstverlening", "marketeer", "Adviesbureau Driehoek"),
        sectors=frozenset({Sector.VO, Sector.MBO}),
        routes=frozenset({Route.KOPOPLEIDING}),
        qualification=Qualification.SECOND_DEGREE,
        subjects=("Economie",),
        tasks=(("Opleidingen in Rotterdam op een rij zetten", Holder.ADVISER, 7),),
        consents=((P.FINDABLE, GIVEN, 118), (P.HANDOVER, GIVEN, 34), (P.MESSAGES, GIVEN, 160)),
    ),
    Story(
        # 7 · Hides from the own employer: works at the board of hr@demo.test, findable for everybody else.
        promise="hides from the own employer",
        name=("Marieke", None, "Jansen"),
        email="marieke.jansen@sterkamer.test",
        phone=661_000_007,
        pc4="3581",
        steps=_way(UTRECHT, (75, S.ORIENTING), (35, S.MATCHING)),
        columns=_schooling(
            Education.HBO_BACHELOR, "personeel en arbeid", "onderwijs", "medewerker personeelszaken", "Stichting Domstad Onderwijs"
        ),
        routes=frozenset({Route.PART_TIME}),
        qualification=Qualification.PABO,
        subjects=("Groepsonderwijs basisschool",),
        tasks=(("Nagaan of de uitsluiting klopt", Holder.ADVISER, 9),),
        consents=((P.FINDABLE, GIVEN, 33), (P.MESSAGES, GIVEN, 75)),
    ),
    Story(
        # 8 · Opted out yesterday: gone from the finder on the next request.
        promise="opted out yesterday",
        name=("Daan", None, "Visser"),
        email="daan.visser@duinpunt.test",
        phone=661_000_008,
        pc4="3703",
        steps=_way(UTRECHT, (130, S.EXPLORING), (90, S.ORIENTING), (45, S.MATCHING)),
        columns=_schooling(Education.WO_BACHELOR, "Engelse taal en cultuur", "taaldiensten", "vertaler"),
        sectors=frozenset({Sector.VO}),
        routes=frozenset({Route.EDUCATIEVE_MODULE}),
        qualification=Qualification.LIMITED_SECOND_DEGREE,
        subjects=("Engels",),
        tasks=(("Bellen: heeft toestemming om gevonden te worden ingetrokken", Holder.ADVISER, 1),),
        consents=((P.FINDABLE, GIVEN, 88), (P.FINDABLE, WITHDRAWN, 1), (P.MESSAGES, GIVEN, 130)),
    ),
    Story(
        # 9 · The duplicate: the same person as K-200015 in another region, told by capitals in the address and by the telephone.
        # (The googlemail.com rule itself has a unit test: the demo holds .test addresses only.)
        promise="the duplicate",
        name=("Rachid", None, "Bouzid"),
        email="Rachid.Bouzid@Havenmail.test",
        phone=661_000_009,
        pc4="3561",
        steps=_way(UTRECHT, (25, S.EXPLORING), (10, S.ORIENTING)),
        columns=_schooling(Education.MBO_4, "sport en bewegen", "sport", "sportcoach"),
        sectors=frozenset({Sector.PO, Sector.VO}),
        subjects=("Lichamelijke opvoeding",),
        tasks=(("Vragen of hij ook in Rotterdam is ingeschreven", Holder.ADVISER, 2),),
        consents=((P.MESSAGES, GIVEN, 25),),
    ),
    Story(
        # 10 · Two unanswered invitations: out of the finder, and the adviser calls.
        promise="two unanswered invitations",
        name=("Sanne", None, "Bakker"),
        email="sanne.bakker@brugpad.test",
        phone=661_000_010,
        pc4="3992",
        steps=_way(UTRECHT, (150, S.EXPLORING), (128, S.ORIENTING)),
        columns=_schooling(Education.HBO_BACHELOR, "verpleegkunde", "zorg", "verpleegkundige", "Zorggroep Meerzicht"),
        sectors=frozenset({Sector.MBO}),
        routes=frozenset({Route.PDG}),
        qualification=Qualification.PDG,
        subjects=("Verpleegkunde",),
        tasks=(("Bellen: twee uitnodigingen van scholen niet beantwoord", Holder.ADVISER, -2),),
        consents=((P.FINDABLE, GIVEN, 120), (P.MESSAGES, GIVEN, 150)),
    ),
    Story(
        # 11 · From classroom assistant to teacher, with the employer.
        promise="from assistant to teacher",
        name=("Priya", None, "Ramdin"),
        email="priya.ramdin@zonhof.test",
        phone=661_000_011,
        pc4="3525",
        steps=_way(UTRECHT, (240, S.EXPLORING), (200, S.ORIENTING), (130, S.DECIDING), (60, S.PREPARING)),
        columns=_schooling(Education.MBO_4, "onderwijsassistent", "basisonderwijs", "onderwijsassistent", "Stichting Waterlijn Scholen"),
        routes=frozenset({Route.ASSISTANT_TO_TEACHER}),
        qualification=Qualification.PABO,
        function=Function.TEACHER,
        subjects=("Groepsonderwijs basisschool",),
        tasks=(("Vragen of de werkgever de subsidie heeft aangevraagd", Holder.SCHOOL, 12),),
        consents=((P.MESSAGES, GIVEN, 240), (P.STATISTICS, GIVEN, 240)),
    ),
    Story(
        # 12 · The hybrid teacher: keeps the job and teaches one or two days.
        promise="the hybrid teacher",
        name=("Jeroen", None, "Smeets"),
        email="jeroen.smeets@eikspoor.test",
        phone=661_000_012,
        pc4="5616",
        steps=_way("Regio Eindhoven en De Kempen", (105, S.ORIENTING), (66, S.DECIDING), (21, S.MATCHING)),
        columns=_schooling(Education.HBO_BACHELOR, "werktuigbouwkunde", "industrie", "werktuigbouwkundige", "Groep Zevenster")
        | {"hours_min": 8, "hours_max": 16},
        sectors=frozenset({Sector.VO, Sector.MBO}),
        routes=frozenset({Route.HYBRID}),
        qualification=Qualification.SECOND_DEGREE,
        subjects=("Techniek", "Natuurkunde"),
        tasks=(("Technasium in Eindhoven bellen", Holder.ADVISER, 3),),
        consents=((P.FINDABLE, GIVEN, 64), (P.MESSAGES, GIVEN, 105)),
    ),
    Story(
        # 13 · "Wil niet meer": answered an invitation with that, left the pool, and the adviser hears of it.
        promise="does not want to go on",
        name=("Wouter", None, "Dijkstra"),
        email="wouter.dijkstra@windlijn.test",
        phone=661_000_013,
        pc4="3446",
        steps=_way(UTRECHT, (190, S.EXPLORING), (150, S.ORIENTING), (90, S.DECIDING)),
        columns=_schooling(Education.HBO_BACHELOR, "informatica", "ICT", "softwareontwikkelaar", "Softwarehuis Klaver"),
        sectors=frozenset({Sector.VO}),
        routes=frozenset({Route.ZIJ_INSTROOM}),
        qualification=Qualification.SECOND_DEGREE,
        subjects=("Informatica",),
        tasks=(("Bellen: heeft aangegeven niet meer verder te willen", Holder.ADVISER, 0),),
        consents=((P.FINDABLE, GIVEN, 100), (P.FINDABLE, WITHDRAWN, 2), (P.MESSAGES, GIVEN, 190)),
    ),
    Story(
        # 14 · On the waiting list of the full shadowing day.
        promise="the waiting list",
        name=("Mei Lin", None, "Chen"),
        email="meilin.chen@slotkring.test",
        phone=661_000_014,
        pc4="3514",
        steps=_way(UTRECHT, (48, S.EXPLORING), (20, S.ORIENTING)),
        columns=_schooling(Education.HBO_BACHELOR, "vormgeving", "creatieve sector", "grafisch ontwerper"),
        subjects=("Groepsonderwijs basisschool", "Beeldende vorming"),
        routes=frozenset({Route.SHORT_PART_TIME}),
        qualification=Qualification.PABO,
        tasks=(("Andere meeloopdag zoeken als er geen plek vrijkomt", Holder.ADVISER, 6),),
        consents=((P.FINDABLE, GIVEN, 18), (P.MESSAGES, GIVEN, 48)),
        activities=("full",),
    ),
    Story(
        promise="the other half of the duplicate (9)",
        name=("R.", None, "Bouzid"),
        email="rachid.bouzid@havenmail.test",
        phone=661_000_009,
        pc4="3012",
        steps=_way(ROTTERDAM, (16, S.EXPLORING)),
        subjects=("Lichamelijke opvoeding",),
        source=Source.ACTIVITY,
        tasks=(("Eerste gesprek plannen", Holder.ADVISER, 1),),
        consents=((P.MESSAGES, GIVEN, 16),),
    ),
    Story(
        promise="a name of 45 characters",
        name=("Wilhelmina Theodora", "van den", "Boogaard-Hendriks"),
        email="wilhelmina@toerenpost.test",
        pc4="3402",
        steps=_way(UTRECHT, (55, S.EXPLORING), (28, S.ORIENTING), status=(12, Status.PAUSED, "Zorg thuis")),
        paused_for=24,
        subjects=("Groepsonderwijs basisschool",),
        consents=((P.MESSAGES, GIVEN, 55),),
    ),
    Story(
        promise="a single name",
        name=("Wulandari", None, None),
        email="wulandari@maanzicht.test",
        phone=661_000_017,
        pc4="3533",
        steps=_way(UTRECHT, (37, S.EXPLORING)),
        subjects=("Muziek",),
        sectors=frozenset({Sector.VO}),
        tasks=(("Vragen welke muzieklessen ze al geeft", Holder.ADVISER, 8),),
        consents=((P.FINDABLE, GIVEN, 30),),
    ),
    Story(
        promise="only a telephone",
        name=("Truus", "ter", "Horst"),
        phone=661_000_018,
        pc4="3435",
        steps=_way(UTRECHT, (21, S.EXPLORING)),
        subjects=("Groepsonderwijs speciaal onderwijs",),
        sectors=frozenset({Sector.SO}),
        tasks=(("Bellen na vier uur, heeft geen mail", Holder.ADVISER, 3),),
    ),
)
