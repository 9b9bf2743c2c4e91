"""Words that stand in names of organisations and give nobody away: what they are, what they do, where they look to."""

from functools import cache

from app.services.importing.sectors import divisions
from app.services.importing.words import code_words, country_words, fold_word
from app.services.texts import LEGAL_FORMS, SMALL_WORDS

_OWN = """
academy academie akademie advanced advies adviesbureau aeronautique aerospace agri agricole agriculture agro
alliance alimentaire alimentation analyse analysis anlagen applications applied architect architecte
architectes architectural architecture architecten art arte arts artisan artisanal artisanat assembly atelier ateliers
audio automatic automation automatisering automatisation automobile automotive bakery banque bank base bau bauen
bedrijf bedrijven beer beratung berufs beton bier bike bio biologie biology biotech biotechnologie biotechnology
board boat boats boissons books bouw bouwen brasserie brauerei brewery brouwerij building bureau business cable campus
capital care cars catering center centre centres centro centrum cereales chemical chemicals chemie chemistry chimie
chimique cinema circular circulaire city ciudad clean climate clothing cloud club cluster coatings coating collectif
collective college comite commerce commercial commission committee communication communications community company
composites composite computer computing confection conseil conseils consortium construction constructions consultancy
consultant consultants consulting contemporary content control cooperation cooperative cosmetics council craft
creation creations creative culture cultural customs cyber danish data daten defence defense delta design designer
deutsche deutscher deutsches developpement development devices dienst diensten dienstleistung digital digitaal
digitale distribution dynamics dyeing east eau eaux ecole ecologie economic economie economy education efficiency
electric electrical electricity electronic electronics elektro elektronik elektronica elektrotechniek emballage
emballages energie energies energy engineering enterprise enterprises entreprise entreprises environment
environnement equipement equipements equipment escuela estudio estudios europe european europeen europeenne europees
europa europaische excellence export expert expertise experts fabric fabrics fabrik fabrique factory family farm
farming fashion federation feed fiber fibers fibre fibres film films filtration finance financial finishing fish
fisheries fixation flax flavours food foods form forest foret forschung foundation fondation fonds formation foundry
france francais francaise freight french fresh fruits fund fundacion furniture future galerie gallery games garden gas
general geo german germany gestion glass glas global gold graphic green greenhouse group groep groupe grupo gruppe
gymnasium habitat handel haus health healthcare heating high home hospital hotel house housing human hydrogen
hydrogene ict image images immobilier import imprimerie incubateur incubator industria industrial industrie
industriel industrielle industriels industries industry informatica informatik informatique information ingenieria
ingenierie ingenieur ingenieurs initiative innovation innovations innovatie instalaciones installation institut
institute instituto instituut instrument instruments insurance integration intelligence interactive interior
interieur international internationale internet investment ingenieurburo jardin kitchen klinik knitting kultur
kunst kunststoff kunststoffe lab labo laboratoire laboratoires laboratories laboratorium laboratory labs land
landbouw language laser leather library life light lighting lin line linen living local logistics logistik
logistique logistiek lumiere machine machines machinery magazine maintenance maison management manufacture
manufacturing marine maritime market marketing marktforschung maschinen maschinenbau material materials materiaux
materialen matter meat mecanique mechanical mechanics media medical medicine medizin medizintechnik member membrane
menuiserie mer metal metall metallbau metallurgie metals metaal meubel meubles micro milieu mining mobile mobilite
mobility mode model models modern molding montage motor mould multimedia museum musee music musique nano
national nationale natural nature networks network new nord north norden nonwoven nonwovens nucleaire numerique
nutrition oceanographic office oil onderzoek online open optical optics optique organic organisation orient ouest
outdoor packaging paint paper papier parc park parque partners partner partenaires patrimoine people performance
petite pharma pharmaceutical pharmaceuticals pharmacie photo physics pilot plan planning plant plants plastic
plastics plastique plastiques plasturgie plate plateforme platform point pole polymer polymers polymere polymeres
port portal poultry power precision press presse print printing private process processes processing
production productions products produits professional profession project projects projet promotion property
protection prototype public publishing pumps qualite quality radio railway rail raw real recherche recherches
reconstruction recruitment recyclage recycling refrigeration region regional regionale renewable renovation research
reseau reseaux resources restaurant retail robotics robotique ruimte safety sales sante savoir sea school schule
science sciences scientific scientifique screen seafood security secteur securite semiconductor sensor sensors
service services shipping shop silk simulation smart social societe software soil sol solaire solar solution
solutions sound south space spectacle spinning sport sports standards start station steel stone storage strategy
structure structures studio studios sud supply support surface surfaces sustainability sustainable system systeme
systemes systems tanning teaching team tech technic technical technik technique techniques techno technologie
technologies technology technologique technologiques teinture telecom telecommunications terre territoire test
testing tests textil textile textiles textielen textiel theater theatre therapy timber tissage tissages tissu tissus
tool tools tourism tourisme town toys trade training trans transfer transfert transformation transformations
transport transports travel treatment union unit universitaire universite universiteit university universitat urban
vaisselle valley value vegetables vehicle vehicles venture verbund verein verde verte vert vet view village virtual
vision visual vlaams vlaamse wallonie wallon waste water web weave weaving weberei west wind wine winery wood
wool work works workshop world young youth zone zentrum
bois hout holz wood imprimeur imprimeurs ferroviaire ferroviaires habillement yard innovant innovants innovante
fluvial fluviale audiovisuel audiovisueel spedition projet longevite intermodalite conserverie conserveira legumes
ehun ehungintza enpresa ekoizpena energia ikerketa ingeniaritza industria teknologia zentroa berrikuntza garapena
kooperatiba elkartea fundazioa taldea zerbitzuak eraikuntza
virksomhed forskning udvikling energi teknologi maskiner byggeri landbrug fodevarer vand miljo sundhed forening
klynge tekstil tekstiler vaeveri produktion radgivning losninger gruppen
"""


@cache
def common_words() -> frozenset[str]:
    """Folded words, one by one; what the word lists of imports know of kinds, countries and trades is among them."""
    listed = [*_OWN.split(), *SMALL_WORDS, *LEGAL_FORMS]
    for table in ("kind", "facet", "stops"):
        listed += [part for words in code_words(table) for part in words.split()]
    listed += [part for words in country_words() for part in words.split()]
    listed += [part for _, name in divisions().values() for part in fold_word(name).split()]
    return frozenset(listed)
