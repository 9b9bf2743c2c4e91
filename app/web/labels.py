"""Names of our codes in plain words. `mark` only tells the catalogues that a word exists; `Labels` translates it."""

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from typing import ClassVar, Self

from fastapi import Request

from app.web.catalogues import choose_language, translations

Vocabularies = Mapping[str, Mapping[str, str]]
"""Words by code, by the context that the catalogues know them in."""


def mark(_context: str, message: str) -> str:
    """Note a message, with its context, for the catalogues."""
    return message


KINDS = {
    "company": mark("kind", "Company"),
    "cluster": mark("kind", "Cluster"),
    "lab": mark("kind", "Laboratory"),
    "university": mark("kind", "University"),
    "technical_centre": mark("kind", "Technical centre"),
    "agency": mark("kind", "Agency"),
    "park": mark("kind", "Business park"),
    "incubator": mark("kind", "Incubator"),
    "chamber": mark("kind", "Chamber of commerce"),
    "funder": mark("kind", "Funder"),
    "research_network": mark("kind", "Research network"),
    "hospital": mark("kind", "Hospital"),
    "public_body": mark("kind", "Public body"),
    "support": mark("kind", "Support organisation"),
    "other": mark("kind", "Organisation"),
}
PARTS = {
    "need_offer": mark("part", "Your need, their offer"),
    "offer_need": mark("part", "Their need, your offer"),
    "profile": mark("part", "Profile"),
    "theme": mark("part", "Theme"),
    "kind": mark("part", "Kind"),
    "language": mark("part", "Language"),
    "distance": mark("part", "Distance"),
    "size": mark("part", "Size"),
    "history": mark("part", "History"),
    "twin": mark("part", "Too alike"),
}
RELATIONS = {
    "tandem": mark("relation", "Tandem with"),
    "partner": mark("relation", "Partner of"),
    "agreement": mark("relation", "Agreement with"),
    "member_of": mark("relation", "Member of"),
    "part_of": mark("relation", "Part of"),
    "located_in": mark("relation", "Located in"),
    "hosts": mark("relation", "Hosts"),
    "near": mark("relation", "Next to"),
    "shares_direction_with": mark("relation", "Shares its direction with"),
    "research_arm_of": mark("relation", "Research arm of"),
    "supports": mark("relation", "Supports"),
    "shareholder_of": mark("relation", "Shareholder of"),
    "predecessor_of": mark("relation", "Predecessor of"),
    "successor_of": mark("relation", "Successor of"),
    "in_governance_of": mark("relation", "In the governance of"),
    "integrates": mark("relation", "Integrates"),
    "funded_by": mark("relation", "Funded by"),
    "funds": mark("relation", "Funds"),
    "carried_by": mark("relation", "Carried by"),
    "originator_of": mark("relation", "Originator of"),
    "joint_lab_with": mark("relation", "Joint laboratory with"),
    "owner_of": mark("relation", "Owner of"),
    "tried_and_failed": mark("relation", "Tried, did not work with"),
}
STANDINGS = {
    "suggested": mark("standing", "suggested before"),
    "met": mark("standing", "met before"),
    "liked": mark("standing", "met before, wants more"),
    "disliked": mark("standing", "met before, no interest"),
    "in_discussion": mark("standing", "in discussion"),
    "agreement": mark("standing", "agreement signed"),
    "active": mark("standing", "partners already"),
    "dormant": mark("standing", "dormant partnership"),
    "ended": mark("standing", "partnership ended"),
    "failed": mark("standing", "tried, did not work"),
}
CAUSES = {
    "availability": mark("cause", "not there in enough rounds"),
    "side": mark("cause", "nobody left to meet on another side"),
    "veto": mark("cause", "vetoes leave nobody to meet"),
    "capacity": mark("cause", "not enough places"),
    "language": mark("cause", "no common language and no interpreter"),
}
STATES = {
    "computing": mark("state", "Being computed"),
    "failed": mark("state", "Failed"),
    "draft": mark("state", "Draft"),
    "published": mark("state", "Published"),
    "superseded": mark("state", "Superseded"),
}
STAGES = {
    "waiting": mark("stage", "Waiting for its turn"),
    "selection": mark("stage", "Choosing who meets whom"),
    "polish": mark("stage", "Improving the schedule"),
    "breaks": mark("stage", "Closing the gaps"),
}
AUDIENCES = {
    "public": mark("audience", "Everybody"),
    "event": mark("audience", "Participants of its events"),
    "mutual": mark("audience", "Whom it met, after a yes on both sides"),
    "organiser": mark("audience", "Organisers only"),
}
HIDEABLE = {
    "description": mark("hideable", "About"),
    "offers": mark("hideable", "Offers"),
    "needs": mark("hideable", "Looks for"),
    "aliases": mark("hideable", "Also known as"),
    "region": mark("hideable", "Region"),
    "nuts": mark("hideable", "NUTS code"),
    "city": mark("hideable", "City"),
    "position": mark("hideable", "Latitude and longitude"),
    "website": mark("hideable", "Website"),
    "size": mark("hideable", "Staff"),
    "relations": mark("hideable", "Relations and tandems"),
}
SECTORS = {
    "advanced_materials": mark("sector", "Advanced materials"),
    "aerospace": mark("sector", "Aerospace"),
    "agriculture": mark("sector", "Agriculture"),
    "agrifood": mark("sector", "Agrifood"),
    "audiovisual": mark("sector", "Audiovisual"),
    "automotive": mark("sector", "Automotive"),
    "biotech": mark("sector", "Biotech"),
    "chemistry": mark("sector", "Chemistry"),
    "construction": mark("sector", "Construction"),
    "cross_border_cooperation": mark("sector", "Cross-border cooperation"),
    "design": mark("sector", "Design"),
    "digital": mark("sector", "Digital"),
    "energy": mark("sector", "Energy"),
    "environment": mark("sector", "Environment"),
    "events": mark("sector", "Events"),
    "fashion": mark("sector", "Fashion"),
    "finance": mark("sector", "Finance"),
    "games": mark("sector", "Games"),
    "health": mark("sector", "Health"),
    "heritage": mark("sector", "Heritage"),
    "innovation_support": mark("sector", "Innovation support"),
    "logistics": mark("sector", "Logistics"),
    "manufacturing": mark("sector", "Manufacturing"),
    "marine": mark("sector", "Marine"),
    "medical_devices": mark("sector", "Medical devices"),
    "packaging": mark("sector", "Packaging"),
    "plastics": mark("sector", "Plastics"),
    "printing": mark("sector", "Printing"),
    "rail": mark("sector", "Rail"),
    "research": mark("sector", "Research"),
    "retail": mark("sector", "Retail"),
    "sport": mark("sector", "Sport"),
    "technology_transfer": mark("sector", "Technology transfer"),
    "territorial_development": mark("sector", "Territorial development"),
    "textile": mark("sector", "Textile"),
    "tourism": mark("sector", "Tourism"),
    "training": mark("sector", "Training"),
    "visualisation": mark("sector", "Visualisation"),
    "waste_recycling": mark("sector", "Waste and recycling"),
    "water": mark("sector", "Water"),
    "wood": mark("sector", "Wood"),
}


@dataclass(frozen=True)
class Labels:
    """Codes in the words of one language; a code we do not know is shown as it is, without its underscores."""

    translations: NullTranslations
    vocabularies: ClassVar[Vocabularies] = {
        "kind": KINDS,
        "part": PARTS,
        "relation": RELATIONS,
        "standing": STANDINGS,
        "cause": CAUSES,
        "state": STATES,
        "stage": STAGES,
        "sector": SECTORS,
        "audience": AUDIENCES,
        "hideable": HIDEABLE,
    }
    """Those of every page; a room has its own."""

    @classmethod
    def of(cls, request: Request) -> Self:
        """In the language of the reader."""
        return cls(translations(choose_language(request)))

    def __call__(self, vocabulary: str, code: str) -> str:
        known = self.vocabularies[vocabulary].get(code)
        if known is None:
            plain = code.replace("_", " ").strip()
            return plain[:1].upper() + plain[1:]
        return self.translations.pgettext(vocabulary, known)
